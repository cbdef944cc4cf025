// One file as readers of tables see it: its size, any range of it, all of it in pieces. It lies in a folder of this machine
// or in a storage; counts the bytes that were asked for, so that a look at a large file stays one.

import fs from "node:fs";
import { readBytes } from "../ports/read-file.ts";
import type { Storage, StoredFile } from "../ports/storage.ts";
import { UnreadableTable } from "./unreadable-table.ts";

export interface ByteSource {
  /** For messages, and what its format is told by. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Fewer bytes where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  stream(): AsyncIterable<Uint8Array>;
  /** So far. */
  bytesRead(): number;
}

/** No reader needs more of a file in one piece; a file that says so is not believed. */
const MOST_AT_ONCE = 1 << 30;

export function storageSource(storage: Storage, file: StoredFile, name: string): ByteSource {
  const { path, version, sizeBytes } = file;
  return counted({ name, sizeBytes }, (offset, length) =>
    lazily(() => storage.read(path, { offset, version, ...(length === null ? {} : { length }) })),
  );
}

/** The path must lead to a file: pipes and devices are refused, as reading them may never end. */
export function localSource(path: string, name: string): ByteSource {
  const stat = fs.statSync(path);
  if (!stat.isFile()) throw new UnreadableTable(`${name} is neither a file nor a folder`);
  try {
    fs.accessSync(path, fs.constants.R_OK);
  } catch {
    throw new UnreadableTable(`${path} cannot be read: permission denied`);
  }
  return counted({ name, sizeBytes: stat.size }, (start, length) =>
    length === null && stat.size <= PIECE
      ? inOnePiece(path)
      : fs.createReadStream(path, {
          start,
          highWaterMark: PIECE,
          ...(length === null ? {} : { end: start + length - 1 }),
        }),
  );
}

const PIECE = 1 << 18;

/** A stream has a buffer of a whole piece: of the twenty thousand files of a folder that takes longer than their bytes. */
async function* inOnePiece(path: string): AsyncGenerator<Uint8Array> {
  const bytes = readBytes(path);
  if (bytes.length > 0) yield bytes;
}

type ReadFrom = (offset: number, length: number | null) => AsyncIterable<Uint8Array>;

function counted(of: Pick<ByteSource, "name" | "sizeBytes">, from: ReadFrom): ByteSource {
  let total = 0;
  async function* pieces(offset: number, length: number | null): AsyncGenerator<Uint8Array> {
    for await (const piece of from(offset, length)) {
      total += piece.length;
      yield piece;
    }
  }
  return {
    ...of,
    bytesRead: () => total,
    stream: () => pieces(0, null),
    async read(offset, wanted) {
      const length = Math.min(wanted, Math.max(0, of.sizeBytes - offset));
      if (length > MOST_AT_ONCE)
        throw new UnreadableTable(`${of.name} has a part of ${length} bytes; that is too large`);
      const bytes = new Uint8Array(length);
      let at = 0;
      if (length > 0)
        for await (const piece of pieces(offset, length)) {
          bytes.set(piece.subarray(0, length - at), at);
          at += piece.length;
          if (at >= length) break;
        }
      return at >= length ? bytes : bytes.slice(0, at);
    },
  };
}

async function* lazily(
  start: () => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  yield* await start();
}
