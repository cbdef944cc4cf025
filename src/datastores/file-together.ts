// Lands many small files in a folder in one go: all are made under unfinished names, synced together, and get their own
// names last, so that each is seen whole or not at all. A folder that is not there yet is made beside its place and named
// with all that is in it. Knows no uploads.

import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DoneTogether, SmallCopy, SmallFile, StoredFile } from "../ports/storage.ts";
import type { FileCrew } from "./file-crew.ts";
import type { FileJob, JobAnswer, MakeJob } from "./file-jobs.ts";
import type { FilePlace } from "./file-place.ts";
import { unfinishedPath } from "./file-uploads.ts";
import type { FolderSyncs } from "./folder-syncs.ts";
import { shareWithGroup } from "./group-folder.ts";
import { UNFINISHED } from "./storage-path.ts";
import { newUnfinishedId } from "./unfinished-files.ts";

export interface LandingTools {
  readonly place: FilePlace;
  readonly crew: FileCrew;
  readonly syncs: FolderSyncs;
  /** Removes what killed writers left in a folder. */
  readonly sweep: (folder: string) => Promise<void>;
}

/** Files that land in one folder, by one thread. */
export interface Landing {
  readonly paths: readonly string[];
  readonly sizes: readonly number[];
  readonly from: MakeJob["from"];
}

/** More in one job would keep others waiting too long. */
const JOB_FILES = 128;

export function landingsOf(files: readonly SmallFile[]): readonly Landing[] {
  return grouped(files, ({ path }) => folderOf(path)).map((some) => ({
    paths: some.map(({ path }) => path),
    sizes: some.map(({ bytes }) => bytes.byteLength),
    from: some.map(({ bytes }) => bytes),
  }));
}

/** Folders on the way are looked up once. A link itself is left out. */
export async function copiesOf(
  place: FilePlace,
  files: readonly SmallCopy[],
): Promise<readonly Landing[]> {
  const landings: Landing[] = [];
  for (const some of grouped(files, ({ from, to }) => `${folderOf(from.path)}\0${folderOf(to)}`)) {
    const folder = await place
      .existing(folderOf((some[0] as SmallCopy).from.path))
      .catch(() => null);
    if (folder === null) continue;
    const sizes = some.map(({ from }) => from.sizeBytes);
    const names = some.map(({ from }) => basename(from.path));
    const times = some.map(({ from }) => from.modifiedAt);
    landings.push({
      paths: some.map(({ to }) => to),
      sizes,
      from: { folder, names, sizes, times },
    });
  }
  return landings;
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] {
  const groups: T[][] = [];
  const open = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = open.get(key);
    if (group !== undefined && group.length < JOB_FILES) group.push(one);
    else {
      const fresh = [one];
      open.set(key, fresh);
      groups.push(fresh);
    }
  }
  return groups;
}

/** "" is the root. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** What was done. `over`: in the place of what has the name. */
export async function landTogether(
  { place, crew, syncs, sweep }: LandingTools,
  landings: readonly Landing[],
  over: boolean,
): Promise<DoneTogether> {
  const placed = await placedOf(place, landings, sweep);
  const [first] = placed;
  if (first === undefined) return new Map();
  try {
    const { dev } = await place.calls.stat(first.folder);
    const atOnce = place.calls.syncs && (await syncs.isSyncAllCheap());
    const each = place.calls.syncs && !atOnce;
    const made = await answers(
      crew,
      placed.map(({ folder, names, from }) => ({ kind: "make", folder, names, from, syncs: each })),
    );
    const ready = placed.map((one, index) => madeOf(one, made[index] as JobAnswer));
    // Before they have their names, so that a power cut leaves no name without its bytes.
    if (atOnce) await syncs.syncAll(dev, dirname(first.folder));
    const named = await answers(
      crew,
      ready.map(({ folder, names, to, finals }) => ({
        kind: "name",
        folder,
        names,
        to,
        finals,
        over,
      })),
    );
    if (atOnce) await syncs.syncAll(dev, dirname(first.folder));
    else await Promise.all(changedFolders(placed).map((folder) => syncs.sync(folder)));
    return new Map(ready.flatMap((one, index) => landed(one, named[index] as JobAnswer)));
  } catch (error) {
    await Promise.all(placed.map(removed));
    throw error;
  }
}

interface Placed extends Landing {
  /** Where the files are made, and how they are called there. */
  readonly folder: string;
  readonly names: readonly string[];
  /** Where they will be. */
  readonly to: string;
  readonly finals: readonly string[];
}

/** What cannot be there is left out. */
async function placedOf(
  place: FilePlace,
  landings: readonly Landing[],
  sweep: LandingTools["sweep"],
): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (const landing of landings) {
    const inside = folderOf(landing.paths[0] as string);
    const found = await folderFor(place, inside).catch(() => null);
    if (found === null) continue;
    const { to, isNew } = found;
    await sweep(isNew ? dirname(to) : to);
    const id = newUnfinishedId();
    const finals = landing.paths.map((path) => basename(path));
    if (!isNew) {
      const names = finals.map((_, index) => `${UNFINISHED}${id}x${index}`);
      placed.push({ ...landing, folder: to, names, to, finals });
    } else {
      const folder = unfinishedPath(to, id);
      await place.calls.makeFolder(folder);
      await shareWithGroup(folder);
      placed.push({ ...landing, folder, names: finals, to, finals });
    }
  }
  return placed;
}

async function folderFor(place: FilePlace, inside: string) {
  const there = await place.existing(inside);
  if (there !== null) return { to: there, isNew: false };
  return { to: await place.target(inside), isNew: true };
}

/** All have ended before anything is said of one that failed. */
async function answers(crew: FileCrew, jobs: readonly FileJob[]): Promise<readonly JobAnswer[]> {
  const ended = await Promise.allSettled(jobs.map((job) => crew.do(job)));
  return ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

interface Made extends Placed {
  readonly times: readonly number[];
}

/** Those that were made. */
function madeOf(placed: Placed, answer: JobAnswer): Made {
  const times = [...answer];
  if (times.every((time) => !Number.isNaN(time))) return { ...placed, times };
  const some = <T>(all: readonly T[]): T[] =>
    all.filter((_, index) => !Number.isNaN(answer[index] as number));
  const { paths, sizes, names, finals } = placed;
  const left = { paths: some(paths), sizes: some(sizes), names: some(names), finals: some(finals) };
  return { ...placed, ...left, times: some(times) };
}

function landed({ paths, sizes, times }: Made, named: JobAnswer): readonly [string, StoredFile][] {
  return paths.flatMap((path, index) => {
    if (Number.isNaN(named[index] as number)) return [];
    const [sizeBytes, modifiedAt] = [sizes[index] as number, times[index] as number];
    return [[path, { path, sizeBytes, modifiedAt, version: null, sha256: null }]];
  });
}

function changedFolders(placed: readonly Placed[]): readonly string[] {
  const changed = placed.flatMap(({ folder, to }) => (folder === to ? [to] : [to, dirname(to)]));
  return [...new Set(changed)];
}

async function removed({ folder, names, to }: Placed): Promise<void> {
  if (folder !== to) await rm(folder, { recursive: true, force: true });
  else await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}
