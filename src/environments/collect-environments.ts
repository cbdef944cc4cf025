// Removes environments of the per-user cache that nobody has used for long, and what killed builders left. The caller
// says what long is; an environment that is needed again is made again.

import fs from "node:fs";
import path from "node:path";
import { holdLock } from "./build-lock.ts";
import { readDocument } from "./disk-cache.ts";
import { removeFolder } from "./folder-listing.ts";

export interface CollectOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly unusedForMs: number;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

export interface CollectedEnvironment {
  readonly folder: string;
  /** The environment's name, or null for a half-made one. */
  readonly label: string | null;
  readonly sizeBytes: number;
}

/** What was removed (or would be), oldest use first. */
export async function collectEnvironments(
  cacheFolder: string,
  options: CollectOptions,
): Promise<CollectedEnvironment[]> {
  const root = path.join(cacheFolder, "environments");
  if (!fs.existsSync(root)) return [];
  const collected: CollectedEnvironment[] = [];
  for (const each of unused(root, options)) {
    const folder = path.join(root, each.folder);
    collected.push({ folder, label: each.label, sizeBytes: sizeOf(folder) });
    if (options.dryRun) continue;
    const key = each.folder.slice(0, each.folder.lastIndexOf("-"));
    const lock = await holdLock(path.join(root, `${key}.lock`), () => undefined);
    try {
      if (each.label !== null) fs.rmSync(path.join(root, `${key}.complete`), { force: true });
      await removeFolder(folder);
    } finally {
      lock.release();
    }
  }
  return collected;
}

interface Unused {
  readonly folder: string;
  readonly label: string | null;
  readonly usedAt: number;
}

function unused(root: string, { now, unusedForMs }: CollectOptions): Unused[] {
  const names = fs.readdirSync(root);
  const complete = names.flatMap((name) => {
    const made = readDocument<{ folder: string; label: string }>(path.join(root, name));
    if (!name.endsWith(".complete") || made === null) return [];
    const usedAt = fs.statSync(path.join(root, name)).mtimeMs;
    return [{ folder: made.folder, label: made.label, usedAt }];
  });
  const known = new Set(complete.map((each) => each.folder));
  const half = names
    .filter((name) => /^[0-9a-f]+-[0-9a-f]+$/.test(name) && !known.has(name))
    .map((name) => {
      const usedAt = fs.statSync(path.join(root, name)).mtimeMs;
      return { folder: name, label: null, usedAt };
    });
  return [...complete, ...half]
    .filter((each) => now - each.usedAt > unusedForMs)
    .sort((a, b) => a.usedAt - b.usedAt);
}

function sizeOf(folder: string): number {
  const stats = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  const inside = fs.readdirSync(folder).map((name) => sizeOf(path.join(folder, name)));
  return inside.reduce((sum, size) => sum + size, 0);
}
