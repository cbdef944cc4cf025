// Lists the files below a folder, folder by folder, in the order of their paths. Holds the names of one folder at a time
// on each level; knows nothing of what is in the files.

import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { StorageError, type StoredFile } from "../ports/storage.ts";
import { codeOf, type Faults } from "./fault.ts";
import type { FilePlace } from "./file-place.ts";
import { UNFINISHED } from "./storage-path.ts";

/** So many files are looked at together. */
const AT_ONCE = 64;

interface Listing {
  readonly place: FilePlace;
  readonly fault: Faults;
}

export async function* listFiles(
  listing: Listing,
  prefix: string,
): AsyncGenerator<StoredFile, void, undefined> {
  const start = await listing.place.existing(prefix);
  if (start === null) return;
  const file = await storedFile(listing.place, start, prefix);
  if (file === null) yield* below(listing, prefix, start, [start]);
  else yield file;
}

/** Null: it is gone, or no file. */
export async function storedFile(
  place: FilePlace,
  at: string,
  path: string,
): Promise<StoredFile | null> {
  try {
    const found = await place.calls.stat(at);
    return found.isFile() ? describedFile(path, found) : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw place.problem(error, path, "look at it");
  }
}

export function describedFile(path: string, { size, mtimeMs }: Stats): StoredFile {
  const modifiedAt = Math.trunc(mtimeMs);
  return { path, sizeBytes: size, modifiedAt, version: null, sha256: null };
}

/** `inside`: the folders that we are in, so that a link to one of them is no way in circles. */
async function* below(
  listing: Listing,
  prefix: string,
  folder: string,
  inside: readonly string[],
): AsyncGenerator<StoredFile, void, undefined> {
  let waiting: Promise<StoredFile | null>[] = [];
  for (const entry of await entriesOf(listing, prefix, folder)) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (!entry.isFolder) waiting.push(fileAt(listing, folder, entry.name, path));
    if (waiting.length < AT_ONCE && !entry.isFolder) continue;
    yield* present(waiting);
    waiting = [];
    if (entry.isFolder) yield* folderAt(listing, path, inside);
  }
  yield* present(waiting);
}

async function* folderAt(
  listing: Listing,
  path: string,
  inside: readonly string[],
): AsyncGenerator<StoredFile, void, undefined> {
  const real = await listing.place.existing(path);
  if (real === null) return;
  if (inside.includes(real))
    throw listing.fault("bad_path", path, "it is a link to a folder that it lies in; remove it");
  yield* below(listing, path, real, [...inside, real]);
}

async function* present(
  waiting: readonly Promise<StoredFile | null>[],
): AsyncGenerator<StoredFile, void, undefined> {
  for (const file of await Promise.all(waiting)) if (file !== null) yield file;
}

async function fileAt(
  { place }: Listing,
  folder: string,
  name: string,
  path: string,
): Promise<StoredFile | null> {
  return storedFile(place, join(folder, name), path);
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

async function entriesOf(listing: Listing, prefix: string, folder: string): Promise<Entry[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    if (found.some(({ name }) => name.includes("\ufffd"))) await holdToUnicode(listing, folder);
    const entries: Entry[] = [];
    for (const entry of found) {
      if (entry.name.startsWith(UNFINISHED)) continue;
      const isLink = entry.isSymbolicLink();
      if (isLink || entry.isFile() || entry.isDirectory())
        entries.push({
          name: entry.name,
          isFolder: isLink ? await leadsToFolder(listing, prefix, entry.name) : entry.isDirectory(),
        });
    }
    return entries.sort(byPath);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    if (codeOf(error) === "ENOENT") return [];
    throw listing.place.problem(error, prefix, "list it");
  }
}

/** A folder's files come where its name with `/` stands, as in a storage that knows no folders. */
function byPath(one: Entry, other: Entry): number {
  const [left, right] = [one, other].map(({ name, isFolder }) => (isFolder ? `${name}/` : name));
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

async function leadsToFolder({ place }: Listing, prefix: string, name: string): Promise<boolean> {
  const real = await place.existing(prefix === "" ? name : `${prefix}/${name}`);
  return real !== null && (await stat(real)).isDirectory();
}

/** Names that are no UTF-8 reach us with replacement characters in them, and could never be opened again. */
async function holdToUnicode({ fault }: Listing, folder: string): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (const name of await readdir(folder, { encoding: "buffer" })) {
    try {
      decoder.decode(name);
    } catch {
      const shown = `${folder}/${name.toString("latin1")}`;
      const says = `the name of ${JSON.stringify(shown)} is no UTF-8 text; rename the file`;
      throw fault("bad_path", "", says);
    }
  }
}
