// The rig: a folder of its own, the real command line in real processes, and steps whose every start is written to a
// ledger. Tests read like a user's session. The bundle must be built (npm test does).

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { RunView } from "../operations/recorded/run-view.ts";

export const CLI = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../dist/stepwell.js",
);

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Watched {
  readonly child: ChildProcess;
  /** What it has written to stderr so far. */
  said(): string;
  /** What it has written to stdout so far. */
  printed(): string;
}

export interface Rig {
  readonly folder: string;
  /** Path inside the rig's folder. */
  at(name: string): string;
  write(name: string, text: string): void;
  read(name: string): string;
  /** Runs `stepwell …` to its end. */
  cli(...words: readonly string[]): Ended;
  cliWith(env: Readonly<Record<string, string>>, ...words: readonly string[]): Ended;
  /** Starts `stepwell …` and does not wait. */
  start(...words: readonly string[]): ChildProcess;
  startWith(env: Readonly<Record<string, string>>, ...words: readonly string[]): ChildProcess;
  /** As `startWith`, and keeps what it says to a person. */
  watch(env: Readonly<Record<string, string>>, ...words: readonly string[]): Watched;
  /** Runs with --json and answers with the one object. Fails loudly when stdout holds anything else. */
  run(...words: readonly string[]): RunView;
  /** Names that steps wrote to the ledger since the last call. */
  ran(): readonly string[];
  /** The same, and they are told again. */
  peek(): readonly string[];
  /** With what still runs there: the engine of a detached run leaves a moment after the run has ended. */
  remove(): void;
}

/** `parent`: a disk of its own, for instance. `through`: words before each `stepwell`. */
export function makeRig(name = "rig", parent = os.tmpdir(), through: readonly string[] = []): Rig {
  const folder = fs.mkdtempSync(path.join(parent, `stepwell-${name}-`));
  const at = (file: string): string => path.join(folder, file);
  const env = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
    ...process.env,
    CI: "",
    STEPWELL_WORKSPACE: "",
    NO_COLOR: "1",
    ...more,
  });
  const [program = "", ...before] = [...through, process.execPath, CLI, "--workspace", folder];
  let seen = 0;
  const rig: Rig = {
    folder,
    at,
    write(file, text) {
      fs.mkdirSync(path.dirname(at(file)), { recursive: true });
      fs.writeFileSync(at(file), text);
    },
    read: (file) => fs.readFileSync(at(file), "utf8"),
    cli: (...words) => rig.cliWith({}, ...words),
    cliWith(more, ...words) {
      const done = spawnSync(program, [...before, ...words], {
        cwd: folder,
        env: env(more),
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      return { code: done.status, stdout: done.stdout, stderr: done.stderr };
    },
    start: (...words) => rig.startWith({}, ...words),
    startWith: (more, ...words) =>
      spawn(program, [...before, ...words], {
        cwd: folder,
        env: env(more),
        stdio: "ignore",
      }),
    watch(more, ...words) {
      const child = spawn(program, [...before, ...words], {
        cwd: folder,
        env: env(more),
        stdio: ["ignore", "pipe", "pipe"],
      });
      return { child, said: textOf(child.stderr), printed: textOf(child.stdout) };
    },
    run(...words) {
      const done = rig.cli(...words, "--json");
      try {
        return JSON.parse(done.stdout) as RunView;
      } catch {
        throw new Error(
          `stepwell ${words.join(" ")} ended with ${done.code}\n${done.stdout}\n${done.stderr}`,
        );
      }
    },
    ran() {
      const fresh = rig.peek();
      seen += fresh.length;
      return fresh;
    },
    peek() {
      const text = fs.existsSync(at("ledger")) ? rig.read("ledger") : "";
      return text.split("\n").filter(Boolean).slice(seen).sort();
    },
    remove() {
      if (process.platform === "linux") killEverything(folder);
      // One that ended by itself a moment ago, and so was not to be killed, may have a last thread that writes.
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return rig;
}

/** Reads on for ever; what has come so far. */
function textOf(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** Resolves when `holds` does; rejects after a time that no healthy machine needs. */
export async function eventually(
  holds: () => boolean,
  what: string,
  patienceMs = 60_000,
): Promise<void> {
  const until = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > until) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves with the exit code when it has ended, and all that it said has been read. */
export function exited(child: ChildProcess): Promise<number | null> {
  const isHeard = [child.stdout, child.stderr].every((stream) => stream?.closed ?? true);
  const isOver = child.exitCode !== null || child.signalCode !== null;
  if (isOver && isHeard) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("close", (code) => resolve(code)));
}

/** Of those that carry an attempt of this rig's workspace in their environment: nothing may be left at the end. */
export function leftovers(folder: string): readonly string[] {
  return processesOf(folder)
    .filter(({ isOfAttempt }) => isOfAttempt)
    .map(({ command }) => command.replaceAll("\0", " "));
}

/** Ends every process of this rig's workspace at once, as a power cut does; says how many there were, all of them gone. */
export function killEverything(folder: string): number {
  const killed = new Set<number>();
  for (;;) {
    const found = processesOf(folder);
    if (found.length === 0 && ![...killed].some(stillWrites)) return killed.size;
    for (const { pid } of found) {
      killed.add(pid);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended meanwhile.
      }
    }
    // A killed process is there until the system has had time for it; until then it may still write.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** A killed process has no command line from the end of its first thread; another may still be in a call that writes. */
function stillWrites(pid: number): boolean {
  try {
    // One with a command line was given the number since.
    if (fs.readFileSync(`/proc/${pid}/cmdline`).length > 0) return false;
    const state = fs.readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.[0];
    return fs.readdirSync(`/proc/${pid}/task`).length > 1 || !/[ZX]/.test(state ?? "X");
  } catch {
    return false;
  }
}

export interface Found {
  readonly pid: number;
  readonly command: string;
  readonly isOfAttempt: boolean;
}

/** Those that name the folder in their command line, or carry an attempt of it. One that is dead has neither any more. */
export function processesOf(folder: string): readonly Found[] {
  const found: Found[] = [];
  // As bytes: a name that is not all ASCII is in /proc as it is on disk.
  const named = Buffer.from(folder).toString("latin1");
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environ = fs.readFileSync(`/proc/${pid}/environ`, "latin1");
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, "latin1");
      const isOfAttempt = environ.includes("STEPWELL_ATTEMPT=") && environ.includes(named);
      if (isOfAttempt || command.includes(named))
        found.push({ pid: Number(pid), command, isOfAttempt });
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
  return found;
}
