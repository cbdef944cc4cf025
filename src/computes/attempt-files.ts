// The files by which an attempt is found again: attempt.jsonl (a claim; its lines name the processes and say how it
// ended), cancel (somebody asked). Written by supervisors; knows nothing of who runs.

import { appendFileSync, closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
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
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    withFile(attemptFile(folder), O_WRONLY | O_APPEND | O_CREAT, (handle) =>
      appendFileSync(handle, `\n${JSON.stringify(end)}\n`),
    );
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

/** A step may have put a pipe or a device in the place of a file: neither is waited for, and nothing is read or written. */
function withFile<T>(file: string, flags: number, use: (handle: number) => T): T {
  const handle = openSync(file, flags | constants.O_NONBLOCK, OWN_FILE);
  try {
    if (!fstatSync(handle).isFile()) throw new Error(`${file} is not a file`);
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
