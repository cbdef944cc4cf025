// Content ids of local files and folders, hashing only what the cache does not know. Synchronous: small things are
// identified at once, big ones by a worker; `limits` says where small ends.

import { lstatSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Content, ContentId, ManifestEntry } from "../core/content.ts";
import type { DataType } from "../spec/graph.ts";
import { ContentProblem } from "./content-problem.ts";
import { folderId } from "./folder-id.ts";
import { fileKey, isSettled, readPage, writePage } from "./hash-cache.ts";
import { hashFile } from "./hash-file.ts";
import { writeManifest } from "./manifest-store.ts";
import { sealOf } from "./seal.ts";
import { type Listed, type ListedFile, listFile, walk } from "./walk.ts";

export interface Places {
  readonly storeFolder: string;
  readonly cacheFolder: string;
}

/** How much may be done on the engine's thread. */
export interface Limits {
  readonly entries: number;
  readonly bytes: number;
}

export const TOO_BIG = Symbol("too big for the engine's thread");

export function statInput(path: string, expect: DataType): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new ContentProblem("missing_path", `${path} does not exist`);
  if (stats.isDirectory() && expect === "uri_file") {
    const hint = "name a file in it, or declare the input as uri_folder";
    throw new ContentProblem("wrong_kind", `${path} is a folder, a file is expected`, hint);
  }
  if (!stats.isDirectory() && !stats.isFile())
    throw new ContentProblem("special_file", `${path} is neither a file nor a folder`);
  return stats;
}

/** A folder as an input: what lies behind links that leave it counts as if it lay there. */
export function identifyFolder(
  path: string,
  places: Places,
  limits: Limits | null,
): Content | typeof TOO_BIG {
  const entries = walk(path, { outside: "follow", ...(limits && { limit: limits.entries }) });
  if (entries === null) return TOO_BIG;
  const seal = sealOf(entries);
  const place = `folder ${statSync(path).dev} ${path}`;
  const page = readPage(places.cacheFolder, place);
  if (page?.whole?.seal === seal) return { kind: "folder", seal, ...pick(page.whole) };
  const known = page?.ids() ?? new Map<string, ContentId>();
  const unknown = entries.filter((entry) => entry.type === "file" && !known.has(fileKey(entry)));
  if (limits !== null && sumOf(unknown) > limits.bytes) return TOO_BIG;
  return hashFolder({ path, place, entries, seal, known }, places);
}

function hashFolder(
  folder: {
    readonly path: string;
    readonly place: string;
    readonly entries: readonly Listed[];
    readonly seal: string;
    readonly known: ReadonlyMap<string, ContentId>;
  },
  places: Places,
): Content {
  const hashedAt = Date.now();
  const ids = new Map<string, ContentId>();
  const manifest = folder.entries.map((entry): ManifestEntry => {
    if (entry.type !== "file") return entry;
    const key = fileKey(entry);
    const id = folder.known.get(key) ?? hashUnchanged(`${folder.path}/${entry.path}`, entry);
    if (folder.known.has(key) || isSettled(entry, hashedAt)) ids.set(key, id);
    return manifestFile(entry, id);
  });
  const id = folderId(manifest);
  const remembered = { id, sizeBytes: sumOf(folder.entries), files: countFiles(folder.entries) };
  const isAllSettled = folder.entries.every((entry) => isSettled(entry, hashedAt));
  writeManifest(places.storeFolder, id, manifest);
  const whole = isAllSettled ? { ...remembered, seal: folder.seal } : null;
  if (ids.size > 0 || whole !== null) writePage(places.cacheFolder, folder.place, { whole, ids });
  return { kind: "folder", seal: folder.seal, ...remembered };
}

/** Hashes a file that was stat'ed before and must still be the same after. */
export function hashUnchanged(path: string, before: ListedFile): ContentId {
  const id = hashFile(path, before.size);
  const after = statSync(path);
  if (after.mtimeMs === before.mtimeMs && after.size === before.size && after.ino === before.inode)
    return id;
  const hint = "something else writes to it at the same time";
  throw new ContentProblem("changed_while_read", `${path} changed while it was read`, hint);
}

export function manifestFile(file: ListedFile, id: ContentId): ManifestEntry {
  const { path, size, executable } = file;
  return { type: "file", path, size, executable, id };
}

export function sumOf(entries: readonly Listed[]): number {
  let sum = 0;
  for (const entry of entries) if (entry.type === "file") sum += entry.size;
  return sum;
}

export function countFiles(entries: readonly Listed[]): number {
  let files = 0;
  for (const entry of entries) if (entry.type === "file") files += 1;
  return files;
}

/** A single file's content from its stat and id. */
export function fileContent(file: ListedFile, id: ContentId): Content {
  return { kind: "file", id, sizeBytes: file.size, files: 1, seal: fileSeal(file) };
}

/** The seal of a single file needs no hashing and does not hold its name. */
export function fileSeal(file: ListedFile): string {
  return `${file.inode}-${file.size}-${file.mtimeMs}-${file.ctimeMs}`;
}

/** True when what lies at the path has this seal, or, read again, this id. */
export function isUnaltered(
  record: Pick<Content, "kind" | "id" | "seal"> & { readonly path: string },
  limits: Limits | null,
): boolean | typeof TOO_BIG {
  const stats = lstatSync(record.path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (record.kind === "file") {
    if (!stats.isFile()) return false;
    const file = listFile(record.path, stats);
    if (fileSeal(file) === record.seal) return true;
    if (limits !== null && file.size > limits.bytes) return TOO_BIG;
    return hashFile(record.path, file.size) === record.id;
  }
  if (!stats.isDirectory()) return false;
  const entries = walk(record.path, {
    outside: "refuse",
    ...(limits && { limit: limits.entries }),
  });
  if (entries === null) return TOO_BIG;
  if (sealOf(entries) === record.seal) return true;
  if (limits !== null && sumOf(entries) > limits.bytes) return TOO_BIG;
  const manifest = entries.map(
    (entry): ManifestEntry =>
      entry.type === "file"
        ? manifestFile(entry, hashFile(join(record.path, entry.path), entry.size))
        : entry,
  );
  return folderId(manifest) === record.id;
}

/** The place under which single files of a folder are remembered. */
export function filesPlace(path: string): string {
  return `files ${dirname(path)}`;
}

function pick(whole: {
  readonly id: ContentId;
  readonly sizeBytes: number;
  readonly files: number;
}) {
  return { id: whole.id, sizeBytes: whole.sizeBytes, files: whole.files };
}
