// Opens the log of an attempt to read it. A step can put anything in its place (a pipe, a device, a link that leads away):
// that is no log, is never waited for, and nothing of it is read or written. Knows nothing of what a log says.

import fs from "node:fs";
import path from "node:path";
import { openFile } from "../ports/read-file.ts";

export interface AttemptLog {
  /** Behind the link by which a second run has it. */
  readonly file: string;
  /** To be closed by whoever asked. */
  readonly handle: number;
}

/** Null: there is none. */
export function openAttemptLog(named: string): AttemptLog | null {
  try {
    const file = fs.realpathSync(named);
    // The logs of all runs lie in folders side by side.
    const folder = fs.realpathSync(path.dirname(named));
    if (path.dirname(path.dirname(file)) !== path.dirname(folder)) return null;
    return { file, handle: openFile(file, fs.constants.O_NOFOLLOW) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}

export function isAttemptLog(named: string): boolean {
  const log = openAttemptLog(named);
  if (log !== null) fs.closeSync(log.handle);
  return log !== null;
}
