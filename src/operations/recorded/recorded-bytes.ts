// The bytes of recorded outputs on the disk: what a removal would free, and the removal itself. Bytes that something else names
// as well stay. Knows nothing of why anything is removed.

import fs from "node:fs";
import path from "node:path";
import { type OutputRecord, recordedOutputs } from "../../core/output.ts";
import type { ResultRow } from "../../ports/records.ts";
import { syncFolder } from "../../ports/sync-folder.ts";
import { namesIn } from "../names-in.ts";
import { removeTree } from "../remove-tree.ts";
import { places, type Workspace } from "../workspace.ts";

/** Folders of a result's outputs in the store; what lies elsewhere is nobody's to remove. */
export function outputFolders(
  { folder }: Pick<Workspace, "folder">,
  { result }: Pick<ResultRow, "result">,
): readonly string[] {
  const store = path.join(places.store(folder), "azureml") + path.sep;
  return recordedOutputs(result)
    .map(([, record]) => portFolder(record))
    .filter((at) => at.startsWith(store));
}

/** A file lies in a folder of its own. */
export function portFolder({ path: at, kind }: Pick<OutputRecord, "path" | "kind">): string {
  return kind === "file" ? path.dirname(path.resolve(at)) : path.resolve(at);
}

/** Files by device and inode: how many of their names were seen. */
export interface NamedBytes {
  add(folder: string): void;
  /** What is freed when all the names that were seen are gone, and those under which the store shares them. */
  freed(): number;
  /** Takes away the names under which the store shares what nothing else names any more. */
  dropShared(): void;
}

export function nameBytes({ folder }: Pick<Workspace, "folder">): NamedBytes {
  const files = new Map<string, { readonly size: number; readonly links: number; seen: number }>();
  const walk = (at: string): void => {
    const stats = fs.lstatSync(at, { throwIfNoEntry: false });
    if (stats?.isDirectory()) for (const name of namesIn(at)) walk(path.join(at, name));
    else if (stats?.isFile()) {
      const key = `${stats.dev} ${stats.ino}`;
      const known = files.get(key) ?? { size: stats.size, links: stats.nlink, seen: 0 };
      known.seen += 1;
      files.set(key, known);
    }
  };
  return {
    add: walk,
    freed() {
      const shared = sharedNames(folder, (key) => files.has(key));
      let sum = 0;
      for (const [key, { size, links, seen }] of files)
        if (seen + (shared.get(key)?.length ?? 0) >= links) sum += size;
      return sum;
    },
    dropShared() {
      for (const names of sharedNames(folder, (key) => files.has(key)).values())
        for (const at of names) dropUnnamed(at);
    },
  };
}

/** Names in `.shared` of the files that are asked for, by device and inode. */
function sharedNames(
  folder: string,
  isWanted: (key: string) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const root = places.shared(folder);
  for (const part of namesIn(root))
    for (const name of namesIn(path.join(root, part))) {
      if (name.endsWith(".note")) continue;
      const at = path.join(root, part, name);
      const stats = fs.lstatSync(at, { throwIfNoEntry: false });
      const key = `${stats?.dev} ${stats?.ino}`;
      if (isWanted(key)) found.set(key, [...(found.get(key) ?? []), at]);
    }
  return found;
}

/** Whoever shares the bytes just now has linked them already, or keeps its own. */
function dropUnnamed(at: string): void {
  if (fs.lstatSync(at, { throwIfNoEntry: false })?.nlink !== 1) return;
  for (const one of [at, `${at}.note`]) fs.rmSync(one, { force: true });
}

/**
 * Removes the folders, and what is empty above them; they stay gone after a power cut. May be called again for what is gone.
 */
export function removeFolders(
  { folder }: Pick<Workspace, "folder">,
  folders: readonly string[],
): void {
  const store = path.join(places.store(folder), "azureml");
  for (const at of folders) {
    removeTree(at);
    for (
      let above = path.dirname(at);
      above.startsWith(store + path.sep);
      above = path.dirname(above)
    )
      if (!removeEmpty(above)) break;
  }
  for (const above of new Set(folders.map(nearestAbove))) syncFolder(above);
}

/** The innermost folder above that is still there. */
function nearestAbove(at: string): string {
  const above = path.dirname(at);
  return fs.existsSync(above) ? above : nearestAbove(above);
}

function removeEmpty(folder: string): boolean {
  try {
    fs.rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
