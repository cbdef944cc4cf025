// The rig: a folder of its own, the real command line in real processes, and steps whose every start is written to a
// ledger. Tests read like a user's session. The bundle must be built (npm test does).

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { RunView } from "../operations/run-view.ts";

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
        stdio: ["ignore", "ignore", "pipe"],
      });
      let text = "";
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      return { child, said: () => text };
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
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
  return rig;
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

/** Resolves with the exit code. */
export function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

/** Processes whose environment carries an attempt of this rig's workspace: nothing may be left at the end. */
export function leftovers(folder: string): readonly string[] {
  const found: string[] = [];
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environ = fs.readFileSync(`/proc/${pid}/environ`, "latin1");
      if (environ.includes("STEPWELL_ATTEMPT=") && environ.includes(folder))
        found.push(fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " "));
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
  return found;
}

/** Ends every process of this rig's workspace at once, as a power cut does; says how many there were. */
export function killEverything(folder: string): number {
  let killed = 0;
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environ = fs.readFileSync(`/proc/${pid}/environ`, "latin1");
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, "latin1");
      const isOurs = environ.includes("STEPWELL_ATTEMPT=") && environ.includes(folder);
      if (!isOurs && !command.includes(folder)) continue;
      process.kill(Number(pid), "SIGKILL");
      killed += 1;
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
  return killed;
}
