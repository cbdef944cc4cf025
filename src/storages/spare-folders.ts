// Work folders that a step left just as it found them go to the next attempt with the same code: making, filling and
// deleting folders is the dearest thing that a short step asks of a file system. Knows snapshots by name only.

import { renameSync } from "node:fs";
import type { AsMade } from "./as-made.ts";

/** A folder that waits for another use. */
export interface SpareFolder {
  readonly path: string;
  readonly asMade: AsMade;
}

export interface SpareFolders {
  /** Moves a spare one there; null when there is none. `snapshot`: of its code, null without. */
  take(snapshot: string | null, to: string): AsMade | null;
  /** Gives back the one that is spare no longer, where enough are kept: a path to take away, or null. */
  give(snapshot: string | null, spare: SpareFolder): string | null;
  /** Those that wait for another use. */
  drain(): readonly string[];
}

/** More of them are never in use at once by short steps. */
const EMPTY_KEPT = 128;
/** With code in them they take room on the disk. */
const FILLED_KEPT = 16;

export function createSpareFolders(): SpareFolders {
  const empty: SpareFolder[] = [];
  const filled: (SpareFolder & { readonly snapshot: string })[] = [];
  const next = (snapshot: string | null): SpareFolder | undefined => {
    if (snapshot === null) return empty.pop();
    const at = filled.findLastIndex((one) => one.snapshot === snapshot);
    return at < 0 ? undefined : filled.splice(at, 1)[0];
  };
  return {
    take(snapshot, to) {
      const spare = next(snapshot);
      return spare !== undefined && isMoved(spare.path, to) ? spare.asMade : null;
    },
    give(snapshot, spare) {
      if (snapshot !== null) {
        filled.push({ ...spare, snapshot });
        return filled.length > FILLED_KEPT ? (filled.shift() as SpareFolder).path : null;
      }
      if (empty.length >= EMPTY_KEPT) return spare.path;
      empty.push(spare);
      return null;
    },
    drain: () => [...empty.splice(0), ...filled.splice(0)].map(({ path }) => path),
  };
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
