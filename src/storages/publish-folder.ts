// Copies a captured folder among what lies at a place of the user's. What an earlier copy put there and nobody has touched
// since is replaced or goes away; everything else stays. Synchronous, for a worker.

import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ManifestEntry } from "../core/content.ts";
import { readText } from "../ports/read-file.ts";
import { ContentProblem } from "./content-problem.ts";
import { copyEntries, handedMode } from "./snapshot-store.ts";

/** What a copy has put at a path: for a file its id, and what its stat said then. */
interface Put {
  readonly type: ManifestEntry["type"];
  readonly is: string;
  readonly seal: string;
}

/** Path in the folder → what the last copy put there. */
export type Memory = ReadonlyMap<string, Put>;

const NOTHING: Memory = new Map();

/** What an earlier copy to this place has put there; nothing where nobody remembers. */
export function readMemory(file: string | null, to: string): Memory {
  try {
    const known = JSON.parse(readText(file ?? ""));
    return known.to === to ? withoutLinked(to, known.put as [string, Put][]) : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** A folder that was moved away and linked to is the user's now, and so is all that is in it. */
function withoutLinked(to: string, put: readonly [path: string, Put][]): Memory {
  const linked = new Map<string, boolean>([[".", false]]);
  const isLinked = (folder: string): boolean => {
    const isIt =
      linked.get(folder) ??
      (isLinked(dirname(folder)) || look(join(to, folder))?.isSymbolicLink() === true);
    linked.set(folder, isIt);
    return isIt;
  };
  return new Map(put.filter(([path]) => !isLinked(dirname(path))));
}

/** Where it cannot be kept nothing is lost: what this copy has put there stays as if it were the user's. */
export function writeMemory(
  file: string | null,
  to: string,
  entries: readonly ManifestEntry[],
): void {
  if (file === null) return;
  const put = entries.map((entry) => [entry.path, putOf(join(to, entry.path), entry)]);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, JSON.stringify({ to, put }));
    renameSync(temporary, file);
  } catch {
    // An older memory fits to nothing any more.
  }
}

/** True when all that lies there was put there by the last copy: then it may be replaced as a whole. */
export function holdsOnlyOurs(to: string, memory: Memory): boolean {
  const isOurs = (prefix: string): boolean =>
    readdirSync(join(to, prefix)).every((name) => {
      const path = prefix + name;
      const stats = lstatSync(join(to, path));
      return stats.isDirectory() ? isOurs(`${path}/`) : isUntouched(to, path, memory, stats);
    });
  return isOurs("");
}

/** True when the last copy put just this there, and nobody has touched it since. */
export function isAllThere(to: string, entries: readonly ManifestEntry[], memory: Memory): boolean {
  const isSame = entries.length === memory.size && look(to)?.isDirectory() === true;
  return isSame && entries.every((entry) => isThere(to, entry, memory));
}

/** `temporary` is a place on the same disk for what is new, until all of it is there. */
export function mergeFolder(
  { from, to, entries }: { from: string; to: string; entries: readonly ManifestEntry[] },
  memory: Memory,
  temporary: string,
): void {
  const folders = foldersOf(entries);
  refuseInTheWay(to, entries, folders);
  const changed = entries.filter((entry) => !isThere(to, entry, memory));
  if (changed.length > 0) mkdirSync(temporary);
  copyEntries(from, temporary, changed, handedMode);
  for (const path of folders) makeFolder(join(to, path));
  for (const { type, path } of changed)
    if (type !== "folder") renameSync(join(temporary, path), join(to, path));
  removeOld(to, new Set(entries.map(({ path }) => path)), memory);
}

/** A file of the user's where a folder goes, or the other way round: nothing is copied then. */
function refuseInTheWay(
  to: string,
  entries: readonly ManifestEntry[],
  folders: readonly string[],
): void {
  const at = (path: string): Stats | undefined => look(join(to, path));
  for (const path of folders) {
    const stats = at(path);
    if (stats === undefined || stats.isSymbolicLink()) continue;
    if (!stats.isDirectory()) throw inTheWay(join(to, path), "file", "folder");
  }
  for (const { type, path } of entries)
    if (type !== "folder" && at(path)?.isDirectory())
      throw inTheWay(join(to, path), "folder", "file");
}

/** Those above first: nothing can be asked below a file. */
function foldersOf(entries: readonly ManifestEntry[]): readonly string[] {
  const folders = new Set<string>();
  for (const { type, path } of entries)
    for (let at = type === "folder" ? path : dirname(path); at !== "."; at = dirname(at))
      folders.add(at);
  return [...folders].sort();
}

/** Nothing is written through a link of theirs. */
function makeFolder(folder: string): void {
  const stats = look(folder);
  if (stats?.isDirectory()) return;
  if (stats !== undefined) rmSync(folder);
  mkdirSync(folder);
}

export function inTheWay(at: string, is: string, goes: string): ContentProblem {
  const hint = "move it away, or name another place";
  return new ContentProblem("wrong_kind", `${at} is a ${is}, and a ${goes} goes there`, hint);
}

function isThere(to: string, entry: ManifestEntry, memory: Memory): boolean {
  const known = memory.get(entry.path);
  const isSame = known?.type === entry.type && known.is === contentOf(entry);
  return isSame && isUntouched(to, entry.path, memory);
}

function isUntouched(
  to: string,
  path: string,
  memory: Memory,
  stats: Stats | undefined = look(join(to, path)),
): boolean {
  const known = memory.get(path);
  if (known === undefined || stats === undefined) return false;
  switch (known.type) {
    case "file":
      return stats.isFile() && known.seal === sealOf(stats);
    case "link":
      return stats.isSymbolicLink() && known.is === readlinkSync(join(to, path));
    case "folder":
      return stats.isDirectory();
    default:
      return known.type satisfies never;
  }
}

/** Never through a link; nothing is there below a file either. */
function look(at: string): Stats | undefined {
  try {
    return lstatSync(at, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** What the last copy has put there and this one does not have, and the folders that it leaves empty. */
function removeOld(to: string, kept: ReadonlySet<string>, memory: Memory): void {
  for (const [path, { type }] of memory) {
    if (kept.has(path) || !isUntouched(to, path, memory)) continue;
    if (type !== "folder") rmSync(join(to, path));
    for (let at = type === "folder" ? path : dirname(path); at !== "."; at = dirname(at))
      if (!removedEmpty(join(to, at))) break;
  }
}

function removedEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function putOf(at: string, entry: ManifestEntry): Put {
  const seal = entry.type === "file" ? sealOf(lstatSync(at)) : "";
  return { type: entry.type, is: contentOf(entry), seal };
}

function contentOf(entry: ManifestEntry): string {
  switch (entry.type) {
    case "file":
      return `${entry.id}${entry.executable ? " executable" : ""}`;
    case "link":
      return entry.target;
    case "folder":
      return "";
    default:
      return entry satisfies never;
  }
}

function sealOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join();
}
