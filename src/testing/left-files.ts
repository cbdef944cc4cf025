// Lays unfinished files of many writers into a folder: of this machine and of others, dead and living, young and old.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { writerMark } from "../ports/writer-mark.ts";

const DAY_SECONDS = 24 * 60 * 60;

/** Gives those that are to stay when somebody writes a new file there. */
export function layLeftFiles(folder: string): readonly string[] {
  const { pid } = spawnSync("true");
  const living = writerMark();
  const dead = living.replace(/\d+$/, String(pid));
  const elsewhere = `${"a".repeat(16)}-1`;
  let count = 0;
  const lay = (mark: string, daysOld: number, parts?: string): readonly string[] => {
    count += 1;
    const name = `.stepwell-tmp-${mark}-${String(count).padStart(16, "0")}`;
    const then = Date.now() / 1000 - daysOld * DAY_SECONDS - 60;
    const files = [[name, "half"], ...(parts === undefined ? [] : [[`${name}-parts`, parts]])];
    for (const [one = "", text = ""] of files) {
      fs.writeFileSync(path.join(folder, one), text);
      fs.utimesSync(path.join(folder, one), then, then);
    }
    return files.map(([one = ""]) => one);
  };
  lay(dead, 0);
  lay(dead, 0, "");
  lay(dead, 7, "part");
  lay(elsewhere, 1);
  lay(elsewhere, 7, "part");
  // Its file got its name.
  fs.rmSync(path.join(folder, lay(dead, 0, "part")[0] ?? ""));
  return [
    lay(living, 0),
    lay(living, 0, ""),
    lay(elsewhere, 0),
    lay(elsewhere, 6, ""),
    lay(dead, 6, "part"),
  ].flat();
}
