// Makes the names in a folder outlast a power cut. What the files hold is synced by whoever writes them.

import { closeSync, fsyncSync, openSync } from "node:fs";

/** Some file systems cannot sync a folder, and need not; one that we may not list belongs to somebody else. */
const NOT_OURS = new Set(["EINVAL", "EACCES"]);

export function syncFolder(folder: string): void {
  let handle: number | null = null;
  try {
    handle = openSync(folder, "r");
    fsyncSync(handle);
  } catch (error) {
    if (!NOT_OURS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
