// Where this process and its steps put temporary files, when the place that TMPDIR names is of no use. Knows nothing of what
// they are.

import fs from "node:fs";
import os from "node:os";

/** Leaves TMPDIR, and says so: it would fail us, and every step that makes a file in it. */
export function leaveUselessTemporary(note: (line: string) => void): void {
  const folder = process.env.TMPDIR ?? "";
  const lack = folder === "" ? null : lackOf(folder);
  if (lack === null) return;
  delete process.env.TMPDIR;
  note(`TMPDIR ${lack}: ${folder}; ${os.tmpdir()} is used instead`);
}

/** A job's own folder that was removed since, a file, a folder of somebody else; null where it can be used. */
function lackOf(folder: string): string | null {
  try {
    if (!fs.statSync(folder).isDirectory()) return "is no folder";
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK);
    return isFull(folder) && !isFull("/tmp") ? "is on a full disk" : null;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return ["ENOENT", "ENOTDIR"].includes(code) ? "is not there" : "cannot be written";
  }
}

function isFull(folder: string): boolean {
  try {
    const { bavail, blocks } = fs.statfsSync(folder);
    // Some file systems count nothing.
    return bavail === 0 && blocks > 0;
  } catch {
    return false;
  }
}
