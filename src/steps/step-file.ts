// Opens what a step has left where it may leave anything: only a file that has an end is read, and a pipe is never waited
// for. Knows nothing of what the files say.

import fs from "node:fs";

const { O_RDONLY, O_NONBLOCK } = fs.constants;

/** A handle to be closed by whoever asked. Throws as `fs.openSync` does, `ENOENT` also for what is no file. */
export function openStepFile(file: string, flags = 0): number {
  const handle = fs.openSync(file, O_RDONLY | O_NONBLOCK | flags);
  if (fs.fstatSync(handle).isFile()) return handle;
  fs.closeSync(handle);
  throw Object.assign(new Error(`${file} is not a file`), { code: "ENOENT" });
}

/** Its text; null where there is no file that can be read. */
export function readStepFile(file: string): string | null {
  let handle: number | null = null;
  try {
    handle = openStepFile(file);
    return fs.readFileSync(handle, "utf8");
  } catch {
    return null;
  } finally {
    if (handle !== null) fs.closeSync(handle);
  }
}
