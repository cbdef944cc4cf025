// Copies a captured output to a place of the user's: beside the destination first, then renamed, so that nobody ever sees
// half of it. Where others' files lie in a folder it goes among them. Synchronous, for a worker.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  constants as fs,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeFolders } from "../ports/make-folders.ts";
import { isDeadWriter, writerMark } from "../ports/writer-mark.ts";
import type { PublishCopy } from "./content-jobs.ts";
import {
  holdsOnlyOurs,
  inTheWay,
  isAllThere,
  mergeFolder,
  readMemory,
  writeMemory,
} from "./publish-folder.ts";
import { copyEntries, handedMode } from "./snapshot-store.ts";
import { uniqueNumber } from "./unique-number.ts";

/** False when all of it is there already. */
export function publishCopy(copy: PublishCopy): boolean {
  const { from, to, entries, memory } = copy;
  const there = lstatSync(to, { throwIfNoEntry: false });
  const before = readMemory(memory, to);
  const isShared = there?.isDirectory() === true && !holdsOnlyOurs(to, before);
  if (entries === null && isShared) throw inTheWay(to, "folder", "file");
  if (entries !== null && there?.isFile()) throw inTheWay(to, "file", "folder");
  if (entries !== null && !isShared && isAllThere(to, entries, before)) return false;
  const folder = isShared ? to : dirname(to);
  makeFolders(folder);
  removeLeft(folder);
  const temporary = join(folder, `.${basename(to)}.stepwell-${writerMark()}-${uniqueNumber()}`);
  try {
    if (entries === null) copyFile(from, temporary);
    else if (isShared) mergeFolder({ from, to, entries }, before, temporary);
    else {
      mkdirSync(temporary);
      copyEntries(from, temporary, entries, handedMode);
    }
    if (!isShared) replace(temporary, to);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  if (entries !== null) writeMemory(memory, to, entries);
  return true;
}

function copyFile(from: string, to: string): void {
  copyFileSync(from, to, fs.COPYFILE_FICLONE);
  chmodSync(to, handedMode((statSync(from).mode & 0o111) !== 0));
}

const LEFT = /^\.(.+)\.stepwell-([0-9a-f]{16}-\d+)-\d+(\.old)?$/;
const LEFT_MS = 24 * 60 * 60_000;

/**
 * What processes left that were killed while they copied to this folder; by its age where it may be one of another machine.
 * What they had moved aside comes back.
 */
function removeLeft(folder: string): void {
  for (const left of readdirSync(folder)) {
    const [, name = "", mark = "", old] = LEFT.exec(left) ?? [];
    if (mark === "") continue;
    const [at, to] = [join(folder, left), join(folder, name)];
    const changed = statSync(at, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (!isDeadWriter(mark) && Date.now() - changed <= LEFT_MS) continue;
    if (old !== undefined && !existsSync(to)) renameSync(at, to);
    else rmSync(at, { recursive: true, force: true });
  }
}

/** A file replaces a file in one step; a folder that is in the way is moved aside for the moment of the change. */
function replace(temporary: string, to: string): void {
  try {
    renameSync(temporary, to);
    return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!["ENOTEMPTY", "EEXIST", "EISDIR", "ENOTDIR"].includes(code ?? "")) throw error;
  }
  const old = `${temporary}.old`;
  renameSync(to, old);
  try {
    renameSync(temporary, to);
  } catch (error) {
    renameSync(old, to);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}
