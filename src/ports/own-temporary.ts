// Folders among the temporary files, which whoever makes them removes. What a killed process has left of a kind goes when
// the next folder of that kind is made.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeadWriter, writerMark } from "./writer-mark.ts";

/** Absolute path of a new, empty folder; `kind`: what its name begins with, after `stepwell-`. */
export function makeTemporary(kind: string): string {
  const beginning = `stepwell-${kind}-`;
  removeLeft(beginning);
  return mkdtempSync(join(tmpdir(), `${beginning}${writerMark()}.`));
}

function removeLeft(beginning: string): void {
  for (const name of namesIn(tmpdir())) {
    if (!name.startsWith(beginning)) continue;
    if (!isDeadWriter(name.slice(beginning.length).split(".")[0] ?? "")) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's: that user's next one removes it.
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
