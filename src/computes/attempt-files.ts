// The files by which an attempt is found again: attempt.jsonl (a claim; its lines name the processes and say how it
// ended), cancel (somebody asked). Written by supervisors; knows nothing of who runs.

import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import type { AttemptEnd, ProcessIdentity } from "../ports/compute.ts";
import { OWN_FILE } from "./supervisor-protocol.ts";

export interface AttemptProcesses {
  readonly process: ProcessIdentity;
  readonly supervisor: ProcessIdentity;
  /** The other processes of a distributed attempt. */
  readonly others: readonly ProcessIdentity[];
}

/** Of the attempt in `folder`: whoever creates it may start the attempt. */
export function attemptFile(folder: string): string {
  return join(folder, "attempt.jsonl");
}

/** Null when no whole line says how it ended. Of several the first one holds. */
export function readExit(folder: string): AttemptEnd | null {
  const ends = readLines(folder) as Partial<AttemptEnd>[] | null;
  return (ends?.find((line) => typeof line.reason === "string") as AttemptEnd) ?? null;
}

/** "none": nobody has claimed the attempt; "claimed": somebody is starting it. */
export function readProcesses(folder: string): AttemptProcesses | "none" | "claimed" {
  const lines = readLines(folder) as Partial<AttemptProcesses>[] | null;
  if (lines === null) return "none";
  const names = lines.find((line) => typeof line.process === "object");
  return (names as AttemptProcesses) ?? "claimed";
}

/** Takes the right to start the attempt, so that nobody else will; false when somebody has it. */
export function claim(folder: string): boolean {
  try {
    closeSync(openSync(attemptFile(folder), "wx"));
    return true;
  } catch (error) {
    // A folder that is gone cannot be started in by anybody either.
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** Writes down how it ended unless that is known; gives the end that holds. */
export function settleExit(folder: string, end: AttemptEnd): AttemptEnd {
  try {
    // The supervisor may have died in the middle of a line, or write its own end meanwhile: then that one comes first.
    const handle = openForAppending(attemptFile(folder));
    try {
      appendFileSync(handle, `\n${JSON.stringify(end)}\n`);
    } finally {
      closeSync(handle);
    }
  } catch {
    // A full disk, a folder that is gone, or no file in its place: the record of the run has it.
  }
  return readExit(folder) ?? end;
}

/** Tells the supervisor of another engine that a signal which it is about to see is a cancel. */
export function noteCancel(folder: string): void {
  try {
    withFile(join(folder, "cancel"), constants.O_WRONLY | constants.O_CREAT, () => {});
  } catch {
    // Without the note the attempt ends with the signal as its reason; it ends all the same.
  }
}

/** The whole lines; null where there is no file. */
function readLines(folder: string): readonly object[] | null {
  try {
    const text = withFile(attemptFile(folder), constants.O_RDONLY, (handle) =>
      readFileSync(handle, "utf8"),
    );
    return text.split("\n").flatMap(readLine);
  } catch {
    return null;
  }
}

/** To be closed by whoever asked. What was not there and may be written is made. */
export function openForAppending(file: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  return openFile(file, O_WRONLY | O_APPEND | O_CREAT);
}

/**
 * A step may have put a pipe, a device or a link in the place of a file: none is waited for or followed, and nothing is
 * read or written.
 */
function openFile(file: string, flags: number): number {
  const { O_NOFOLLOW, O_NONBLOCK } = constants;
  const isFile = lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
  if (!isFile) throw notAFile(file);
  const handle = openSync(file, flags | O_NOFOLLOW | O_NONBLOCK, OWN_FILE);
  if (fstatSync(handle).isFile()) return handle;
  closeSync(handle);
  throw notAFile(file);
}

function notAFile(file: string): Error {
  return new Error(`${file}: something that is no file is in its place: remove it`);
}

function withFile<T>(file: string, flags: number, use: (handle: number) => T): T {
  const handle = openFile(file, flags);
  try {
    return use(handle);
  } finally {
    closeSync(handle);
  }
}

function readLine(line: string): readonly object[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? [value] : [];
  } catch {
    // Empty, or not all of it found room.
    return [];
  }
}
