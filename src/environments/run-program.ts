// Runs a program to its end and collects what it prints. Knows nothing of what programs mean.

import { type ChildProcess, spawn } from "node:child_process";
import { endWithProcess } from "./end-with-process.ts";

export interface ProgramOptions {
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** In a group of its own, so that no Ctrl-C reaches it: it ends with this signal, or with our process. */
  readonly abandoned?: AbortSignal;
  /** It may take minutes, and ends with our process; it stays at our terminal, where it may ask for a password. */
  readonly isLong?: boolean;
}

export interface ProgramEnd {
  /** Null when it could not be started or was killed. */
  readonly exitCode: number | null;
  /** What killed it. */
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest time that a look-up (a version, a probe) may take. */
const LOOK_UP_MS = 60_000;

/** Never throws: a program that does not start has exit code null and says why in `stderr`. */
export function runProgram(
  program: string,
  words: readonly string[],
  options: ProgramOptions,
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = started(program, words, options);
    if (child instanceof Error) {
      resolve({ exitCode: null, stdout: "", stderr: child.message });
      return;
    }
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => resolve({ exitCode: null, stdout, stderr: error.message }));
    child.on("close", (exitCode, signal) =>
      resolve({ exitCode, stdout, stderr, ...(signal === null ? {} : { signal }) }),
    );
    if (options.abandoned) endWith(child, options.abandoned);
    else if (options.isLong)
      child.on(
        "close",
        endWithProcess(() => child.kill("SIGKILL")),
      );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input);
  });
}

/** Kills all that it started as well: compilers, mostly. */
function endWith(child: ChildProcess, abandoned: AbortSignal): void {
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const letGo = endWithProcess(kill);
  abandoned.addEventListener("abort", kill, { once: true });
  child.on("close", () => {
    letGo();
    abandoned.removeEventListener("abort", kill);
  });
  if (abandoned.aborted) kill();
}

/** Some of what keeps a program from starting is thrown: a path behind a file, too many words. */
function started(
  program: string,
  words: readonly string[],
  { cwd, variables, input, timeoutMs, abandoned }: ProgramOptions,
): ChildProcess | Error {
  try {
    return spawn(program, words, {
      cwd,
      env: { ...variables },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      timeout: timeoutMs ?? LOOK_UP_MS,
      killSignal: "SIGKILL",
      detached: abandoned !== undefined,
    });
  } catch (error) {
    return error as Error;
  }
}
