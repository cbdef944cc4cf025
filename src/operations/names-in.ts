// What lies in a folder that need not be there, or may not be looked into.

import fs from "node:fs";

/** Names, in no order; empty for a folder that is missing or cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** Null for what is not there or cannot be looked at: its folder is closed, or its path is longer than the system takes. */
export function statsOf(at: string): fs.Stats | null {
  try {
    return fs.lstatSync(at);
  } catch {
    return null;
  }
}
