// The copies of the record that were made before a newer version changed its form: `stepwell.db.vN-M.bak`, beside it.

import fs from "node:fs";
import path from "node:path";
import { namesIn } from "./names-in.ts";
import { places } from "./workspace.ts";

/** The newest first. */
export function copiesOfRecord(folder: string): readonly string[] {
  const { dir, base } = path.parse(places.database(folder));
  const beginning = `${base}.v`;
  return namesIn(dir)
    .filter(
      (name) => name.startsWith(beginning) && /^\d+-\d+\.bak$/.test(name.slice(beginning.length)),
    )
    .map((name) => path.join(dir, name))
    .map((at) => ({ at, made: fs.lstatSync(at, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.made - a.made)
    .map(({ at }) => at);
}
