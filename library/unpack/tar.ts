// Reads tar archives as a stream: ustar, with the longer names and sizes of pax and GNU. What is no file, folder or link is
// told to the landing, which refuses it.

import { type Landing, refused } from "./landing.ts";

const BLOCK = 512;
/** A longer header is no name. */
const MOST_HEADER_BYTES = 1 << 20;
/** Behind the end of a tar lie empty blocks; what is longer is not looked at. */
const MOST_TRAILING_BYTES = 64 << 20;

export async function unpackTar(source: AsyncIterable<Buffer>, landing: Landing): Promise<void> {
  const bytes = new ByteReader(source);
  try {
    await unpackEntries(bytes, landing);
    // A checksum of what was unpacked stands behind it.
    await bytes.skip(MOST_TRAILING_BYTES);
  } finally {
    await bytes.close();
  }
}

async function unpackEntries(bytes: ByteReader, landing: Landing): Promise<void> {
  let more = new Map<string, string>();
  const always = new Map<string, string>();
  for (let count = 0; ; count += 1) {
    const block = await bytes.take(BLOCK);
    // Two empty blocks end it; some tools leave them out.
    if (block.length === 0 && count > 0) return;
    if (block.length === BLOCK && block.every((byte) => byte === 0)) return;
    if (block.length < BLOCK || !hasRightSum(block))
      throw refused(
        count === 0 ? "the archive is no tar" : "the archive is damaged or cut short",
        "fetch it again, and check its size or SHA-256",
      );
    const entry = entryOf(block, new Map([...always, ...more]));
    const { type } = entry;
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      const text = await header(bytes, entry.size);
      if (type === "g") for (const [key, value] of paxRecords(text)) always.set(key, value);
      else if (type === "x") for (const [key, value] of paxRecords(text)) more.set(key, value);
      else more.set(type === "L" ? "path" : "linkpath", utf8(text).replace(/\0.*$/s, ""));
      continue;
    }
    more = new Map();
    await land(entry, bytes, landing);
  }
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly linkName: string;
  readonly isExecutable: boolean;
}

async function land(entry: Entry, bytes: ByteReader, landing: Landing): Promise<void> {
  const { name, type, size, linkName, isExecutable } = entry;
  switch (type) {
    case "0":
    case "\0":
    case "7":
      if (name.endsWith("/")) return landing.folder(name);
      return landFile(name, isExecutable, size, bytes, landing);
    case "1":
      return landing.copy(name, linkName);
    case "2":
      return landing.link(name, linkName);
    case "5":
      await bytes.skip(padded(size));
      return landing.folder(name);
    default:
      return landing.other(name, OTHERS[type] ?? "of a kind that is neither file, folder nor link");
  }
}

const OTHERS: Readonly<Record<string, string>> = {
  "3": "a device",
  "4": "a device",
  "6": "a named pipe",
  S: "a file with holes in GNU's own form (pack it without --sparse)",
};

async function landFile(
  name: string,
  isExecutable: boolean,
  size: number,
  bytes: ByteReader,
  landing: Landing,
): Promise<void> {
  const file = landing.file(name, isExecutable);
  try {
    for (let left = size; left > 0; ) {
      const chunk = await bytes.some(left);
      if (chunk === null)
        throw refused(
          `the archive is cut short in ${JSON.stringify(name)}`,
          "fetch it again, and check its size or SHA-256",
        );
      file?.write(chunk);
      left -= chunk.length;
    }
  } finally {
    file?.close();
  }
  await bytes.skip(padded(size) - size);
}

function entryOf(block: Buffer, more: ReadonlyMap<string, string>): Entry {
  const prefix = block.toString("latin1", 257, 262) === "ustar" ? field(block, 345, 155) : "";
  const short = field(block, 0, 100);
  const size = more.get("size");
  return {
    name: more.get("path") ?? (prefix === "" ? short : `${prefix}/${short}`),
    type: String.fromCharCode(block[156] ?? 0),
    size: size === undefined ? numberAt(block, 124) : Number(size),
    linkName: more.get("linkpath") ?? field(block, 157, 100),
    isExecutable: (numberAt(block, 100, 8) & 0o100) !== 0,
  };
}

function field(block: Buffer, at: number, length: number): string {
  const bytes = block.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return utf8(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A name of other letters than UTF-8 keeps a mark that is refused by name. */
function utf8(bytes: Buffer): string {
  return bytes.toString("utf8");
}

function numberAt(block: Buffer, at: number, length = 12): number {
  // GNU writes large numbers in binary.
  if (((block[at] ?? 0) & 0x80) !== 0) return block.readUIntBE(at + length - 6, 6);
  const text = block.toString("latin1", at, at + length).replace(/[\0 ].*$/s, "") || "0";
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0;
}

function hasRightSum(block: Buffer): boolean {
  let sum = 8 * 0x20;
  for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte;
  const text = block
    .toString("latin1", 148, 156)
    .trim()
    .replace(/[\0 ].*$/s, "");
  return Number.parseInt(text, 8) === sum;
}

async function header(bytes: ByteReader, size: number): Promise<Buffer> {
  if (size > MOST_HEADER_BYTES) throw refused("the archive has a header of more than 1 MB");
  const text = await bytes.take(size);
  await bytes.skip(padded(size) - size);
  return text;
}

/** `LENGTH KEY=VALUE\n`, the length counting all of it. */
function paxRecords(bytes: Buffer): readonly (readonly [string, string])[] {
  const records: (readonly [string, string])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("latin1", at, blank < 0 ? at : blank));
    if (!(length > 0) || at + length > bytes.length)
      throw refused("the archive has a damaged header");
    const text = utf8(bytes.subarray(blank + 1, at + length - 1));
    const equals = text.indexOf("=");
    records.push([text.slice(0, equals), text.slice(equals + 1)]);
    at += length;
  }
  return records;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** Bytes in the portions that are asked for. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** At least one byte and at most `most`; null at the end. */
  async some(most: number): Promise<Buffer | null> {
    if (this.#rest.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return null;
      this.#rest = next.value as Buffer<ArrayBuffer>;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Fewer only at the end. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      if (part === null) break;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      if (part === null) return;
      left -= part.length;
    }
  }
}
