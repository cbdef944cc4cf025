// Holds a body to its announced length and checksum while it is sent: the last piece leaves only when both are right, so
// no storage ever holds all bytes of a wrong body. Knows no storage.

import { createHash } from "node:crypto";
import type { ContentId } from "../core/content.ts";
import type { Bytes, StorageError, StorageProblem } from "../ports/storage.ts";

export interface ExactBody {
  readonly bytes: Bytes;
  /** What ended it early, if anything did: the body's own error or one about it, which is what `write` must throw. */
  failure(): { readonly error: unknown } | null;
}

export interface Expected {
  readonly sizeBytes: number;
  /** Null: only the length is checked. */
  readonly sha256: ContentId | null;
  readonly signal?: AbortSignal | undefined;
}

export function exactBody(
  body: Bytes,
  expected: Expected,
  mismatch: (problem: StorageProblem, says: string) => StorageError,
): ExactBody {
  let failed: { readonly error: unknown } | null = null;
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* checked(untilAborted(body, expected.signal), expected, mismatch);
    } catch (error) {
      failed = { error };
      throw error;
    }
  }
  return { bytes: bytes(), failure: () => failed };
}

async function* checked(
  body: Bytes,
  { sizeBytes, sha256 }: Expected,
  mismatch: (problem: StorageProblem, says: string) => StorageError,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = sha256 === null ? null : createHash("sha256");
  let seen = 0;
  let held: Uint8Array | null = null;
  for await (const piece of body) {
    if (piece.byteLength === 0) continue;
    seen += piece.byteLength;
    if (seen > sizeBytes)
      throw mismatch("corrupt", `more than the ${sizeBytes} bytes came that were announced`);
    hash?.update(piece);
    if (held !== null) yield held;
    held = piece;
  }
  if (seen !== sizeBytes)
    throw mismatch("corrupt", `${seen} bytes came where ${sizeBytes} were announced`);
  const found = hash === null ? sha256 : `sha256:${hash.digest("hex")}`;
  if (found !== sha256)
    throw mismatch("corrupt", `the bytes that came are ${found}, and ${sha256} was announced`);
  if (held !== null) yield held;
}

/** The same bytes; throws the signal's reason as soon as it is aborted, also while the next piece is waited for. */
export async function* untilAborted(
  bytes: Bytes,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal === undefined) return yield* bytes;
  const iterator = bytes[Symbol.asyncIterator]();
  let stop: (reason: unknown) => void = () => {};
  const heard = (): void => stop(signal.reason);
  signal.addEventListener("abort", heard, { once: true });
  let isDone = false;
  try {
    while (true) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = reject;
        iterator.next().then(resolve, reject);
      });
      isDone = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", heard);
    if (!isDone) void iterator.return?.()?.then(undefined, () => {});
  }
}
