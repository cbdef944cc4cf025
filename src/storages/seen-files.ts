// Whether files that nobody declared are still as an attempt saw them: size and time only, because their bytes were never
// taken. Knows nothing of steps.

import { statSync } from "node:fs";
import type { SeenFile } from "../core/output.ts";

/** The first that differs, or null. */
export function firstChanged(files: readonly SeenFile[]): SeenFile | null {
  return files.find((file) => !isAsSeen(file)) ?? null;
}

function isAsSeen({ path, sizeBytes, mtimeMs }: SeenFile): boolean {
  try {
    const stats = statSync(path);
    if (stats.mtimeMs !== mtimeMs) return false;
    return sizeBytes === null ? stats.isDirectory() : stats.size === sizeBytes;
  } catch {
    return false;
  }
}
