// The first bytes of a file, to see whether it is a script. Knows no scripts.

import fs from "node:fs";
import { openFile } from "./read-file.ts";

/** Empty for what cannot be read. */
export function startOf(file: string, bytes: number): string {
  try {
    const descriptor = openFile(file);
    try {
      const start = Buffer.alloc(bytes);
      return start.toString("latin1", 0, fs.readSync(descriptor, start));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return "";
  }
}
