// Whether the disk of a folder can make a copy that shares its blocks. Where it cannot, the same bytes are one file with
// several names.

import fs from "node:fs";
import path from "node:path";

export function clonesFiles(folder: string): boolean {
  const [from, to] = ["a", "b"].map((name) => path.join(folder, `.clone-probe-${name}`)) as [
    string,
    string,
  ];
  fs.writeFileSync(from, "x".repeat(1 << 16));
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    for (const file of [from, to]) fs.rmSync(file, { force: true });
  }
}
