// A file that is made whole beside another one before it takes its name: what it is called meanwhile, and what is left of
// those whose process was killed.

import fs from "node:fs";
import path from "node:path";
import { isDeadWriter, writerMark } from "../ports/writer-mark.ts";

const ENDING = ".partial";

/** Where this process makes the new one; what dead processes left there is gone. */
export function beside(file: string): string {
  removeLeftBeside(file);
  return `${file}.${writerMark()}${ENDING}`;
}

export function removeLeftBeside(file: string): void {
  const [folder, beginning] = [path.dirname(file), `${path.basename(file)}.`];
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(beginning) || !name.endsWith(ENDING)) continue;
    if (isDeadWriter(name.slice(beginning.length, -ENDING.length)))
      fs.rmSync(path.join(folder, name), { force: true });
  }
}
