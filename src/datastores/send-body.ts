// Runs the sending of a body and says in the end what is to be thrown: an error of the body itself, the reason why it is
// no longer wanted, or what the storage's own error means. Also cuts a body into pieces of a size. Knows no vendor.

import type { Bytes, StorageError, StorageProblem, WriteOptions } from "../ports/storage.ts";
import { exactBody } from "./exact-body.ts";

/** Makes an error about one path. */
export type About = (problem: StorageProblem, says: string) => StorageError;

export interface Sending<T> {
  /** For the error of a body that is not as announced. */
  readonly about: About;
  /** What an error of the vendor means. */
  readonly problem: (error: unknown) => StorageError | Promise<StorageError>;
  readonly send: (bytes: Bytes) => Promise<T>;
}

export async function sendBody<T>(
  body: Bytes,
  options: WriteOptions,
  { about, problem, send }: Sending<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const exact = exactBody(body, options, about);
  try {
    return await send(exact.bytes);
  } catch (error) {
    const failure = exact.failure();
    if (failure !== null) throw failure.error;
    options.signal?.throwIfAborted();
    throw await problem(error);
  }
}

/** The same bytes in pieces of that size, but for the last. Holds one piece at a time; an empty body is one empty piece. */
export async function* inPieces(
  bytes: Bytes,
  pieceBytes: number,
  sizeBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = sizeBytes;
  let piece = Buffer.allocUnsafe(Math.min(pieceBytes, left));
  let filled = 0;
  for await (const some of bytes)
    for (let at = 0; at < some.byteLength; ) {
      const taken = Math.min(some.byteLength - at, piece.byteLength - filled);
      piece.set(some.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < piece.byteLength) continue;
      left -= filled;
      yield piece;
      piece = Buffer.allocUnsafe(Math.min(pieceBytes, left));
      filled = 0;
    }
  if (sizeBytes === 0) yield piece;
}

/** All of a body that is small enough to be held; one that is a single piece is not copied. */
export async function wholeBody(bytes: Bytes): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
}
