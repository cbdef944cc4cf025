// Makes all that was written to a file system last, in one go: for many new files that costs a hundredth of a sync for
// each. Node has no such call. A program that has one is started by a shell, and the shell once: starting anything from a
// process as large as this one takes longer than the sync. Knows folders only.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/** A letter for each line: `n` where the program cannot, else `y`, or `e` where it failed. An empty line only asks. */
const SHELL = `
sync --help 2>&1 | grep -q -e -f && can=y || can=n
while IFS= read -r folder; do
  if [ $can = n ] || [ -z "$folder" ]; then printf $can
  elif sync -f "$folder" 2>/dev/null; then printf y
  else printf e
  fi
done
`;

/** More that waits for the disk would take longer than a sync for each of thousands of small files. */
const LITTLE_BYTES = 1 << 30;

type Shell = ChildProcessByStdio<Socket, Socket, null>;

export class FileSystemSync {
  #shell: Shell | null = null;
  #waiting: ((answer: string) => void)[] = [];

  /** Whether this machine can, and nothing large of others is waited for with what is ours. */
  async isCheap(): Promise<boolean> {
    return process.platform === "linux" && isLittle() && (await this.#ask("")) === "y";
  }

  /** Rejects when the disk reports an error: asked again, it may say that all is well although the bytes are gone. */
  async sync(folder: string): Promise<void> {
    if (!folder.includes("\n") && (await this.#ask(folder)) === "y") return;
    throw Object.assign(new Error("its file system cannot be synced"), { code: "EIO" });
  }

  close(): void {
    this.#shell?.kill("SIGKILL");
  }

  #ask(line: string): Promise<string> {
    this.#shell ??= this.#started();
    const shell = this.#shell;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      hold(shell, true);
      shell.stdin.write(`${line}\n`);
    });
  }

  #started(): Shell {
    // A session of its own: Ctrl-C is for us, who still have something to make last.
    const shell = spawn("/bin/sh", ["-c", SHELL], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    }) as Shell;
    const gone = (): void => {
      this.#shell = null;
      for (const answer of this.#waiting.splice(0)) answer("n");
    };
    shell.on("error", gone).on("exit", gone);
    shell.stdin.on("error", () => {});
    shell.stdout.setEncoding("latin1").on("data", (answers: string) => {
      for (const answer of answers) this.#waiting.shift()?.(answer);
      if (this.#waiting.length === 0) hold(shell, false);
    });
    return shell;
  }
}

/** What all programs of this machine have written and no disk has yet; where that cannot be told, it is much. */
function isLittle(): boolean {
  try {
    const text = readFileSync("/proc/meminfo", "latin1");
    const waiting = [...text.matchAll(/^(?:Dirty|Writeback): +(\d+) kB$/gm)];
    return waiting.reduce((sum, [, count]) => sum + Number(count) * 1024, 0) < LITTLE_BYTES;
  } catch {
    return false;
  }
}

/** A shell that nobody waits for keeps no program alive. */
function hold(shell: Shell, isHeld: boolean): void {
  for (const one of [shell, shell.stdin, shell.stdout])
    if (isHeld) one.ref();
    else one.unref();
}
