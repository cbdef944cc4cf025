// Reads zip archives by their directory at the end, which alone says what is in them: stored and deflated entries, also
// beyond 4 GiB. Encrypted ones, and entries that share bytes, are refused.

import fs from "node:fs";
import zlib from "node:zlib";
import { shownName } from "../../src/transfers/entry-names.ts";
import { type Landing, refused } from "./landing.ts";
import { type ZipEntry, zipEntries } from "./zip-directory.ts";

const CHUNK = 1 << 20;

export async function unpackZip(archive: string, landing: Landing): Promise<void> {
  const handle = fs.openSync(archive, "r");
  try {
    for (const entry of zipEntries(handle)) await land(handle, archive, entry, landing);
  } finally {
    fs.closeSync(handle);
  }
}

async function land(
  handle: number,
  archive: string,
  entry: ZipEntry,
  landing: Landing,
): Promise<void> {
  const { name, kind } = entry;
  if (kind === "folder") return landing.folder(name);
  if (kind === "other") return landing.other(name, "a device or a named pipe");
  if (entry.isEncrypted)
    throw refused(
      `${shownName(name)} is encrypted`,
      "unpack it in a step of your own, with its password",
    );
  if (entry.method !== 0 && entry.method !== 8)
    throw refused(
      `${shownName(name)} is compressed by method ${entry.method}, which this component does not read`,
      "pack it again with deflate (zip's default)",
    );
  if (kind === "link") {
    const parts: Uint8Array[] = [];
    await content(handle, archive, entry, (bytes) => parts.push(bytes));
    return landing.link(name, Buffer.concat(parts).toString("utf8"));
  }
  const file = landing.file(name, entry.isExecutable);
  try {
    await content(handle, archive, entry, (bytes) => file?.write(bytes));
  } finally {
    file?.close();
  }
}

async function content(
  handle: number,
  archive: string,
  entry: ZipEntry,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  const { name, size, packedSize, checksum, method } = entry;
  const start = dataStart(handle, entry);
  let [left, sum] = [size, 0];
  const check = (bytes: Buffer): void => {
    left -= bytes.length;
    if (left < 0) throw refused(`${shownName(name)} is longer than the archive says`);
    sum = zlib.crc32(bytes, sum);
    take(bytes);
  };
  try {
    if (packedSize > 0) {
      const end = start + packedSize - 1;
      const packed = fs.createReadStream(archive, { start, end, highWaterMark: CHUNK });
      const stream = method === 0 ? packed : packed.pipe(zlib.createInflateRaw());
      packed.on("error", (error) => stream.destroy(error));
      for await (const bytes of stream as AsyncIterable<Buffer>) check(bytes);
    }
  } catch (error) {
    if (!((error as NodeJS.ErrnoException).code ?? "").startsWith("Z_")) throw error;
    throw damaged(name);
  }
  if (left !== 0 || sum !== checksum) throw damaged(name);
}

function damaged(name: string): Error {
  return refused(
    `${shownName(name)} is damaged in the archive`,
    "fetch the archive again, and check its size or SHA-256",
  );
}

/** Behind the entry's own header, whose name and extras may be longer than those of the directory. */
function dataStart(handle: number, { offset, name }: ZipEntry): number {
  const head = Buffer.alloc(30);
  const read = fs.readSync(handle, head, 0, head.length, offset);
  if (read < head.length || head.readUInt32LE(0) !== 0x04034b50) throw damaged(name);
  return offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
}
