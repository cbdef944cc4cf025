// Unpacks an archive into a folder. What could reach outside of it, fill the disk or make one file out of two is refused before
// or while it is read, by name.

import fs from "node:fs";
import path from "node:path";
import { runProgram, StepFailure } from "../runtime/program.ts";
import { gunzipTo } from "./gunzip.ts";
import { Landing } from "./landing.ts";
import { unpackTar } from "./tar.ts";
import { unpackZip } from "./zip.ts";

runProgram(async (program) => {
  const archive = program.needed("archive");
  const kind = kindOf(archive, program.needed("format"));
  const landing = new Landing(program.output("files"), {
    archiveBytes: fs.statSync(archive).size,
    maxBytes: sizeOf(program.needed("max_size")),
    maxFiles: program.number("max_files"),
    maxRatio: program.number("max_ratio"),
    strip: program.number("strip"),
  });
  if (kind === "zip") await unpackZip(archive, landing);
  else if (kind === "gz") await gunzipTo(archive, landing);
  else await unpackTar(archive, kind === "tar.gz", landing);
  landing.finish();
  program.say(`${landing.files} files, ${landing.bytes} bytes`);
  program.metric("files", landing.files);
  program.metric("bytes", landing.bytes);
});

type Kind = "zip" | "tar" | "tar.gz" | "gz";

/** By its first bytes, whatever its name is; whether a tar lies in a gzip says the name, or what is in it. */
function kindOf(archive: string, asked: string): Kind {
  if (asked !== "auto") return asked as Kind;
  const head = Buffer.alloc(512);
  const handle = fs.openSync(archive, "r");
  try {
    fs.readSync(handle, head, 0, head.length, 0);
  } finally {
    fs.closeSync(handle);
  }
  if (head.toString("latin1", 0, 2) === "PK") return "zip";
  if (head.toString("latin1", 257, 262) === "ustar") return "tar";
  const name = path.basename(archive).toLowerCase();
  if (head[0] === 0x1f && head[1] === 0x8b)
    return /\.(tar\.gz|tgz)$/.test(name) || !name.endsWith(".gz") ? "tar.gz" : "gz";
  const [found] = OTHERS.filter(([magic]) => head.toString("latin1").startsWith(magic));
  if (found !== undefined)
    throw new StepFailure(
      `the archive is ${found[1]}, which this component does not read`,
      `unpack it in a step of your own: ${found[2]}`,
    );
  if (/\.tar$/.test(name)) return "tar";
  throw new StepFailure(
    "the archive is no zip, tar, tar.gz or gz",
    "look at what it is: file ARCHIVE; or say so: format: tar",
  );
}

const OTHERS: readonly (readonly [magic: string, name: string, command: string])[] = [
  ["BZh", "bzip2", "tar -xjf ${{inputs.archive}} -C ${{outputs.files}}"],
  ["\xfd7zXZ", "xz", "tar -xJf ${{inputs.archive}} -C ${{outputs.files}}"],
  ["\x28\xb5\x2f\xfd", "zstd", "tar --zstd -xf ${{inputs.archive}} -C ${{outputs.files}}"],
  ["7z\xbc\xaf", "7z", "7z x ${{inputs.archive}} -o${{outputs.files}}"],
  ["Rar!", "RAR", "unrar x ${{inputs.archive}} ${{outputs.files}}"],
];

function sizeOf(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([KMGT]?)i?B?$/i.exec(text) ?? [];
  if (number === undefined)
    throw new StepFailure(`${text} is no size`, "write it like 500MB or 20GB");
  return Number(number) * 1000 ** " KMGT".indexOf(unit.toUpperCase() || " ");
}
