// Checkpoints as plain folders, named by fingerprint. Beside each a small file says which attempt had it last; whether that
// attempt still goes on is for the caller to know. Never reads what a step saved.

import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "../core/digest.ts";
import type { Checkpoints, CheckpointUse, ReadInPlace } from "../ports/checkpoints.ts";
import { readText } from "../ports/read-file.ts";

/** What was thrown away and not yet deleted; `gc` takes it when a process died over it. */
const GONE = ".gone-";
/** More files than these and the age is that of those looked at. */
const LOOKED_AT = 10_000;

export function checkpointFolders(root: string): Checkpoints {
  const markOf = (name: string): Mark | null => readMark(join(root, `${name}.json`));
  const holder = (name: string): string | null => markOf(name)?.attemptId ?? null;
  const exists = (name: string): boolean =>
    statSync(join(root, name), { throwIfNoEntry: false }) !== undefined;
  const throwAway = (name: string): void => {
    rmSync(join(root, `${name}.json`), { force: true });
    const gone = join(root, `${GONE}${name}-${process.pid}-${thrown++}`);
    try {
      renameSync(join(root, name), gone);
    } catch {
      // It was never there.
      return;
    }
    // As large as it may be, nobody waits for it; what cannot be deleted is left for `gc`.
    rm(gone, { recursive: true, force: true }).catch(() => {});
  };
  const vouch = (use: CheckpointUse): void => {
    const { attemptId } = use;
    for (const name of namesOf(use))
      if (holder(name) === attemptId)
        writeFileSync(join(root, `${name}.json`), JSON.stringify({ attemptId }));
  };
  return {
    open(use, empty, reads) {
      const name = chooseName(use, { holder, exists });
      if (empty) throwAway(name);
      const folder = join(root, name);
      mkdirSync(folder, { recursive: true });
      // Flushed: without it nobody could say after a power cut what it was made from.
      const mark = JSON.stringify({ attemptId: use.attemptId, reads });
      writeFileSync(`${folder}.json`, mark, { flush: true });
      return { folder, writtenAt: newest(folder) };
    },
    unvouched(use) {
      const mark = markOf(chooseName(use, { holder, exists }));
      return mark?.reads === undefined ? null : { ...mark, reads: mark.reads };
    },
    vouch,
    close(use, keep) {
      if (keep) vouch(use);
      const { own, shared } = spentNames(use, holder);
      if (!keep) for (const name of [own, shared]) if (name !== null) throwAway(name);
      if (keep && shared !== null && holder(own) === use.attemptId) {
        throwAway(shared);
        renameSync(join(root, own), join(root, shared));
        renameSync(join(root, `${own}.json`), join(root, `${shared}.json`));
      }
    },
  };
}

let thrown = 0;

/** Of the fingerprint, and of this step of this run alone. */
function namesOf({ fingerprint, run, step }: CheckpointUse): readonly [string, string] {
  const shared = fingerprint.slice("sha256:".length);
  const own = digest(JSON.stringify([run, step])).slice("sha256:".length);
  return [shared, `${shared}-${own.slice(0, 16)}`];
}

/** Which folder an attempt gets. Once a run has one of its own it goes on with that. */
export function chooseName(
  use: CheckpointUse,
  folders: {
    readonly holder: (name: string) => string | null;
    readonly exists: (name: string) => boolean;
  },
): string {
  const [shared, own] = namesOf(use);
  return folders.exists(own) || !mayTake(use, folders.holder(shared)) ? own : shared;
}

/** This run's own, and the fingerprint's unless another attempt goes on with it. */
export function spentNames(
  use: CheckpointUse,
  holder: (name: string) => string | null,
): { readonly own: string; readonly shared: string | null } {
  const [shared, own] = namesOf(use);
  return { own, shared: mayTake(use, holder(shared)) ? shared : null };
}

function mayTake({ attemptId, goesOn }: CheckpointUse, holder: string | null): boolean {
  return holder === null || holder === attemptId || !goesOn(holder);
}

/** The attempt that had a folder last; without `reads` there is no doubt of what it read. */
interface Mark {
  readonly attemptId: string;
  readonly reads?: ReadInPlace;
}

/** The file beside a folder. */
function readMark(file: string): Mark | null {
  try {
    return JSON.parse(readText(file)) as Mark;
  } catch {
    return null;
  }
}

function newest(folder: string): number | null {
  let at: number | null = null;
  let looked = 0;
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      looked += 1;
      if (looked > LOOKED_AT) return at;
      const path = join(next, entry.name);
      if (entry.isDirectory()) open.push(path);
      else at = Math.max(at ?? 0, statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    }
  return at;
}
