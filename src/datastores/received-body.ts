// The body of an SDK's answer as the bytes of a read: ends the transfer when nobody listens any more, and finds an answer
// that was cut off. Knows no SDK.

import type { Readable } from "node:stream";
import type { Bytes, StorageError } from "../ports/storage.ts";
import { NoAnswer } from "./patience.ts";
import type { About } from "./send-body.ts";

/** Nothing came for so long though it was waited for: the connection is dead, and does not say so. */
const SILENCE_MS = 120_000;

export interface Receiving {
  /** How many bytes the answer announced; null: it did not. */
  readonly sizeBytes: number | null;
  readonly signal?: AbortSignal | undefined;
  readonly problem: (error: unknown) => StorageError | Promise<StorageError>;
  /** For the error of an answer that was cut off. */
  readonly about: About;
}

export function receivedBody(stream: Readable, receiving: Receiving): Bytes {
  const { signal } = receiving;
  const heard = (): void => void stream.destroy(new Error("stopped"));
  signal?.addEventListener("abort", heard, { once: true });
  stream.once("close", () => signal?.removeEventListener("abort", heard));
  // Whoever never looks at the bytes must not end the program by an error among them.
  stream.on("error", () => {});
  return received(stream, receiving);
}

async function* received(
  stream: Readable,
  { sizeBytes, signal, problem, about }: Receiving,
): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0;
  let isWanted = true;
  const timer = setInterval(() => {
    if (isWanted && !stream.destroyed) stream.destroy(new NoAnswer(SILENCE_MS));
    isWanted = true;
  }, SILENCE_MS);
  try {
    for await (const piece of stream) {
      seen += (piece as Uint8Array).byteLength;
      isWanted = false;
      yield piece as Uint8Array;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const said = await problem(error);
    const isCut = said.problem === "unreachable" && !(error instanceof NoAnswer);
    if (isCut && sizeBytes !== null && seen < sizeBytes)
      throw about(
        "unreachable",
        `the connection broke off when ${seen} of ${sizeBytes} bytes had come. Try again`,
      );
    throw said;
  } finally {
    clearInterval(timer);
  }
  if (sizeBytes !== null && seen !== sizeBytes)
    throw about("unreachable", `only ${seen} of ${sizeBytes} bytes came. Try again`);
}

/** Fills `into`, which has room for all of them. How many came. */
export async function fillFrom(bytes: Bytes, into: Uint8Array): Promise<number> {
  let filled = 0;
  for await (const piece of bytes) {
    into.set(piece, filled);
    filled += piece.byteLength;
  }
  return filled;
}
