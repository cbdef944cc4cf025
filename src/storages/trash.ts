// Removes folders off the hot path: a rename takes them away at once, one `rm` deletes many together when nothing else is
// to be done. What a crash leaves in the trash is deleted by the next process.

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/**
 * Deleting while folders are made slows ext4 down: it looks at every inode that was freed in the last minute before it
 * gives one out. So deletion waits for a pause, unless this many entries or bytes have gathered.
 */
const GATHERED_ENTRIES = 40_000;
const GATHERED_BYTES = 1 << 30;
const PAUSE_MS = 3000;

export interface Trash {
  /** Never throws: what cannot be taken away is left for `gc`. `entries`: about how many files it holds. */
  take(path: string, entries?: number): void;
  /** Deletes what is left; it goes on by itself when this process ends. */
  empty(): void;
}

interface Batch {
  readonly folder: string;
  readonly freeBytes: number;
  folders: number;
  entries: number;
}

export function createTrash(folder: string): Trash {
  let batch: Batch | null = null;
  let hasSwept = false;
  let timer: NodeJS.Timeout | null = null;
  const empty = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (batch !== null) remove(batch.folder);
    batch = null;
  };
  return {
    take(path, entries = 4) {
      if (!hasSwept) sweep(folder);
      hasSwept = true;
      try {
        batch ??= openBatch(folder);
        renameSync(path, join(batch.folder, String(batch.folders++)));
      } catch {
        // It was never made, or somebody removed it, or a full disk has no room for the trash.
      }
      if (batch === null) return;
      batch.entries += entries;
      // A step may have left any amount in its folder: only the disk knows.
      const isMuch = batch.freeBytes - freeBytes(folder) > GATHERED_BYTES;
      if (isMuch || batch.entries >= GATHERED_ENTRIES) empty();
      else if (timer === null) timer = setTimeout(empty, PAUSE_MS).unref();
      else timer.refresh();
    },
    empty,
  };
}

function openBatch(folder: string): Batch {
  const path = join(folder, `${process.pid}-${batches++}`);
  mkdirSync(path, { recursive: true });
  return { folder: path, freeBytes: freeBytes(folder), folders: 0, entries: 0 };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function sweep(folder: string): void {
  for (const name of listOf(folder)) if (isAbandoned(name)) remove(join(folder, name));
}

let batches = 0;

/** Steps leave folders that even their owner may not write to. Files keep their mode: it may be that of a stored output. */
const REMOVE =
  'rm -rf -- "$1" || { find "$1" -type d ! -perm -700 -exec chmod u+rwx {} ";"; rm -rf -- "$1"; }';

function remove(path: string): void {
  const words = ["-c", REMOVE, "sh", path];
  const child = spawn("sh", words, { detached: true, stdio: "ignore" });
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
