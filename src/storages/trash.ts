// Removes folders off the hot path: a rename takes them away at once, one `rm` later deletes many together. What a crash
// leaves in the trash is deleted by the next process.

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Folders that one `rm` deletes: starting it costs as much as deleting about twenty by ourselves. */
const BATCH = 512;

export interface Trash {
  /** Never throws: what cannot be taken away is left for `gc`. */
  take(path: string): void;
  /** Deletes what is left; it goes on by itself when this process ends. */
  empty(): void;
}

export function createTrash(folder: string): Trash {
  let batch: string | null = null;
  let count = 0;
  let hasSwept = false;
  const sweep = (): void => {
    hasSwept = true;
    for (const name of listOf(folder)) if (isAbandoned(name)) remove(join(folder, name));
  };
  const empty = (): void => {
    if (batch !== null) remove(batch);
    batch = null;
    count = 0;
  };
  return {
    take(path) {
      if (!hasSwept) sweep();
      if (batch === null) {
        batch = join(folder, `${process.pid}-${batches++}`);
        mkdirSync(batch, { recursive: true });
      }
      try {
        renameSync(path, join(batch, String(count++)));
      } catch {
        // It was never made, or somebody removed it.
      }
      if (count >= BATCH) empty();
    },
    empty,
  };
}

let batches = 0;

function remove(path: string): void {
  const child = spawn("rm", ["-rf", "--", path], { detached: true, stdio: "ignore" });
  child.on("error", () => rmSync(path, { recursive: true, force: true }));
  child.unref();
}

/** Batches are named after the process that fills them. */
function isAbandoned(batchName: string): boolean {
  const pid = Number.parseInt(batchName, 10);
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
