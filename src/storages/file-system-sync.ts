// Syncs whole file systems by a small process that is started once: Node has no `syncfs`, and one program a sync costs
// more than the sync. Knows folders only; where it cannot be had, the caller syncs path by path.

import { type ChildProcess, spawn } from "node:child_process";

export interface FileSystemSync {
  /**
   * True when everything written to the file system of `folder` lasts; false where that cannot be done. Rejects when the
   * disk reports an error: asked again, the kernel may say that all is well although the bytes are gone.
   */
  sync(folder: string): Promise<boolean>;
  /** Ends the process; resolves when it is gone. */
  close(): Promise<void>;
}

/** Answers each NUL-ended folder with one letter. `ctypes` takes 5 ms to load; its C part does not. */
const PROGRAM = `
import os, _ctypes
syncfs = _ctypes.dlsym(_ctypes.dlopen(None, 0), "syncfs")
rest = b""
while True:
    data = os.read(0, 65536)
    if not data:
        break
    *folders, rest = (rest + data).split(b"\\0")
    for folder in folders:
        try:
            file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                answer = b"y" if _ctypes.call_function(syncfs, (file,)) == 0 else b"e"
            finally:
                os.close(file)
        except OSError:
            answer = b"n"
        os.write(1, answer)
`;

/** `python`: any interpreter; null where there is none. */
export function createFileSystemSync(python: string | null): FileSystemSync {
  let child: ChildProcess | null = null;
  let isUsable = process.platform === "linux" && python !== null;
  let waiting: ((answer: number) => void)[] = [];
  const fail = (): void => {
    isUsable = false;
    child = null;
    const failed = waiting;
    waiting = [];
    for (const answered of failed) answered(NO);
  };
  const open = (): ChildProcess => {
    // A session of its own: Ctrl-C is for us, who still have something to make durable.
    const opened: ChildProcess = spawn(python as string, ["-I", "-S", "-c", PROGRAM], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    });
    opened.on("error", fail);
    opened.on("exit", fail);
    // Where too many files are open it has no streams, and an error to tell.
    opened.stdin?.on("error", fail);
    opened.stdout?.on("data", (answers: Buffer) => {
      for (const answer of answers) waiting.shift()?.(answer);
    });
    return opened;
  };
  return {
    sync(folder) {
      if (!isUsable) return Promise.resolve(false);
      child ??= open();
      return new Promise((resolve, reject) => {
        waiting.push((answer) => {
          if (answer === ERROR) reject(new Error(`Input/output error: ${folder} cannot be synced`));
          else resolve(answer === YES);
        });
        child?.stdin?.write(`${folder}\0`);
      });
    },
    close() {
      const open = child;
      if (open === null) return Promise.resolve();
      return new Promise((resolve) => {
        open.on("close", () => resolve());
        open.stdin?.end();
      });
    },
  };
}

const [YES, NO, ERROR] = [..."yne"].map((letter) => letter.charCodeAt(0)) as [
  number,
  number,
  number,
];
