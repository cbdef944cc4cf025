// What is done to many small files at once, as plain data in and out: a thread does it with direct calls of the system, which
// cost a fraction of calls that are waited for. What fails is left out: whoever does it by itself hears why. Knows absolute
// paths alone. Names come by folder, and answers as numbers: ten thousand paths back and forth would take as long as the work.

import fs from "node:fs";

/** New files of one folder, under names that nobody else uses. */
export interface MakeJob {
  readonly kind: "make";
  readonly folder: string;
  readonly names: readonly string[];
  readonly from: readonly Uint8Array[] | Originals;
  readonly syncs: boolean;
}

/** Files of one folder, as they are held to be: another one is left out. */
export interface Originals {
  readonly folder: string;
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  /** Whole milliseconds. */
  readonly times: readonly (number | null)[];
}

export interface NameJob {
  readonly kind: "name";
  /** Where they are. Another one than `to` has nothing else in it, and is `to` itself in the end, or gone. */
  readonly folder: string;
  readonly names: readonly string[];
  readonly to: string;
  readonly finals: readonly string[];
  /** In the place of what has the name. */
  readonly over: boolean;
}

export type FileJob = MakeJob | NameJob;

/** For each file, in order: when it was modified, or of one that is named any number. NaN: it was not done. */
export type JobAnswer = Float64Array;

export function doJob(job: FileJob): JobAnswer {
  const answer = new Float64Array(job.names.length).fill(Number.NaN);
  if (job.kind === "name" && job.folder !== job.to) return nameFolder(job, answer);
  return doEach(job, answer);
}

function doEach(job: FileJob, answer: JobAnswer): JobAnswer {
  for (const [index, name] of job.names.entries())
    attempt(() => {
      const at = `${job.folder}/${name}`;
      answer[index] = job.kind === "make" ? make(at, index, job) : giveName(at, index, job);
    });
  return answer;
}

function nameFolder(job: NameJob, answer: JobAnswer): JobAnswer {
  const { folder, to } = job;
  if (attempt(() => fs.renameSync(folder, to))) return answer.fill(0);
  // Somebody made it meanwhile; a link in its place could lead anywhere.
  attempt(() => fs.lstatSync(to).isDirectory() && doEach(job, answer));
  fs.rmSync(folder, { recursive: true, force: true });
  return answer;
}

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function make(at: string, index: number, { from, syncs }: MakeJob): number {
  const { bytes, mode } = "folder" in from ? readOne(from, index) : given(from, index);
  const file = fs.openSync(at, "wx", 0o666);
  try {
    for (let done = 0; done < bytes.byteLength; )
      done += fs.writeSync(file, bytes, done, bytes.byteLength - done, done);
    const made = fs.fstatSync(file);
    if (mode !== null && (made.mode & 0o7777) !== mode) fs.fchmodSync(file, mode);
    if (syncs) fs.fdatasyncSync(file);
    return Math.trunc(made.mtimeMs);
  } catch (error) {
    fs.rmSync(at, { force: true });
    throw error;
  } finally {
    fs.closeSync(file);
  }
}

function given(from: readonly Uint8Array[], index: number) {
  return { bytes: from[index] as Uint8Array, mode: null };
}

/** A pipe or a link that took the place of the file keeps nobody waiting, and leads nowhere. */
const READ = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW;

function readOne({ folder, names, sizes, times }: Originals, index: number) {
  const sizeBytes = sizes[index] as number;
  const file = fs.openSync(`${folder}/${names[index]}`, READ);
  try {
    const bytes = Buffer.allocUnsafe(sizeBytes);
    let filled = 0;
    for (let count = -1; filled < sizeBytes && count !== 0; filled += Math.max(0, count))
      count = fs.readSync(file, bytes, filled, sizeBytes - filled, filled);
    const after = fs.fstatSync(file);
    const isSame = after.size === sizeBytes && Math.trunc(after.mtimeMs) === times[index];
    if (!after.isFile() || !isSame || filled < sizeBytes) throw new Error("it is another one now");
    // The copy of a file that nobody may write is its owner's to write, as any new file is.
    return { bytes, mode: (after.mode & 0o777) | 0o600 };
  } finally {
    fs.closeSync(file);
  }
}

function giveName(at: string, index: number, { to, finals, over }: NameJob): number {
  try {
    const final = `${to}/${finals[index]}`;
    if (over) fs.renameSync(at, final);
    else fs.linkSync(at, final);
    return 0;
  } finally {
    fs.rmSync(at, { force: true });
  }
}
