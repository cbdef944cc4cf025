// Removes a file or folder with all that is in it, also where steps have left folders that even their owner may not write to.

import fs from "node:fs";
import path from "node:path";
import { namesIn } from "./names-in.ts";

export function removeTree(at: string): void {
  try {
    fs.rmSync(at, { recursive: true, force: true });
  } catch {
    makeWritable(at);
    fs.rmSync(at, { recursive: true, force: true });
  }
}

function makeWritable(at: string): void {
  if (fs.lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  fs.chmodSync(at, 0o700);
  for (const name of namesIn(at)) makeWritable(path.join(at, name));
}
