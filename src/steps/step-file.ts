// Reads what a step has left where it may leave anything. Knows nothing of what the files say.

import { readText } from "../ports/read-file.ts";

/** Its text; null where there is no file that can be read. */
export function readStepFile(file: string): string | null {
  try {
    return readText(file);
  } catch {
    return null;
  }
}
