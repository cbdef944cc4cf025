// Makes a folder at a place that a user has named, and those above it. Node's own way tries for ever where root may write and
// no folder can be made: in `/proc`, and where folders are mounted when they are asked for.

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Throws as `mkdirSync` does, also where a file is in the way; EPERM where it would try for ever. */
export function makeFolders(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
    makeFolders(dirname(folder));
    makeOrFind(folder);
  }
}

/** What is above it is there; somebody else may have made it meanwhile. */
function makeOrFind(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const message = `EPERM: no folder can be made in ${dirname(folder)}, mkdir '${folder}'`;
    throw Object.assign(new Error(message, { cause: error }), { code: "EPERM" });
  }
}
