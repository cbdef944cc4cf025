// Bytes as text, piece by piece: by the encoding that is given, else by the mark at the beginning, else UTF-8 where it is
// that. Knows nothing of what the text says.

import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { TextEncoding } from "../spec/mltable/mltable.ts";
import type { ByteSource } from "./byte-source.ts";
import type { Findings } from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

const LABELS: Readonly<Record<TextEncoding, string>> = {
  utf8: "utf-8",
  utf8bom: "utf-8",
  ascii: "utf-8",
  utf16: "utf-16le",
  iso88591: "latin1",
  latin1: "latin1",
  windows1252: "windows-1252",
};

const GZIP = [0x1f, 0x8b];

/** Letters in one piece are few: about those of 256 kB. */
export async function* decodedText(
  source: ByteSource,
  encoding: TextEncoding | null,
  findings: Findings,
): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  for await (const piece of longFirst(unpacked(source))) {
    decoder ??= new TextDecoder(encodingOf(piece, encoding, findings));
    const text = decoder.decode(piece, { stream: true });
    if (text !== "") yield text;
  }
  const rest = decoder?.decode() ?? "";
  if (rest !== "") yield rest;
}

const HEAD_BYTES = 1 << 16;

/** The first piece is long enough to tell by. */
async function* longFirst(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array[] | null = [];
  let bytes = 0;
  for await (const piece of pieces) {
    if (head === null) {
      yield piece;
      continue;
    }
    head.push(piece);
    bytes += piece.length;
    if (bytes < HEAD_BYTES) continue;
    yield Buffer.concat(head);
    head = null;
  }
  if (head !== null && bytes > 0) yield Buffer.concat(head);
}

async function* unpacked(source: ByteSource): AsyncGenerator<Uint8Array> {
  const pieces = source.stream()[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done === true) return;
  const all = rejoined(first.value, pieces);
  if (!GZIP.every((byte, at) => first.value[at] === byte)) return yield* all;
  const gunzip = Readable.from(all).on("error", (error) => gunzip.destroy(error));
  try {
    yield* gunzip.pipe(createGunzip());
  } catch (error) {
    throw new UnreadableTable(`${source.name} cannot be unpacked: ${(error as Error).message}`);
  }
}

async function* rejoined(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next())
      yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** The beginning is enough to tell: what is no UTF-8 there is the old encoding of Windows, which takes every byte. */
function encodingOf(head: Uint8Array, encoding: TextEncoding | null, findings: Findings): string {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (encoding !== null) return LABELS[encoding];
  if (isUtf8(head)) return "utf-8";
  findings.add("the text is no UTF-8; it was read as Windows-1252");
  return "windows-1252";
}

/** A letter that is cut off at the end does not count against it. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
