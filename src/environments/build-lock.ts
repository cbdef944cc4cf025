// A lock file between processes: held by one living process, taken over when that process is dead. Knows processes by
// what the operating system says of them, those of other machines by the file's time, which a holder renews; knows nothing of
// what is locked.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processHost } from "../ports/process-host.ts";
import { readText } from "../ports/read-file.ts";
import { isDeadWriter, writerMark } from "../ports/writer-mark.ts";

export interface HeldLock {
  /** False when another process took it over in the belief that this one is dead. */
  isMine(): boolean;
  release(): void;
}

interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  readonly started: string;
}

const POLL_MS = 100;

/** How often a holder says that it lives, and how long nothing is heard of one that is dead. */
export interface LockPatience {
  readonly renewMs: number;
  readonly silentMs: number;
}

const PATIENCE: LockPatience = { renewMs: 2_000, silentMs: 30_000 };

/**
 * Waits until the lock at `file` is held. `waiting` is told once when another process holds it. Rejects once `abandoned` is
 * aborted: nobody needs the lock any more.
 */
export async function holdLock(
  file: string,
  waiting: () => void,
  {
    renewMs,
    silentMs,
    abandoned,
  }: Partial<LockPatience> & { readonly abandoned?: AbortSignal } = {},
): Promise<HeldLock> {
  const token = randomBytes(12).toString("hex");
  const me: Holder = {
    token,
    host: processHost(),
    pid: process.pid,
    started: startOf(process.pid),
  };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  removeAsides(file);
  const isSilent = silence(file, silentMs ?? PATIENCE.silentMs);
  for (let tries = 0; ; tries += 1) {
    abandoned?.throwIfAborted();
    if (create(file, JSON.stringify(me))) return held(file, token, renewMs ?? PATIENCE.renewMs);
    if (tries === 1) waiting();
    takeOver(file, isSilent);
    await delay(POLL_MS, undefined, abandoned === undefined ? {} : { signal: abandoned });
  }
}

function held(file: string, token: string, renewMs: number): HeldLock {
  const isMine = () => read(file)?.token === token;
  const renewing = setInterval(() => renew(file, isMine), renewMs).unref();
  return {
    isMine,
    release: () => {
      clearInterval(renewing);
      if (isMine()) fs.rmSync(file, { force: true });
    },
  };
}

function renew(file: string, isMine: () => boolean): void {
  try {
    const now = new Date();
    if (isMine()) fs.utimesSync(file, now, now);
  } catch {
    // Taken over at this moment.
  }
}

/**
 * Asked again and again: true when the lock at `file` has kept its time for `silentMs` of our own clock, whatever the other
 * machine's clock says.
 */
function silence(file: string, silentMs: number): () => boolean {
  let seen = { time: Number.NaN, since: 0 };
  return () => {
    const time = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    if (time !== seen.time) seen = { time, since: performance.now() };
    return performance.now() - seen.since >= silentMs;
  };
}

/** Complete from the first moment: written aside, then linked, which fails when the name is taken. */
function create(file: string, text: string): boolean {
  const aside = asideOf(file);
  fs.writeFileSync(aside, text);
  try {
    fs.linkSync(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

function asideOf(file: string): string {
  return `${file}.${writerMark()}.${randomBytes(6).toString("hex")}`;
}

/** Those of processes that were killed at that moment. */
function removeAsides(file: string): void {
  const [folder, beginning] = [path.dirname(file), `${path.basename(file)}.`];
  for (const name of fs.readdirSync(folder)) {
    const [mark = ""] = name.startsWith(beginning) ? name.slice(beginning.length).split(".") : [];
    if (isDeadWriter(mark)) fs.rmSync(path.join(folder, name), { force: true });
  }
}

/** Removes the lock of a dead process. By renaming first, so that of several only one removes it. */
function takeOver(file: string, isSilent: () => boolean): void {
  const holder = read(file);
  if (holder === null ? !isTorn(file) : isAlive(holder, isSilent)) return;
  const aside = asideOf(file);
  try {
    if (read(file)?.token !== holder?.token) return;
    fs.renameSync(file, aside);
    // A fresh lock may have slipped in between the look and the rename: give it back.
    if (read(aside)?.token !== holder?.token) fs.linkSync(aside, file);
  } catch {
    // Someone else was faster.
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

/** There, and not whole: a lock is whole from its first moment, so this is what a power cut left of one. */
function isTorn(file: string): boolean {
  return fs.existsSync(file) && read(file) === null;
}

function isAlive(holder: Holder, isSilent: () => boolean): boolean {
  // A cache shared by machines or containers: the other's processes cannot be looked for.
  if (holder.host !== processHost()) return !isSilent();
  return startOf(holder.pid) === holder.started;
}

function read(file: string): Holder | null {
  try {
    return JSON.parse(readText(file)) as Holder;
  } catch {
    return null;
  }
}

/** When a process started, with the boot it started in; empty when there is no such process. */
function startOf(pid: number): string {
  try {
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return /[ZXx]/.test(fields[0] ?? "") ? "" : `${boot} ${fields[19]}`;
  } catch {
    if (fs.existsSync("/proc/self/stat")) return "";
  }
  return startByPs(pid);
}

/** The same for all who ask: in UTC and English, whatever the time zone and the language of their shells. */
export function startByPs(pid: number): string {
  const env = { PATH: `${process.env.PATH || "/bin"}:/usr/bin:/bin`, LC_ALL: "C", TZ: "UTC0" };
  try {
    const words = ["-o", "lstart=", "-p", String(pid)];
    return execFileSync("ps", words, { encoding: "utf8", env }).trim();
  } catch {
    return "";
  }
}
