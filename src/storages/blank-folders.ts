// Work folders that a step left just as it found them go to the next attempt: making and deleting folders is the dearest
// thing that a short step asks of a file system. Knows what a new work folder looks like, nothing of attempts.

import { lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

export interface BlankFolders {
  /** An empty work folder with `outputs/` and `logs/` in it. */
  make(path: string): void;
  /** Takes a folder back; false when it is not as it was made, or enough are kept. */
  takeBack(path: string): boolean;
  /** Those that wait for another use. */
  drain(): readonly string[];
}

/** What every command finds in its work folder. */
export const WORK_FOLDERS = ["outputs", "logs"] as const;
/** More are never in use at once by short steps. */
const KEPT = 128;

export function createBlankFolders(): BlankFolders {
  const kept: string[] = [];
  let asMade: string | null = null;
  return {
    make(path) {
      const used = kept.pop();
      if (used !== undefined && isMoved(used, path)) return;
      mkdirSync(path, { recursive: true });
      for (const name of WORK_FOLDERS) mkdirSync(join(path, name));
      asMade ??= kindOf(path);
    },
    takeBack(path) {
      const isBlank = kept.length < KEPT && isAsNew(path, asMade);
      if (isBlank) kept.push(path);
      return isBlank;
    },
    drain: () => kept.splice(0),
  };
}

function isAsNew(path: string, kind: string | null): boolean {
  const isLike = (folder: string, entries: number): boolean =>
    kindOf(folder) === kind && readdirSync(folder).length === entries;
  return (
    isLike(path, WORK_FOLDERS.length) && WORK_FOLDERS.every((name) => isLike(join(path, name), 0))
  );
}

function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    // Somebody has emptied the work folder meanwhile.
    return false;
  }
}

/** Kind, permissions and owner: a step may have changed them. */
function kindOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.mode} ${stats.uid} ${stats.gid}`;
}
