// What lies in a folder that need not be there.

import fs from "node:fs";

/** Names, in no order; empty for a folder that is missing or cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
