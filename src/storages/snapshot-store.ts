// Code snapshots on disk: a folder named by its content, never altered, and beside it the list of what it holds. Knows
// nothing of where code comes from.

import {
  chmodSync,
  copyFileSync,
  constants as fs,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import { readText } from "../ports/read-file.ts";
import { isYoung } from "./durable.ts";
import { folderId } from "./folder-id.ts";
import { hashFile } from "./hash-file.ts";

export function snapshotFolder(codeFolder: string, id: ContentId): string {
  return join(codeFolder, id.slice("sha256:".length));
}

/** What it holds, as text. */
export function snapshotList(codeFolder: string, id: ContentId): string {
  return `${snapshotFolder(codeFolder, id)}.json`;
}

/** What a stored snapshot holds, or null when there is none or its list is damaged. */
export function readSnapshot(codeFolder: string, id: ContentId): readonly ManifestEntry[] | null {
  try {
    const text = readText(snapshotList(codeFolder, id));
    const entries = JSON.parse(text) as ManifestEntry[];
    return folderId(entries) === id ? entries : null;
  } catch {
    return null;
  }
}

/** Paths of a snapshot that a power cut might take away; none of one that was stored a while ago. */
export function unsyncedSnapshot(codeFolder: string, id: ContentId): readonly string[] {
  const [folder, list] = [snapshotFolder(codeFolder, id), snapshotList(codeFolder, id)];
  if (!isYoung(list)) return [];
  const inside = (readSnapshot(codeFolder, id) ?? []).filter(({ type }) => type !== "link");
  const folders = new Set(inside.map(({ path }) => dirname(join(folder, path))));
  return [...inside.map(({ path }) => join(folder, path)), ...folders, folder, list, codeFolder];
}

/** True when every file is there with its size. */
export function isWhole(folder: string, entries: readonly ManifestEntry[]): boolean {
  return entries.every((entry) => {
    const stats = lstatSync(join(folder, entry.path), { throwIfNoEntry: false });
    if (stats === undefined) return false;
    switch (entry.type) {
      case "file":
        return stats.isFile() && stats.size === entry.size;
      case "link":
        return stats.isSymbolicLink() && readlinkSync(join(folder, entry.path)) === entry.target;
      case "folder":
        return stats.isDirectory();
      default:
        return entry satisfies never;
    }
  });
}

/**
 * Takes files away whose bytes are not theirs: who has the code makes such a snapshot anew, and nobody runs it. False when
 * there was such a file, or one is missing.
 */
export function holdsItsBytes(folder: string, entries: readonly ManifestEntry[]): boolean {
  if (!isWhole(folder, entries)) return false;
  const altered = entries
    .filter((entry) => entry.type === "file")
    .filter((entry) => hashFile(join(folder, entry.path), entry.size) !== entry.id);
  for (const { path } of altered) dropFile(join(folder, path));
  return altered.length === 0;
}

/** What lies at the place of a file of a snapshot and is not it. */
export function dropFile(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A disk that cannot be written: it is told as damaged all the same.
  }
}

/** Makes the temporary folder the snapshot; a damaged one of the same name is replaced. */
export function storeSnapshot(
  codeFolder: string,
  temporary: string,
  id: ContentId,
  entries: readonly ManifestEntry[],
): void {
  const folder = snapshotFolder(codeFolder, id);
  const list = `${temporary}.json`;
  writeFileSync(list, JSON.stringify(entries));
  renameSync(list, snapshotList(codeFolder, id));
  try {
    renameSync(temporary, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    // Somebody stored the same at the same time, or it was damaged: ours is whole either way.
    renameSync(folder, `${temporary}.old`);
    renameSync(temporary, folder);
    rmSync(`${temporary}.old`, { recursive: true, force: true });
  }
}

/** Copies entries of a folder to another that exists; modes are chosen by `modeOf`. */
export function copyEntries(
  from: string,
  to: string,
  entries: readonly ManifestEntry[],
  modeOf: (executable: boolean) => number,
): void {
  const made = new Set<string>(["."]);
  for (const entry of entries) copyEntry(join(from, entry.path), to, entry, modeOf, made);
}

/** Copies one entry from its source to its path below `to`; `made` remembers the folders that are there. */
export function copyEntry(
  source: string,
  to: string,
  entry: ManifestEntry,
  modeOf: (executable: boolean) => number,
  made: Set<string>,
): void {
  const folder = entry.type === "folder" ? entry.path : dirname(entry.path);
  if (!made.has(folder)) {
    mkdirSync(join(to, folder), { recursive: true });
    made.add(folder);
  }
  const target = join(to, entry.path);
  if (entry.type === "link") symlinkSync(entry.target, target);
  else if (entry.type === "file") {
    copyFileSync(source, target, fs.COPYFILE_FICLONE);
    chmodSync(target, modeOf(entry.executable));
  }
}

/** Stored bytes are not to be altered by mistake. */
export function storedMode(executable: boolean): number {
  return executable ? 0o555 : 0o444;
}

/** What is handed to a user or a step is theirs. */
export function handedMode(executable: boolean): number {
  return executable ? 0o755 : 0o644;
}
