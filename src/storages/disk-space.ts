// How much room is left on the disks that a run writes to: asked of the file system, and where that says yes also tried,
// because a quota shows only when something is written.

import { statfsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isOutOfSpace } from "../core/out-of-space.ts";
import type { DiskSpace, Place, Room } from "../ports/space.ts";

/** A step needs about this many files for its folders, its log and its record. */
const FILES = 64;

export function createDiskSpace(folders: Readonly<Record<Place, string>>): DiskSpace {
  const look = (place: Place): Room => lookAt(folders[place], folders[place]);
  return {
    look,
    async hasRoom(place, bytes) {
      const { folder, freeBytes, freeFiles } = look(place);
      if (freeBytes < bytes || (freeFiles !== null && freeFiles < FILES)) return false;
      const trial = join(folder, `.space-${process.pid}`);
      try {
        await writeFile(trial, Buffer.alloc(bytes, 1));
        return true;
      } catch (error) {
        // A folder that was not made yet, or may not be written, does not want for space.
        return !isOutOfSpace(error);
      } finally {
        await rm(trial, { force: true });
      }
    },
  };
}

/** The folder may not be there yet: then the one above it tells. */
function lookAt(folder: string, existing: string): Room {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(existing);
    return { folder, freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree };
  } catch {
    const above = dirname(existing);
    if (above === existing) return { folder, freeBytes: Number.POSITIVE_INFINITY, freeFiles: null };
    return lookAt(folder, above);
  }
}
