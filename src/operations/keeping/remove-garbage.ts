// Removes one thing after the other, or only counts them. What cannot be removed (it is another user's, or must not be altered)
// stays, and keeps nothing else from going. Decides nothing.

import path from "node:path";
import { namesIn, statsOf } from "../names-in.ts";
import { removeTree } from "../remove-tree.ts";

export interface Collected {
  readonly count: number;
  readonly sizeBytes: number;
}

export interface Remover {
  /** Counts what `isCounted` says; the size is of all. */
  remove(paths: readonly string[], isCounted?: (at: string) => boolean): Collected;
  /** Why each of those that are still there is. */
  readonly stuck: readonly Error[];
}

export function createRemover(dryRun: boolean): Remover {
  const stuck: Error[] = [];
  const isGone = (at: string): boolean => {
    try {
      removeTree(at);
      return true;
    } catch (error) {
      stuck.push(error as Error);
      return false;
    }
  };
  return {
    stuck,
    remove(paths, isCounted = isItsOwn) {
      let [count, sizeBytes] = [0, 0];
      for (const at of paths) {
        const size = sizeOf(at);
        if (!dryRun && !isGone(at)) continue;
        sizeBytes += size;
        if (isCounted(at)) count += 1;
      }
      return { count, sizeBytes };
    },
  };
}

/** Not the list or the note of something beside it. */
function isItsOwn(at: string): boolean {
  return !/\.(json|note)$/.test(at);
}

export function sizeOf(at: string): number {
  const stats = statsOf(at);
  if (stats === null) return 0;
  if (!stats.isDirectory()) return stats.size;
  return namesIn(at).reduce((sum, name) => sum + sizeOf(path.join(at, name)), 0);
}
