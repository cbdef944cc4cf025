// The directory of a zip archive: what it says of each entry, as it is written. Refuses entries that share bytes, by which small
// archives become large ones.

import fs from "node:fs";
import { shownName } from "../../src/transfers/entry-names.ts";
import { refused } from "./landing.ts";

export interface ZipEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
  readonly isExecutable: boolean;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly size: number;
  readonly packedSize: number;
  readonly checksum: number;
  /** Of its own header. */
  readonly offset: number;
}

/** The end's own 22 bytes, and the longest comment behind them. */
const LONGEST_END = 22 + 0xffff;
/** About a million names. */
const MOST_DIRECTORY_BYTES = 512 << 20;
const ZIP64 = 0xffffffff;

export function zipEntries(handle: number): readonly ZipEntry[] {
  const { size } = fs.fstatSync(handle);
  const { at, length } = directoryPlace(handle, size);
  if (length > MOST_DIRECTORY_BYTES || at + length > size) throw broken();
  const bytes = readAt(handle, at, length);
  const entries: ZipEntry[] = [];
  for (let from = 0; from + 46 <= bytes.length; ) {
    if (bytes.readUInt32LE(from) !== 0x02014b50) throw broken();
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      bytes.readUInt16LE(from + field),
    ) as [number, number, number];
    const end = from + 46 + nameLength + extraLength + commentLength;
    if (end > bytes.length) throw broken();
    entries.push(entryAt(bytes, from, nameLength, extraLength));
    from = end;
  }
  refuseShared(entries);
  return entries;
}

function directoryPlace(
  handle: number,
  size: number,
): { readonly at: number; readonly length: number } {
  const tail = readAt(handle, Math.max(0, size - LONGEST_END), Math.min(size, LONGEST_END));
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > tail.length) throw broken();
  const at = tail.readUInt32LE(end + 16);
  if (at !== ZIP64 && tail.readUInt16LE(end + 10) !== 0xffff)
    return { at, length: tail.readUInt32LE(end + 12) };
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50)
    return { at, length: tail.readUInt32LE(end + 12) };
  const far = readAt(handle, Number(tail.readBigUInt64LE(locator + 8)), 56);
  if (far.length < 56 || far.readUInt32LE(0) !== 0x06064b50) throw broken();
  return { at: Number(far.readBigUInt64LE(48)), length: Number(far.readBigUInt64LE(40)) };
}

function entryAt(bytes: Buffer, from: number, nameLength: number, extraLength: number): ZipEntry {
  const flags = bytes.readUInt16LE(from + 8);
  const raw = bytes.subarray(from + 46, from + 46 + nameLength);
  const name = raw.toString("utf8").replaceAll("\\", "/");
  const extra = bytes.subarray(from + 46 + nameLength, from + 46 + nameLength + extraLength);
  const [packed, plain, offset] = [20, 24, 42].map((field) => bytes.readUInt32LE(from + field)) as [
    number,
    number,
    number,
  ];
  const long = longNumbers(extra);
  const take = (short: number): number => (short === ZIP64 ? Number(long.shift() ?? 0n) : short);
  const size = take(plain);
  const packedSize = take(packed);
  const isUnix = bytes[from + 5] === 3 || bytes[from + 5] === 19;
  const mode = isUnix ? bytes.readUInt32LE(from + 38) >>> 16 : 0;
  return {
    name,
    kind: name.endsWith("/") ? "folder" : kindOf(mode & 0o170000),
    isExecutable: (mode & 0o100) !== 0,
    isEncrypted: (flags & 1) !== 0,
    method: bytes.readUInt16LE(from + 10),
    size,
    packedSize,
    checksum: bytes.readUInt32LE(from + 16),
    offset: take(offset),
  };
}

function kindOf(type: number): ZipEntry["kind"] {
  if (type === 0 || type === 0o100000) return "file";
  if (type === 0o040000) return "folder";
  return type === 0o120000 ? "link" : "other";
}

/** In the order: size, packed size, offset; each only where the short field has no room. */
function longNumbers(extra: Buffer): bigint[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      const body = extra.subarray(at + 4, at + 4 + length);
      return Array.from({ length: Math.floor(body.length / 8) }, (_, index) =>
        body.readBigUInt64LE(index * 8),
      );
    }
    at += 4 + length;
  }
  return [];
}

function refuseShared(entries: readonly ZipEntry[]): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < end)
      throw refused(`${shownName(entry.name)} shares its bytes with another entry`);
    end = entry.offset + 30 + entry.packedSize;
  }
}

function readAt(handle: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fs.readSync(handle, bytes, 0, length, at));
}

function broken(): Error {
  return refused(
    "the archive is no zip, or it is damaged or cut short",
    "fetch it again, and check its size or SHA-256",
  );
}
