// Makes a folder at a place that a user has named, and those above it; or says beforehand that none can be made. Node's own way
// tries for ever where root may write and no folder can be made: in `/proc`, and where folders are mounted when they are asked for.

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";

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
    throw Object.assign(new Error(noneIn("EPERM", dirname(folder), folder), { cause: error }), {
      code: "EPERM",
    });
  }
}

/** The same folder, which others will make in Node's own way; throws where that would try for ever. */
export function makeable(folder: string): string {
  let above = folder;
  while (!existsSync(above)) above = dirname(above);
  if (above !== folder && isWritable(above) && !takesFolders(above))
    throw new Error(noneIn("ENOENT", above, folder));
  return folder;
}

/** Whether a folder can be made in this one, which may be written: tried, because only that tells. */
export function takesFolders(folder: string): boolean {
  try {
    rmdirSync(mkdtempSync(join(folder, ".stepwell-")));
    return true;
  } catch {
    return false;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function noneIn(code: string, above: string, folder: string): string {
  return `${code}: no folder can be made in ${above}, mkdir '${folder}'`;
}
