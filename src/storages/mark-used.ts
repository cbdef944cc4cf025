// Says of something in the store that it is used just now. A submit counts on what no run names yet, and `gc` leaves what is
// younger than an hour.

import { lstatSync, utimesSync } from "node:fs";

/** So long nothing need be said again. */
const LOOKS_YOUNG_MS = 30 * 60_000;

/** `by`: the time of the last access where that of the last change says whether it is still the same. */
export function markUsed(path: string, by: "access" | "change"): void {
  const now = Date.now();
  try {
    const { atimeMs, mtimeMs } = lstatSync(path);
    if ((by === "access" ? atimeMs : mtimeMs) >= now - LOOKS_YOUNG_MS) return;
    utimesSync(path, now / 1000, (by === "access" ? mtimeMs : now) / 1000);
  } catch {
    // Another user's, or on a disk that takes no writing: it serves all the same.
  }
}
