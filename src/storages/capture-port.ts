// Turns what a step wrote for one output into something immutable and identified, still in the attempt's own folder.
// Synchronous; big outputs are captured by a worker. Knows nothing of runs or where the output goes.

import {
  chmodSync,
  copyFileSync,
  constants as fs,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Content, ContentId, ManifestEntry } from "../core/content.ts";
import type { OutputRecord } from "../core/output.ts";
import type { DataType } from "../spec/graph.ts";
import { ContentProblem } from "./content-problem.ts";
import { equivalentEntries } from "./equivalence.ts";
import { folderId } from "./folder-id.ts";
import { hashFile } from "./hash-file.ts";
import { countFiles, fileContent, type Limits, manifestFile, sumOf, TOO_BIG } from "./identify.ts";
import { writeManifest } from "./manifest-store.ts";
import { sealOf } from "./seal.ts";
import { shareBytes } from "./shared-bytes.ts";
import { type Listed, type ListedFile, listFile, walk } from "./walk.ts";

export interface PortOrder {
  readonly port: string;
  readonly type: DataType;
  /** The port's folder of the attempt. */
  readonly folder: string;
  /** Where anything goes that lies beside a `uri_file`. */
  readonly asideFolder: string;
  readonly storeFolder: string;
  /** Where the folder lay when the command wrote it; absent: where it is. */
  readonly before?: string;
  /** The command does not name it. */
  readonly isUnnamed?: boolean;
  /** See `sameRule`; absent: bytes alone count. */
  readonly same?: string;
}

export interface CapturedPort {
  readonly content: Content;
  /** Path of the file in the port's folder for a single file, else empty. */
  readonly file: string;
  readonly warnings: readonly string[];
  /** Manifest that was written, or null for a single file. */
  readonly manifest: string | null;
  readonly same?: NonNullable<OutputRecord["same"]>;
}

export function capturePort(
  order: PortOrder,
  limits: Limits | null,
): CapturedPort | typeof TOO_BIG {
  if (order.type === "uri_file") return captureFile(order, join(order.folder, order.port), limits);
  const stats = lstatSync(order.folder, { throwIfNoEntry: false });
  if (stats === undefined) missing(order, "the command removed its folder");
  if (stats.isFile() && order.type === "custom_model") return captureModelFile(order, limits);
  if (!stats.isDirectory()) wrongKind(order, "a folder is expected");
  return captureFolder(order, limits);
}

/** A model may be one file: it gets the folder that a `uri_file` has from the start. */
function captureModelFile(order: PortOrder, limits: Limits | null): CapturedPort | typeof TOO_BIG {
  const aside = `${order.folder}.model`;
  renameSync(order.folder, aside);
  mkdirSync(order.folder);
  renameSync(aside, join(order.folder, order.port));
  return captureFile(order, join(order.folder, order.port), limits);
}

function captureFile(
  order: PortOrder,
  path: string,
  limits: Limits | null,
): CapturedPort | typeof TOO_BIG {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  // Through a link in its place we would move and alter what lies elsewhere.
  if (lstatSync(order.folder, { throwIfNoEntry: false })?.isDirectory() === false)
    wrongKind(order, "the command replaced the folder of the file");
  if (stats === undefined)
    missing(order, order.isUnnamed ? notNamed(order) : "the command did not write it");
  if (stats.isSymbolicLink()) {
    const message = `output "${order.port}": ${path} is a link, a file is expected`;
    throw new ContentProblem("link_leaves_folder", message, "write a copy of what it leads to");
  }
  if (!stats.isFile()) wrongKind(order, "a file is expected");
  const listed = listFile(basename(path), stats);
  if (limits !== null && listed.size > limits.bytes) return TOO_BIG;
  const warnings = setAside(order, basename(path));
  const file = freeze(path, listed);
  const id = hashFile(path, file.size);
  const now = shared(path, refreshed(path, file), id, order);
  return {
    content: fileContent(now, id),
    file: basename(path),
    warnings,
    manifest: null,
  };
}

/** Only the file is the output: a reader must not come to depend on what is not recorded. */
function setAside(order: PortOrder, keep: string): string[] {
  const others = readdirSync(order.folder).filter((name) => name !== keep);
  if (others.length === 0) return [];
  const aside = join(order.asideFolder, order.port);
  mkdirSync(aside, { recursive: true });
  for (const name of others) renameSync(join(order.folder, name), join(aside, name));
  const shown = others.slice(0, 3).join(", ");
  return [
    `output "${order.port}" is one file; what the command wrote beside it (${shown}) is not part of it and was moved to ${aside}`,
  ];
}

/** The folder is moved to its place in the store, and may be copied from there. In one step: we may be killed at any moment. */
function makeLasting(path: string, target: string, { folder }: PortOrder): void {
  if (readlinkSync(path) === target) return;
  const aside = `${folder}.link`;
  rmSync(aside, { force: true });
  symlinkSync(target, aside);
  const parent = dirname(path);
  const { mode } = statSync(parent);
  // The command may have left the folder read-only.
  if ((mode & 0o200) === 0) chmodSync(parent, mode | 0o200);
  renameSync(aside, path);
  if ((mode & 0o200) === 0) chmodSync(parent, mode);
}

function captureFolder(order: PortOrder, limits: Limits | null): CapturedPort | typeof TOO_BIG {
  const listed = walk(order.folder, {
    outside: "refuse",
    ...(order.before !== undefined && { before: order.before }),
    ...(limits && { limit: limits.entries }),
  });
  if (listed === null || (limits !== null && sumOf(listed) > limits.bytes)) return TOO_BIG;
  const manifest: ManifestEntry[] = [];
  const sealed: Listed[] = [];
  for (const entry of listed) {
    if (entry.type !== "file") {
      if (entry.type === "link") makeLasting(join(order.folder, entry.path), entry.target, order);
      manifest.push(entry);
      sealed.push(entry);
      continue;
    }
    const path = join(order.folder, entry.path);
    const file = freeze(path, entry);
    const id = hashFile(path, file.size);
    manifest.push(manifestFile(file, id));
    sealed.push(shared(path, refreshed(path, file), id, order));
  }
  const id = folderId(manifest);
  const content: Content = {
    kind: "folder",
    id,
    sizeBytes: sumOf(listed),
    files: countFiles(listed),
    seal: sealOf(sealed),
  };
  const warnings = listed.length === 0 ? [emptyWarning(order)] : [];
  const path = writeManifest(order.storeFolder, id, manifest);
  const captured = { content, file: "", warnings, manifest: path };
  if (order.same === undefined) return captured;
  const counted = equivalentEntries(order.folder, manifest, order.same);
  // What differs between two of them is told by these lists.
  writeManifest(order.storeFolder, counted.id, counted.entries);
  return { ...captured, same: { rule: order.same, id: counted.id } };
}

function emptyWarning(order: PortOrder): string {
  const why = order.isUnnamed ? notNamed(order) : "the command wrote nothing to it";
  return `output "${order.port}" is empty: ${why}`;
}

function notNamed({ port }: PortOrder): string {
  return `the command does not name ${"$"}{{outputs.${port}}}, and so did not know its path`;
}

/** Makes a file read-only and ours alone; its bytes and times stay. */
function freeze(path: string, file: ListedFile): ListedFile {
  // Another name for these bytes lies elsewhere: whoever writes there would alter a recorded output.
  if (file.links > 1) return close(path, replaced(path, file));
  try {
    return close(path, file);
  } catch (error) {
    // Another user's, as a container writes it.
    if ((error as NodeJS.ErrnoException).code === "EPERM") return close(path, replaced(path, file));
    throw error;
  }
}

/** By a copy of its own. */
function replaced(path: string, file: ListedFile): ListedFile {
  const copy = join(dirname(path), `.copy-${process.pid}-${basename(path).slice(0, 100)}`);
  copyFileSync(path, copy, fs.COPYFILE_FICLONE);
  renameSync(copy, path);
  const stats = statSync(path);
  return { ...file, mode: stats.mode, mtimeMs: stats.mtimeMs, inode: stats.ino };
}

function close(path: string, file: ListedFile): ListedFile {
  const mode = (file.mode & 0o111) | 0o444;
  if ((file.mode & 0o777) !== mode) chmodSync(path, mode);
  return { ...file, executable: (mode & 0o111) !== 0 };
}

/** The file as it is once its bytes are those of the store. */
function shared(path: string, file: ListedFile, id: ContentId, order: PortOrder): ListedFile {
  return shareBytes(path, file, id, order.storeFolder)
    ? listFile(file.path, lstatSync(path))
    : file;
}

/** The file's last stat, which its seal is made of: it must still be what was hashed. */
function refreshed(path: string, before: ListedFile): ListedFile {
  const now = listFile(before.path, lstatSync(path));
  if (now.size === before.size && now.mtimeMs === before.mtimeMs && now.inode === before.inode)
    return now;
  const hint = "something that the step left running, or another program, writes to its outputs";
  throw new ContentProblem("changed_while_read", `${path} changed while it was captured`, hint);
}

function missing(order: PortOrder, why: string): never {
  throw new ContentProblem(
    "missing_output",
    `output "${order.port}" is missing: ${why}`,
    `the command must write to the path it gets for ${"$"}{{outputs.${order.port}}}`,
  );
}

function wrongKind(order: PortOrder, expected: string): never {
  throw new ContentProblem(
    "wrong_kind",
    `output "${order.port}" (${order.type}): ${expected}`,
    "declare the output with the type that the command writes",
  );
}
