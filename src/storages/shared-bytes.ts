// The same bytes are stored once: a captured file whose content the store has already becomes another name for it (or
// shares its blocks, where the file system can). The manifest stays the truth; a damaged file is noticed under each name.

import {
  copyFileSync,
  constants as fs,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ContentId } from "../core/content.ts";
import { bootId } from "../ports/boot-id.ts";
import { readText } from "../ports/read-file.ts";
import { hashFile } from "./hash-file.ts";
import { type ListedFile, listFile } from "./walk.ts";

/** Sharing a smaller file would cost more than its bytes. */
const SHARED_FROM = 128 * 1024;

/** A name for the bytes by their id; files that may be executed have one of their own, because names share a mode. */
function sharedPath(storeFolder: string, id: ContentId, executable: boolean): string {
  const hex = id.slice("sha256:".length);
  return join(storeFolder, ".shared", hex.slice(0, 2), executable ? `${hex}x` : hex);
}

/**
 * Gives the captured, read-only file at `path`, whose hash has just been found to be `id`, the bytes that the store has, or
 * makes its bytes known for the next one. Best effort: what cannot be shared stays as it is. False: nothing was tried.
 */
export function shareBytes(
  path: string,
  file: ListedFile,
  id: ContentId,
  storeFolder: string,
): boolean {
  if (file.size < SHARED_FROM) return false;
  const shared = sharedPath(storeFolder, id, file.executable);
  try {
    if (!isKnownWhole(shared, file.size, id)) {
      rmSync(shared, { force: true });
      mkdirSync(dirname(shared), { recursive: true });
      if (!isCloned(path, shared)) linkSync(path, shared);
    } else {
      const temporary = `${path}.shared-${process.pid}`;
      if (!isCloned(shared, temporary)) linkSync(shared, temporary);
      renameSync(temporary, path);
    }
    note(shared);
  } catch {
    // Too many names for one file, no space, another file system: the capture stands without it.
  }
  return true;
}

/**
 * True when a file under its own name, whose times or names have changed since it was recorded, is known to be the bytes of
 * `id` all the same: each further name changes the time of a file's last change. What is recorded was synced: a power cut
 * since has taken nothing from it.
 */
export function isSharedWhole(file: ListedFile, id: ContentId, storeFolder: string): boolean {
  if (file.size < SHARED_FROM || file.links < 2) return false;
  return readNote(sharedPath(storeFolder, id, file.executable))?.stamp === stampOf(file);
}

/** After reading all of it once more: the next look need not. */
export function noteShared(file: ListedFile, id: ContentId, storeFolder: string): void {
  const shared = sharedPath(storeFolder, id, file.executable);
  const stats = lstatSync(shared, { throwIfNoEntry: false });
  if (stats?.ino === file.inode && stats.dev === file.device) note(shared);
}

function stampOf(file: ListedFile): string {
  return `${file.device} ${file.inode} ${file.size} ${file.mtimeMs} ${file.ctimeMs}`;
}

/** What is known of a shared file: how it was when its bytes were last known to be right, and in which start of the machine. */
interface Note {
  readonly stamp: string;
  readonly boot: string;
}

function note(shared: string): void {
  const stamp = stampOf(listFile(shared, lstatSync(shared)));
  const temporary = `${shared}.note-${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ stamp, boot: bootId() } satisfies Note));
  renameSync(temporary, `${shared}.note`);
}

function readNote(shared: string): Note | null {
  try {
    return JSON.parse(readText(`${shared}.note`)) as Note;
  } catch {
    return null;
  }
}

/** Noted in an earlier start of the machine, all of it is read: a power cut may take bytes away and leave all the rest. */
function isKnownWhole(shared: string, size: number, id: ContentId): boolean {
  const stats = lstatSync(shared, { throwIfNoEntry: false });
  if (stats === undefined || stats.size !== size) return false;
  const noted = readNote(shared);
  if (noted?.stamp !== stampOf(listFile(shared, stats))) return false;
  return noted.boot === bootId() || hashFile(shared, size) === id;
}

/** A copy that shares blocks, with the times of the original; false where the file system has none. */
function isCloned(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, fs.COPYFILE_FICLONE_FORCE | fs.COPYFILE_EXCL);
  } catch {
    return false;
  }
  const { atimeMs, mtimeMs } = lstatSync(from);
  utimesSync(to, atimeMs / 1000, mtimeMs / 1000);
  return true;
}
