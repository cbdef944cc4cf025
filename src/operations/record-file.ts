// What is said of the file that holds the record of all runs: that it cannot be used, and why, or that it begins anew.

import fs from "node:fs";
import path from "node:path";
import { namesIn } from "./names-in.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { places } from "./workspace.ts";

/** What SQLite takes of a path, less the ending of a file that it may put beside it. */
const LONGEST_BYTES = 512 - "-journal".length;

/** Null where nothing is wrong with it that can be seen from outside; it need not be there. */
export function unusableRecord(file: string): Refusal | null {
  const bytes = Buffer.byteLength(file);
  if (bytes > LONGEST_BYTES) {
    const why = `has a path of ${bytes} bytes, and the record of all runs can have ${LONGEST_BYTES}`;
    return unusable(file, why, "choose a place that is less deep: --workspace DIR");
  }
  const target = fs.statSync(file, { throwIfNoEntry: false });
  if (target === undefined && fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    return unusable(file, "is a link to nothing", "put back what it points at, or remove the link");
  if (target === undefined) return null;
  try {
    fs.accessSync(file, fs.constants.R_OK);
  } catch (error) {
    const ways = "make it readable for you, or choose another place: --workspace DIR";
    return unusable(file, `cannot be read: ${(error as Error).message}`, ways);
  }
  if (target.isFile()) return null;
  return unusable(file, "is no file, and the record of all runs belongs there", "move it away");
}

export function newerRecord(version: number): Refusal {
  return refuse(
    "newer_workspace",
    `the workspace was written by a newer Stepwell (record version ${version})`,
    "update Stepwell",
    4,
  );
}

/** Null where the error says something else. */
export function damagedRecord(file: string, error: unknown): Refusal | null {
  if (!/not a database|malformed/.test(String(error))) return null;
  return unusable(
    file,
    `is damaged: ${(error as Error).message}`,
    "put a copy of it back, or move it away with its -wal and -shm: the outputs in .stepwell/store stay, the runs are forgotten",
  );
}

function unusable(file: string, why: string, hint: string): Refusal {
  return refuse("workspace_unusable", `${file} ${why}`, hint, 4);
}

/** Say it where the record has just begun: runs may have left their logs here, and nobody knows them any more. */
export function tellForgotten(folder: string, notice: (line: string) => void): void {
  if (namesIn(path.dirname(places.logs(folder, "x"))).length === 0) return;
  notice(
    "warning: the record of earlier runs (.stepwell/stepwell.db) is lost or empty, and a new one begins\n" +
      "  what they made stays in .stepwell/store; put a copy of the file back, with its -wal, to have them known again",
  );
}
