// Removes a file or folder with all that is in it, also where steps have left folders that even their owner may not write to,
// or that lie deeper than a path can be long.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** Throws with the first that cannot be removed: it is somebody else's, or must not be altered. */
export function removeTree(at: string): void {
  try {
    fs.rmSync(at, { recursive: true, force: true });
  } catch {
    removeClosed(at);
  }
}

/** Node would say of a file that it is no folder. Somebody else may be removing the same. */
function removeClosed(at: string): void {
  const stats = fs.lstatSync(at, { throwIfNoEntry: false });
  if (stats === undefined) return;
  try {
    if (!stats.isDirectory()) fs.unlinkSync(at);
    else {
      makeWritable(at);
      for (const name of fs.readdirSync(at)) removeClosed(path.join(at, name));
      fs.rmdirSync(at);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It goes from folder to folder, without their paths.
    if (code === "ENAMETOOLONG") execFileSync("rm", ["-rf", "--", at], { stdio: "pipe" });
    else if (code !== "ENOENT") throw error;
  }
}

function makeWritable(folder: string): void {
  try {
    fs.chmodSync(folder, 0o700);
  } catch {
    // Somebody else's: it may be writable for us nevertheless.
  }
}
