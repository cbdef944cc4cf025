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
    const found = { folder, label: each.label, sizeBytes: sizeOf(folder) };
    if (options.dryRun || (await isRemoved(root, each, options))) collected.push(found);
  }
  return collected;
}

/** False: while others were removed somebody has begun to use it, or has removed it. */
async function isRemoved(root: string, each: Unused, options: CollectOptions): Promise<boolean> {
  const key = each.folder.slice(0, each.folder.lastIndexOf("-"));
  const lock = await holdLock(path.join(root, `${key}.lock`), () => undefined);
  try {
    if (!unused(root, options).some(({ folder }) => folder === each.folder)) return false;
    if (each.label !== null) fs.rmSync(path.join(root, `${key}.complete`), { force: true });
    await removeFolder(path.join(root, each.folder));
    return true;
  } finally {
    lock.release();
  }
}

interface Unused {
  readonly folder: string;
  readonly label: string | null;
  readonly usedAt: number;
}

function unused(root: string, { now, unusedForMs }: CollectOptions): Unused[] {
  const names = namesIn(root);
  const complete = names.flatMap((name) => {
    if (!name.endsWith(".complete")) return [];
    const made = readDocument<{ folder: string; label: string }>(path.join(root, name));
    const usedAt = timeOf(path.join(root, name));
    return made === null || usedAt === null ? [] : [{ ...made, usedAt }];
  });
  const known = new Set(complete.map((each) => each.folder));
  const half = names
    .filter((name) => /^[0-9a-f]+-[0-9a-f]+$/.test(name) && !known.has(name))
    .flatMap((name) => {
      const usedAt = timeOf(path.join(root, name));
      return usedAt === null ? [] : [{ folder: name, label: null, usedAt }];
    });
  return [...complete, ...half]
    .filter((each) => now - each.usedAt > unusedForMs)
    .sort((a, b) => a.usedAt - b.usedAt);
}

/** Null: somebody else has removed it. */
function timeOf(file: string): number | null {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** Of what is still there: somebody else may be removing it. */
function sizeOf(folder: string): number {
  const stats = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  const inside = namesIn(folder).map((name) => sizeOf(path.join(folder, name)));
  return inside.reduce((sum, size) => sum + size, 0);
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
