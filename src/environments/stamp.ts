// The cheap identity of a file or folder on this machine: equal stamps, same content. Knows git's "racy" rule.

import fs from "node:fs";

/** A stamp whose time is younger than this when it was taken may hide a second change within the clock's grain. */
const RACY_MS = 2000;

/** Text over (inode, size, mtime, ctime), `-` for what is not there or not to be seen. Links are followed. */
export function stampOf(path: string): string {
  try {
    return stampOfStats(fs.statSync(path, { bigint: true }));
  } catch {
    return "-";
  }
}

export function stampOfStats(stats: fs.BigIntStats): string {
  return `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Was the thing changed so shortly before `takenAt` (ms) that a later change could look the same? */
export function isRacy(stamp: string, takenAt: number): boolean {
  const [, , mtime, ctime] = stamp.split(":");
  const youngest = Math.max(Number(mtime ?? 0), Number(ctime ?? 0)) / 1e6;
  return youngest > takenAt - RACY_MS;
}
