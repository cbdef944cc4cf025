// Makes the snapshot of a code folder: what belongs to it, what identifies it, stored once. Synchronous; big folders are
// done by a worker. Knows nothing of steps.

import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";
import type { CodeSnapshot, ContentId, ManifestEntry } from "../core/content.ts";
import { counted } from "../spec/counted.ts";
import type { CodeReference } from "../spec/graph.ts";
import { put } from "../spec/own-keys.ts";
import { ContentProblem } from "./content-problem.ts";
import { folderId } from "./folder-id.ts";
import { fileKey, isSettled, readPage, writePage } from "./hash-cache.ts";
import { hashFile } from "./hash-file.ts";
import { hashUnchanged, type Limits, manifestFile, sumOf, TOO_BIG } from "./identify.ts";
import { ignoreRules, leavesOut, levelForIncludes } from "./ignore-rules.ts";
import { markUsed } from "./mark-used.ts";
import {
  copyEntry,
  isWhole,
  readSnapshot,
  snapshotFolder,
  snapshotList,
  storedMode,
  storeSnapshot,
} from "./snapshot-store.ts";
import { uniqueNumber } from "./unique-number.ts";
import { type Listed, listFile, walk } from "./walk.ts";

export interface CodePlaces {
  readonly codeFolder: string;
  readonly cacheFolder: string;
  /** Folders where workspaces share results and environments: never code. */
  readonly sharedFolders: readonly string[];
}

export interface SnapshotResult {
  readonly snapshot: CodeSnapshot;
  readonly warnings: readonly string[];
}

/** An entry of the snapshot and the file that it is copied from. */
interface Sourced {
  readonly source: string;
  readonly entry: Listed;
}

/** Larger code is copied for every step that uses it: it should be an input. */
const LARGE_BYTES = 300 * 1024 * 1024;
const LARGE_FILES = 2000;
const INSTEAD_OF_LINK =
  "remove the link and name what it leads to under additional_includes, or put a copy in its place";
/** A code folder that is being saved by an editor is read again. */
const TRIES = 3;

export function snapshotCode(
  code: CodeReference,
  places: CodePlaces,
  limits: Limits | null,
): SnapshotResult | typeof TOO_BIG {
  for (let tries = 1; ; tries += 1) {
    const sources = listCode(code, places, limits);
    if (sources === TOO_BIG) return TOO_BIG;
    const entries = identify(sources, code, places, limits);
    if (entries === TOO_BIG) return TOO_BIG;
    const snapshotId = folderId(entries);
    if (keep(snapshotId, entries, sources, places)) {
      return { snapshot: describe(code, snapshotId, entries), warnings: warningsOf(code, entries) };
    }
    if (tries === TRIES) {
      const message = `${nameOf(code)} kept changing while it was read`;
      throw new ContentProblem("changed_while_read", message, "wait until nothing writes to it");
    }
  }
}

function listCode(
  code: CodeReference,
  { sharedFolders }: CodePlaces,
  limits: Limits | null,
): Sourced[] | typeof TOO_BIG {
  const leavesShared = (root: string): ((path: string) => boolean) => {
    const shared = new Set(sharedFolders.map((one) => `${relative(root, one)}/`));
    return (path) => shared.has(path);
  };
  const main = code.path === null ? [] : listPart(code.path, "", limits, leavesShared(code.path));
  if (main === TOO_BIG) return TOO_BIG;
  const owner = nameOf(code);
  const taken = new Map(main.map(({ entry }) => [entry.path.split("/")[0], owner]));
  const all = main;
  const above = levelForIncludes(code.path);
  for (const include of code.includes) {
    const name = basename(include);
    const other = taken.get(name);
    if (other !== undefined) {
      const what = other === code.path ? `${name} of ${other}` : `the one before it, ${other}`;
      const message = `the additional include ${include} would replace ${what}`;
      throw new ContentProblem("wrong_kind", message, "rename one of the two");
    }
    taken.set(name, include);
    const [isLeftOut, isShared] = [leavesOut(above, name), leavesShared(include)];
    const part = listPart(include, name, limits, (one) => isLeftOut(one) || isShared(one));
    if (part === TOO_BIG) return TOO_BIG;
    all.push(...part);
  }
  return all;
}

/** A folder's entries under `name`, or a single file under its own name. */
function listPart(
  path: string,
  name: string,
  limits: Limits | null,
  leftOut: (path: string) => boolean,
): Sourced[] | typeof TOO_BIG {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new ContentProblem("missing_path", `${path} does not exist`);
  if (!stats.isDirectory()) {
    if (!stats.isFile())
      throw new ContentProblem("special_file", `${path} is not a file or folder`);
    return [{ source: path, entry: listFile(basename(path), stats) }];
  }
  const entries = walk(path, {
    ...ignoreRules(path, leftOut),
    outside: "refuse",
    insteadOfLink: INSTEAD_OF_LINK,
    dropsEmptyFolders: true,
    ...(limits && { limit: limits.entries }),
  });
  if (entries === null) return TOO_BIG;
  const prefix = name === "" ? "" : `${name}/`;
  return entries.map((entry) => ({
    source: join(path, entry.path),
    entry: { ...entry, path: prefix + entry.path },
  }));
}

function identify(
  sources: readonly Sourced[],
  code: CodeReference,
  places: CodePlaces,
  limits: Limits | null,
): ManifestEntry[] | typeof TOO_BIG {
  const place = `code ${nameOf(code)}`;
  const known = readPage(places.cacheFolder, place)?.ids() ?? new Map<string, ContentId>();
  const isKnown = (entry: Listed): boolean => entry.type === "file" && known.has(fileKey(entry));
  const unknown = sources.filter(({ entry }) => entry.type === "file" && !isKnown(entry));
  if (limits !== null && sumOf(unknown.map(({ entry }) => entry)) > limits.bytes) return TOO_BIG;
  const hashedAt = Date.now();
  const ids = new Map<string, ContentId>();
  const entries = sources.map(({ source, entry }): ManifestEntry => {
    if (entry.type !== "file") return entry;
    const key = fileKey(entry);
    const id = known.get(key) ?? hashUnchanged(source, entry);
    if (known.has(key) || isSettled(entry, hashedAt)) ids.set(key, id);
    return manifestFile(entry, id);
  });
  if (ids.size > 0 && unknown.length > 0)
    writePage(places.cacheFolder, place, { whole: null, ids });
  return entries;
}

/** True when the snapshot is stored; false when the code changed between hashing and copying. */
function keep(
  id: ContentId,
  entries: readonly ManifestEntry[],
  sources: readonly Sourced[],
  places: CodePlaces,
): boolean {
  const { codeFolder } = places;
  const [folder, stored] = [snapshotFolder(codeFolder, id), readSnapshot(codeFolder, id)];
  if (stored !== null && isWhole(folder, stored)) {
    for (const place of [folder, snapshotList(codeFolder, id)]) markUsed(place, "change");
    return true;
  }
  const temporary = join(codeFolder, `.tmp-${process.pid}-${uniqueNumber()}`);
  mkdirSync(temporary, { recursive: true });
  try {
    const made = new Set<string>(["."]);
    for (const [index, { source }] of sources.entries()) {
      const entry = entries[index] as ManifestEntry;
      copyEntry(source, temporary, entry, storedMode, made);
      if (entry.type !== "file") continue;
      if (hashFile(join(temporary, entry.path), entry.size) !== entry.id) return false;
    }
    storeSnapshot(codeFolder, temporary, id, entries);
    return true;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function describe(
  code: CodeReference,
  snapshotId: ContentId,
  entries: readonly ManifestEntry[],
): CodeSnapshot {
  const definitions = new Set(code.definitionFiles.flatMap((file) => placesOf(file, code)));
  const counted = entries.filter((entry) => !definitions.has(entry.path));
  const parts: Record<string, string> = {};
  for (const entry of counted) put(parts, entry.path, partOf(entry));
  const files = entries.filter((entry) => entry.type === "file");
  return {
    id: folderId(counted),
    snapshotId,
    parts,
    sizeBytes: files.reduce((sum, file) => sum + file.size, 0),
    files: files.length,
  };
}

/** Where in the snapshot a file may lie: in the folder itself, or in what is included. */
function placesOf(file: string, code: CodeReference): string[] {
  const included = code.includes.map((one) => join(basename(one), relative(one, file)));
  return code.path === null ? included : [relative(code.path, file), ...included];
}

/** What there are only includes of is named by the first. */
function nameOf(code: CodeReference): string {
  return code.path ?? code.includes[0] ?? "";
}

/** A file's id, with `+x` when it is executable; a link by its target. */
function partOf(entry: ManifestEntry): string {
  if (entry.type === "link") return `link:${entry.target}`;
  if (entry.type === "folder") return "folder";
  return entry.executable ? `${entry.id}+x` : entry.id;
}

function warningsOf(code: CodeReference, entries: readonly ManifestEntry[]): string[] {
  const files = entries.filter((entry) => entry.type === "file");
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (bytes <= LARGE_BYTES && files.length <= LARGE_FILES) return [];
  const sizes = new Map<string, number>();
  const isBySize = bytes > LARGE_BYTES;
  for (const { path, size } of files) {
    const [top = "", ...below] = path.split("/");
    // Of thousands of files in no folder none says anything.
    const name = isBySize || below.length > 0 ? top : `*${extname(top)}`;
    sizes.set(name, (sizes.get(name) ?? 0) + (isBySize ? size : 1));
  }
  const largest = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const shown = largest.map(
    ([name, amount]) => `${name} (${isBySize ? megabytes(amount) : counted(amount, "file")})`,
  );
  return [
    `the code folder ${nameOf(code)} holds ${counted(files.length, "file")}, ${megabytes(bytes)}; largest: ${shown.join(", ")}. ` +
      `It is copied for every step: make data an input, or name it in ${ignoreFileOf(code)}`,
  ];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}

/** A new `.amlignore` would end what the `.gitignore` beside it says. */
function ignoreFileOf({ path }: CodeReference): string {
  const has = (name: string) => path !== null && existsSync(join(path, name));
  return has(".gitignore") && !has(".amlignore") ? ".gitignore" : ".amlignore";
}
