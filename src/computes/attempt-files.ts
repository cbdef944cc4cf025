// The files by which an attempt is found again: process.json (the claim and the names of its processes), exit.json (how
// it ended), cancel (somebody asked). Written by supervisors; knows nothing of who runs.

import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { AttemptEnd, ProcessIdentity } from "../ports/compute.ts";

export interface AttemptProcesses {
  readonly process: ProcessIdentity;
  readonly supervisor: ProcessIdentity;
  /** The other processes of a distributed attempt. */
  readonly others: readonly ProcessIdentity[];
}

/** Null when there is no whole exit file. */
export function readExit(folder: string): AttemptEnd | null {
  const end = readJson(join(folder, "exit.json")) as AttemptEnd | null;
  return end !== null && typeof end.reason === "string" ? end : null;
}

/** "none": nobody has claimed the attempt; "claimed": somebody is starting it. */
export function readProcesses(folder: string): AttemptProcesses | "none" | "claimed" {
  const path = join(folder, "process.json");
  const content = readJson(path) as AttemptProcesses | null;
  if (content !== null && typeof content.process === "object") return content;
  return statSync(path, { throwIfNoEntry: false }) === undefined ? "none" : "claimed";
}

/** Takes the right to start the attempt, so that nobody else will; false when somebody has it. */
export function claim(folder: string): boolean {
  try {
    closeSync(openSync(join(folder, "process.json"), "wx"));
    return true;
  } catch (error) {
    // A folder that is gone cannot be started in by anybody either.
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** Writes the exit file unless there is one; gives the one that holds. */
export function settleExit(folder: string, end: AttemptEnd): AttemptEnd {
  const temporary = join(folder, `exit.json.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, JSON.stringify(end));
    // A link, unlike a rename, never replaces what a supervisor has written meanwhile.
    linkSync(temporary, join(folder, "exit.json"));
  } catch {
    const written = readExit(folder);
    if (written !== null) return written;
  } finally {
    try {
      unlinkSync(temporary);
    } catch {
      // It was never written.
    }
  }
  return end;
}

/** Tells the supervisor of another engine that a signal which it is about to see is a cancel. */
export function noteCancel(folder: string): void {
  try {
    writeFileSync(join(folder, "cancel"), "");
  } catch {
    // Without the note the attempt ends with the signal as its reason; it ends all the same.
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
