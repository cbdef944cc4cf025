// Copies a captured output to a place of the user's: beside the destination first, then renamed, so that nobody ever sees
// half of it. Synchronous, for a worker.

import {
  chmodSync,
  copyFileSync,
  constants as fs,
  mkdirSync,
  readdirSync,
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
  removeLeft(folder, basename(to));
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

const LEFT_MS = 24 * 60 * 60_000;

/** What a process left that was killed while it copied to this name: by its age, as it may be one of another machine. */
function removeLeft(folder: string, name: string): void {
  for (const left of readdirSync(folder)) {
    if (!left.startsWith(`.${name}.stepwell-`)) continue;
    const [, pid] = /^-(\d+)-\d+$/.exec(left.slice(`.${name}.stepwell`.length)) ?? [];
    const at = join(folder, left);
    const changed = statSync(at, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (pid !== undefined && !isRunning(Number(pid)) && Date.now() - changed > LEFT_MS)
      rmSync(at, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
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
