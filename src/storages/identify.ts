// Content ids of local files and folders, hashing only what the cache does not know. Synchronous: small things are
// identified at once, big ones by a worker; `limits` says where small ends.

import { lstatSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Content, ContentId, ManifestEntry } from "../core/content.ts";
import type { DataType } from "../spec/graph.ts";
import { ContentProblem } from "./content-problem.ts";
import { WRITTEN_BACK_MS } from "./durable.ts";
import { folderId } from "./folder-id.ts";
import { fileKey, isSettled, readPage, writePage } from "./hash-cache.ts";
import { BUFFER_BYTES, hashFile } from "./hash-file.ts";
import { readManifest, writeManifest } from "./manifest-store.ts";
import { sealOf } from "./seal.ts";
import { isSharedWhole, noteShared } from "./shared-bytes.ts";
import { type Listed, type ListedFile, listFile, type WalkRules, walk } from "./walk.ts";

/** What lies in them is made by runs. */
export interface RunPlaces {
  readonly storeFolder: string;
  /** Folders where workspaces share results and environments. */
  readonly sharedFolders: readonly string[];
}

export interface Places extends RunPlaces {
  readonly cacheFolder: string;
}

/** How much may be done on the engine's thread. */
export interface Limits {
  readonly entries: number;
  readonly bytes: number;
}

const LARGE_FOLDER_FILE = 1 << 16;

export const TOO_BIG = Symbol("too big for the engine's thread");

const WHERE = "put it there, or name another path";

export function statInput(path: string, expect: DataType): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new ContentProblem("missing_path", `${path} does not exist`, WHERE);
  if (stats.isDirectory() && expect === "uri_file") {
    const hint = "name a file in it, or declare the input as uri_folder";
    throw new ContentProblem("wrong_kind", `${path} is a folder, a file is expected`, hint);
  }
  if (!stats.isDirectory() && !stats.isFile())
    throw new ContentProblem("special_file", `${path} is neither a file nor a folder`);
  return stats;
}

/**
 * What every run changes is no data: an input may be the very folder that its workspace lies in. What was captured into the
 * store counts whole.
 */
function dataRules(path: string, { storeFolder, sharedFolders }: RunPlaces): WalkRules {
  if (path.startsWith(storeFolder + sep)) return { outside: "follow" };
  const shared = new Set(sharedFolders.map((one) => `${relative(path, one)}/`));
  const takes = (entry: string): boolean =>
    entry !== ".stepwell/" && !entry.endsWith("/.stepwell/") && !shared.has(entry);
  return { outside: "follow", takes };
}

/** A folder as an input: what lies behind links that leave it counts as if it lay there. */
export function identifyFolder(
  path: string,
  places: Places,
  limits: Limits | null,
): Content | typeof TOO_BIG {
  const stats = statSync(path);
  // A folder file of this size holds more names than may be looked at here.
  if (limits !== null && stats.size > LARGE_FOLDER_FILE) return TOO_BIG;
  const rules = dataRules(path, places);
  const entries = walk(path, { ...rules, ...(limits && { limit: limits.entries }) });
  if (entries === null) return TOO_BIG;
  const seal = sealOf(entries);
  const place = folderPlace(path, stats);
  const page = readPage(places.cacheFolder, place);
  if (page?.whole?.seal === seal) return { kind: "folder", seal, ...pick(page.whole) };
  const known = page?.ids() ?? new Map<string, ContentId>();
  const files = entries.map((entry) => (entry.type === "file" ? keyed(entry, known) : null));
  const unknown = files.filter((file) => file !== null && file.known === null);
  const bytes = unknown.reduce((sum, file) => sum + (file?.file.size ?? 0), 0);
  if (limits !== null && bytes > limits.bytes) return TOO_BIG;
  return hashFolder({ path, place, entries, seal, files }, places);
}

/** A file with the key under which its hash is remembered. */
interface Keyed {
  readonly file: ListedFile;
  readonly key: string;
  readonly known: ContentId | null;
}

function keyed(file: ListedFile, ids: ReadonlyMap<string, ContentId>): Keyed {
  const key = fileKey(file);
  return { file, key, known: ids.get(key) ?? null };
}

function hashFolder(
  folder: {
    readonly path: string;
    readonly place: string;
    readonly entries: readonly Listed[];
    readonly seal: string;
    /** For each entry, null for what is not a file. */
    readonly files: readonly (Keyed | null)[];
  },
  places: Places,
): Content {
  const hashedAt = Date.now();
  const ids = new Map<string, ContentId>();
  let isAllSettled = true;
  const manifest = folder.entries.map((entry, index): ManifestEntry => {
    if (entry.type !== "file") return entry;
    const { key, known } = folder.files[index] as Keyed;
    const id = known ?? hashUnchanged(`${folder.path}/${entry.path}`, entry);
    if (known !== null || isSettled(entry, hashedAt)) ids.set(key, id);
    else isAllSettled = false;
    return manifestFile(entry, id);
  });
  const id = folderId(manifest);
  const summary = { id, sizeBytes: sumOf(folder.entries), files: countFiles(folder.entries) };
  writeManifest(places.storeFolder, id, manifest);
  const whole = isAllSettled
    ? { ...summary, seal: folder.seal, newestMs: newestOf(folder.entries) }
    : null;
  if (ids.size > 0 || whole !== null) writePage(places.cacheFolder, folder.place, { whole, ids });
  return { kind: "folder", seal: folder.seal, ...summary };
}

/**
 * Hashes a file that was stat'ed before and must still be the same after. A small one is read in one go: should it change
 * in just that moment, its seal is an old one and the next look at it tells.
 */
export function hashUnchanged(path: string, before: ListedFile): ContentId {
  const id = hashFile(path, before.size);
  if (before.size <= BUFFER_BYTES) return id;
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
  // Joined: a template would stay a tree of pieces for as long as the seal is kept.
  return [file.inode, file.size, file.mtimeMs, file.ctimeMs].join("-");
}

/**
 * The seal of what lies at the path now, when it is the recorded one or the files, read again, have the recorded id; else
 * null. Data of the user's may lie behind links that leave it.
 */
export function sealIfUnaltered(
  record: Pick<Content, "kind" | "id" | "seal"> & { readonly path: string },
  places: RunPlaces & { readonly outside: "refuse" | "follow" },
  limits: Limits | null,
): string | null | typeof TOO_BIG {
  const { storeFolder, outside } = places;
  const look = outside === "follow" ? statSync : lstatSync;
  const stats = look(record.path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (record.kind === "file") {
    if (!stats.isFile()) return null;
    const file = listFile(record.path, stats);
    const seal = fileSeal(file);
    if (seal === record.seal || isSharedWhole(file, record.id, storeFolder)) return seal;
    if (limits !== null && file.size > limits.bytes) return TOO_BIG;
    if (hashFile(record.path, file.size) !== record.id) return null;
    noteShared(file, record.id, storeFolder);
    return seal;
  }
  if (!stats.isDirectory()) return null;
  const rules = outside === "follow" ? dataRules(record.path, places) : { outside };
  const entries = walk(record.path, { ...rules, ...(limits && { limit: limits.entries }) });
  if (entries === null) return TOO_BIG;
  const seal = sealOf(entries);
  if (seal === record.seal) return seal;
  const recorded = recordedIds(storeFolder, record.id);
  const isShared = (entry: ListedFile): boolean => {
    const id = recorded.get(entry.path);
    return id !== undefined && isSharedWhole(entry, id, storeFolder);
  };
  const unread = entries.filter((entry) => entry.type === "file" && !isShared(entry));
  if (limits !== null && sumOf(unread) > limits.bytes) return TOO_BIG;
  const manifest = entries.map((entry): ManifestEntry => {
    if (entry.type !== "file") return entry;
    if (isShared(entry)) return manifestFile(entry, recorded.get(entry.path) as ContentId);
    const id = hashFile(join(record.path, entry.path), entry.size);
    if (id === recorded.get(entry.path)) noteShared(entry, id, storeFolder);
    return manifestFile(entry, id);
  });
  return folderId(manifest) === record.id ? seal : null;
}

/** Ids of the files of a recorded folder, by path; none where its manifest is gone. */
function recordedIds(storeFolder: string, id: ContentId): ReadonlyMap<string, ContentId> {
  const entries = readManifest(storeFolder, id)?.entries ?? [];
  return new Map(entries.flatMap((one) => (one.type === "file" ? [[one.path, one.id]] : [])));
}

/** The place under which a folder is remembered as a whole. */
function folderPlace(path: string, { dev }: Stats): string {
  return `folder ${dev} ${path}`;
}

/** Whether files of a folder may have been written a moment ago, by what was found when it was last identified. */
export function mayBeYoung(path: string, cacheFolder: string): boolean {
  const whole = readPage(cacheFolder, folderPlace(path, statSync(path)))?.whole ?? null;
  return whole === null || whole.newestMs > Date.now() - WRITTEN_BACK_MS;
}

function newestOf(entries: readonly Listed[]): number {
  let newest = 0;
  for (const entry of entries)
    if (entry.type === "file") newest = Math.max(newest, entry.mtimeMs, entry.ctimeMs);
  return newest;
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
