// Unpacks an archive into a folder. What could reach outside of it, fill the disk or make one file out of two is refused before
// or while it is read, by name.

import fs from "node:fs";
import path from "node:path";
import { runProgram, StepFailure } from "../runtime/program.ts";
import { type Compression, decompressed, unpackOne } from "./decompressed.ts";
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
  else if (isCompression(kind)) await unpackOne(archive, kind, landing);
  else await unpackTar(bytesOf(archive, kind), landing);
  landing.finish();
  program.say(`${landing.files} files, ${landing.bytes} bytes`);
  program.metric("files", landing.files);
  program.metric("bytes", landing.bytes);
});

type Kind = "zip" | "tar" | `tar.${Compression}` | Compression;

function isCompression(kind: Kind): kind is Compression {
  return Object.hasOwn(MAGIC, kind);
}

function bytesOf(archive: string, kind: "tar" | `tar.${Compression}`): AsyncIterable<Buffer> {
  return kind === "tar"
    ? (fs.createReadStream(archive) as AsyncIterable<Buffer>)
    : decompressed(archive, kind.slice("tar.".length) as Compression);
}

/** What each begins with. */
const MAGIC: Readonly<Record<Compression, string>> = {
  gz: "\x1f\x8b",
  bz2: "BZh",
  xz: "\xfd7zXZ",
  zst: "\x28\xb5\x2f\xfd",
};

/** By its first bytes, whatever its name is; whether a tar is compressed says the name. */
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
  const start = head.toString("latin1");
  for (const [ending, magic] of Object.entries(MAGIC) as [Compression, string][])
    if (start.startsWith(magic)) return isTar(name, ending) ? `tar.${ending}` : ending;
  const [found] = OTHERS.filter(([magic]) => start.startsWith(magic));
  if (found !== undefined)
    throw new StepFailure(
      `the archive is ${found[1]}, which this component does not read`,
      `unpack it in a step of your own: ${found[2]}`,
    );
  if (/\.tar$/.test(name)) return "tar";
  throw new StepFailure(
    "the archive is no zip, tar, gz, bz2, xz or zst",
    "look at what it is: file ARCHIVE; or say so: format: tar",
  );
}

/** Only a name with the ending of the compression alone is that of one file. */
function isTar(name: string, ending: Compression): boolean {
  const short = { gz: "tgz", bz2: "tbz2?", xz: "txz", zst: "tzst" }[ending];
  return new RegExp(`\\.(tar\\.${ending}|${short})$`).test(name) || !name.endsWith(`.${ending}`);
}

const OTHERS: readonly (readonly [magic: string, name: string, command: string])[] = [
  ["7z\xbc\xaf", "7z", "7z x ${{inputs.archive}} -o${{outputs.files}}"],
  ["Rar!", "RAR", "unrar x ${{inputs.archive}} ${{outputs.files}}"],
];

function sizeOf(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([KMGT]?)i?B?$/i.exec(text) ?? [];
  if (number === undefined)
    throw new StepFailure(`${text} is no size`, "write it like 500MB or 20GB");
  return Number(number) * 1000 ** " KMGT".indexOf(unit.toUpperCase() || " ");
}
