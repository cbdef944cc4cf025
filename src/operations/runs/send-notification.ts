// Tells one command or one address that a run has ended. Says why it could not, and never shows an address: it may hold
// a secret.

import { spawn } from "node:child_process";
import type { NotifyRule } from "../../spec/notify-rules.ts";

export interface Notification {
  /** JSON text. */
  readonly body: string;
  /** For a command: the user's shell, and what it is told by name. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

interface Patience {
  /** Before the second, third and fourth try. */
  readonly backoffMs: readonly number[];
  readonly commandMs: number;
}

const PATIENCE: Patience = { backoffMs: [1_000, 2_000, 4_000], commandMs: 60_000 };
const ANSWER_MS = 10_000;
/** Between the end of a command and that of what it says. */
const LAST_WORDS_MS = 500;

/** Null when it was told, else why not. */
export function sendNotification(
  { target }: NotifyRule,
  notification: Notification,
  { backoffMs, commandMs }: Patience = PATIENCE,
): Promise<string | null> {
  return target.kind === "command"
    ? runCommand(target.command, notification, commandMs)
    : post(target.url, notification.body, backoffMs);
}

/** How messages call a target. */
export function targetName({ target }: NotifyRule, index: number): string {
  return target.kind === "command"
    ? `the command of notify entry ${index + 1}`
    : `the webhook at ${new URL(target.url).host}`;
}

async function post(
  address: string,
  body: string,
  backoffMs: readonly number[],
): Promise<string | null> {
  let problem = await tryToPost(address, body);
  for (const milliseconds of backoffMs) {
    if (problem === null || problem === BLOCKED_PORT) return problem;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    problem = await tryToPost(address, body);
  }
  return problem === null ? null : `${problem}, ${backoffMs.length + 1} times`;
}

async function tryToPost(address: string, body: string): Promise<string | null> {
  const url = new URL(address);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        ...(username === "" ? {} : { authorization: `Basic ${login.toString("base64")}` }),
      },
      // What comes back is another place, which nobody named.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    return response.ok ? null : `it answered ${response.status}`;
  } catch (error) {
    return failureOf(error as Error);
  }
}

/** Messages of `fetch` may quote the address; codes do not. */
function failureOf(error: Error): string {
  const { code } = (error.cause ?? {}) as { readonly code?: string };
  if (error.name === "TimeoutError") return `no answer within ${ANSWER_MS / 1000} s`;
  if ((error.cause as Error | undefined)?.message === "bad port") return BLOCKED_PORT;
  return code ?? "the request could not be made";
}

/** Trying again is no use: nobody looks at the address before. */
const BLOCKED_PORT =
  "its port belongs to another protocol, and HTTP requests to it are refused: use another port";

function runCommand(
  command: string,
  { body, variables, folder }: Notification,
  commandMs: number,
): Promise<string | null> {
  return new Promise((resolve) => {
    // With a socket for standard input bash takes itself for a remote shell, and would read start-up files.
    const child = spawn("bash", ["--norc", "-c", command], {
      cwd: folder,
      env: variables as NodeJS.ProcessEnv,
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    let said = "";
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      // The whole group, which it leads.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, commandMs);
    const end = (problem: string | null): void => {
      child.stderr.destroy();
      resolve(problem);
    };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2_000);
    });
    // It need not read what it is told.
    child.stdin.on("error", () => {});
    child.stdin.end(body);
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      end(error.code ?? error.name);
    });
    child.once("exit", (code, signal) => {
      // From here on the group may be gone, and its number somebody else's.
      clearTimeout(timer);
      const ended = (): void => {
        const last = withoutAddresses(said.trim().split("\n").at(-1) ?? "");
        const outcome = isLate
          ? `it was stopped because it took longer than ${commandMs / 1000} s`
          : `it ended with ${signal ?? `exit code ${code}`}`;
        const how = `${outcome}${last && `: ${last}`}`;
        end(code === 0 ? null : how);
      };
      child.once("close", ended);
      // What it leaves behind may hold its standard error open.
      setTimeout(ended, LAST_WORDS_MS).unref();
    });
  });
}

function withoutAddresses(text: string): string {
  return text.replaceAll(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, "***");
}
