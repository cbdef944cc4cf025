// Makes what was captured survive a power cut, before the commit that records it: a few files by fsync, many by one sync
// of their file system. Runs off the engine's thread; knows paths only.

import { execFile } from "node:child_process";
import { closeSync, fsync, openSync, readdirSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ManifestEntry } from "../core/content.ts";
import type { FileSystemSync } from "./file-system-sync.ts";

export interface Unsynced {
  /** Files and folders, each synced by itself. */
  readonly paths: readonly string[];
  /** Folders of which everything inside must be synced as well. */
  readonly trees: readonly string[];
}

/** Up to so many paths are synced one by one. */
const FEW = 8;
/** Node's pool has four threads: more at once would only keep other file work waiting. */
const AT_ONCE = 4;

/** `folder` lies on the file system of everything that is unsynced. */
export async function sync(
  { paths, trees }: Unsynced,
  folder: string,
  fileSystem: FileSystemSync,
): Promise<void> {
  const isMuch = trees.length > 0 || paths.length > FEW;
  if (isMuch && (await fileSystem.sync(folder))) return;
  const left = [...new Set([...paths, ...trees.flatMap(allBelow)])];
  const drain = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) await syncPath(path);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, drain));
}

/** A copy at a place of the user's, of a file (`entries` is null) or a folder. Somebody may have taken it away already. */
export async function syncCopy(
  to: string,
  entries: readonly ManifestEntry[] | null,
  fileSystem: FileSystemSync,
): Promise<void> {
  const inside = (entries ?? []).filter(({ type }) => type !== "link");
  const paths = [to, dirname(to), ...inside.map(({ path }) => join(to, path))];
  await leniently(sync({ paths, trees: [] }, dirname(to), fileSystem));
}

/** What has changed so long ago is on the disk: systems wait half a minute with it. */
export const WRITTEN_BACK_MS = 60_000;

export function isRecent({ mtimeMs, ctimeMs }: Pick<Stats, "mtimeMs" | "ctimeMs">): boolean {
  return Math.max(mtimeMs, ctimeMs) > Date.now() - WRITTEN_BACK_MS;
}

/** False when it is not there. */
export function isYoung(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && isRecent(stats);
}

/** Files of the user's that were written a moment ago, wherever they lie, and of folders those that may have been. */
export async function syncRead(
  paths: readonly string[],
  mayBeYoung: (folder: string) => boolean,
  fileSystem: FileSystemSync,
): Promise<void> {
  const byFolder = new Map<string, string[]>();
  for (const file of paths) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true && mayBeYoung(file))
      await leniently(sync({ paths: [], trees: [file] }, file, fileSystem));
    if (stats?.isFile() !== true) continue;
    const beside = byFolder.get(dirname(file));
    if (beside === undefined) byFolder.set(dirname(file), [file]);
    else beside.push(file);
  }
  for (const [folder, paths] of byFolder)
    await leniently(sync({ paths, trees: [] }, folder, fileSystem));
}

/** Gone, or in a folder that nobody may list. */
const NOT_OURS = new Set(["ENOENT", "EACCES", "EPERM"]);

async function leniently(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!NOT_OURS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** What an engine before us captured and did not live to sync: nobody knows its paths. */
export async function syncEverything(folder: string, fileSystem: FileSystemSync): Promise<void> {
  if (await fileSystem.sync(folder)) return;
  await new Promise<void>((resolve, reject) => {
    execFile("sync", (error) => (error === null ? resolve() : reject(error)));
  });
}

function allBelow(tree: string): string[] {
  const inside = readdirSync(tree, { withFileTypes: true, recursive: true });
  return inside
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

function syncPath(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const file = openSync(path, "r");
    fsync(file, (error) => {
      closeSync(file);
      // Some file systems cannot sync a folder, and need not.
      if (error === null || error.code === "EINVAL") resolve();
      else reject(error);
    });
  });
}
