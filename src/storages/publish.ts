// Copies a captured output to a place of the user's: beside the destination first, then renamed, so that nobody ever sees
// half of it. Synchronous, for a worker.

import {
  chmodSync,
  copyFileSync,
  constants as fs,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { PublishCopy } from "./content-jobs.ts";
import { copyEntries, handedMode } from "./snapshot-store.ts";

export function publishCopy({ from, to, entries }: PublishCopy): void {
  const folder = dirname(to);
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `.${basename(to)}.stepwell-${process.pid}-${copies++}`);
  try {
    if (entries === null) {
      copyFileSync(from, temporary, fs.COPYFILE_FICLONE);
      chmodSync(temporary, handedMode((statSync(from).mode & 0o111) !== 0));
    } else {
      mkdirSync(temporary);
      copyEntries(from, temporary, entries, handedMode);
    }
    replace(temporary, to);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

let copies = 0;

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
