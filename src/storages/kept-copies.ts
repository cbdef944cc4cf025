// Copies of the user's data, each once under its content id, so that recorded bytes can be read again after the user
// changed or removed the file. Synchronous; big ones are copied by a worker. Knows nothing of runs.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  constants as fs,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Content, ContentId, ManifestEntry } from "../core/content.ts";
import { ContentProblem } from "./content-problem.ts";
import { hashFile } from "./hash-file.ts";
import { markUsed } from "./mark-used.ts";
import { copyEntries, storedMode } from "./snapshot-store.ts";
import { uniqueNumber } from "./unique-number.ts";

export interface KeepCopy {
  readonly from: string;
  readonly content: Pick<Content, "id" | "sizeBytes">;
  /** What the folder holds; null for a single file. */
  readonly entries: readonly ManifestEntry[] | null;
  readonly storeFolder: string;
}

/** Where the copy of these bytes lies, or would. */
export function keptPath(storeFolder: string, id: ContentId): string {
  const hex = id.slice("sha256:".length);
  return join(storeFolder, ".kept", hex.slice(0, 2), hex);
}

/** True when a copy is there; it then counts as used just now. */
export function hasCopy(storeFolder: string, id: ContentId): boolean {
  const path = keptPath(storeFolder, id);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
  markUsed(path, "access");
  return true;
}

/** Copies, checks every byte of the copy by its hash, and makes it visible in one step. */
export function keepCopy({ from, content, entries, storeFolder }: KeepCopy): void {
  const target = keptPath(storeFolder, content.id);
  const temporary = join(storeFolder, ".kept", `.tmp-${process.pid}-${uniqueNumber()}`);
  mkdirSync(dirname(target), { recursive: true });
  try {
    if (entries === null) {
      copyFileSync(from, temporary, fs.COPYFILE_FICLONE);
      chmodSync(temporary, 0o444);
      if (hashFile(temporary, lstatSync(temporary).size) !== content.id) changed(from);
    } else {
      mkdirSync(temporary);
      copyEntries(from, temporary, entries, storedMode);
      for (const entry of entries)
        if (
          entry.type === "file" &&
          hashFile(join(temporary, entry.path), lstatSync(join(temporary, entry.path)).size) !==
            entry.id
        )
          changed(join(from, entry.path));
    }
    publish(temporary, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Somebody may have kept the same at the same time: theirs is as good as ours. */
function publish(temporary: string, target: string): void {
  try {
    renameSync(temporary, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

/** What an environment took to be resolved lies between the two: it need not be written to now. */
function changed(path: string): never {
  const message = `${path} changed after it was first read`;
  const hint = "run again: what is there now counts then; or wait until nothing writes to it";
  throw new ContentProblem("changed_while_read", message, hint);
}

/** Where an attempt finds the kept copies that stand in for its inputs: what lies there is what it read. */
function standInPath(attemptFolder: string, input: string): string {
  return join(attemptFolder, "kept", input);
}

/** Lays a kept copy out for an attempt; a file gets the name that the command expects. */
export function layStandIn(
  kept: string,
  attemptFolder: string,
  input: string,
  data: { readonly path: string; readonly kind: Content["kind"] },
): string {
  const place = standInPath(attemptFolder, input);
  rmSync(place, { recursive: true, force: true });
  if (data.kind === "folder") {
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(kept, place);
    return kept;
  }
  mkdirSync(place, { recursive: true });
  const file = join(place, basename(data.path));
  try {
    linkSync(kept, file);
  } catch {
    copyFileSync(kept, file, fs.COPYFILE_FICLONE);
  }
  return file;
}

/** What an attempt was handed in place of an input, or null when it read the input itself. */
export function standInOf(
  attemptFolder: string,
  input: string,
  data: { readonly path: string; readonly kind: Content["kind"] },
): string | null {
  const place = standInPath(attemptFolder, input);
  if (lstatSync(place, { throwIfNoEntry: false }) === undefined) return null;
  return data.kind === "folder" ? readlinkSync(place) : join(place, basename(data.path));
}
