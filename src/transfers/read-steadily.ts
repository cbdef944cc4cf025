// The bytes of a source file from one place to another, whatever happens on the way: a read that breaks off goes on where
// it was. Knows the size that was promised, and says so when there is less.

import type { Bytes, StoredFile } from "../ports/storage.ts";
import type { OpenEnd } from "./transfer-end.ts";
import { TransferError } from "./transfer-failure.ts";

export interface ReadContext {
  readonly from: OpenEnd;
  readonly signal: AbortSignal;
  /** Resolves when so many bytes may be taken. Null: at any time. */
  readonly limit: ((bytes: number) => Promise<void>) | null;
}

export interface ByteRange {
  readonly offset: number;
  readonly sizeBytes: number;
}

export async function* readSteadily(
  file: StoredFile,
  range: ByteRange,
  { from, signal, limit }: ReadContext,
): Bytes {
  const end = range.offset + range.sizeBytes;
  let at = range.offset;
  let tries = 0;
  while (at < end) {
    const began = at;
    const storage = from.storage();
    try {
      const body = await storage.read(file.path, {
        offset: at,
        length: end - at,
        version: file.version,
        signal,
      });
      for await (const chunk of body) {
        if (at + chunk.byteLength > end) throw changed(storage.address, file);
        at += chunk.byteLength;
        tries = 0;
        await limit?.(chunk.byteLength);
        yield chunk;
      }
      if (at === began) throw changed(storage.address, file);
    } catch (error) {
      tries += 1;
      await from.recover(storage, error, tries);
    }
  }
}

/** Fills `buffer`, which is as long as the range. */
export async function readInto(
  buffer: Uint8Array,
  file: StoredFile,
  offset: number,
  context: ReadContext,
): Promise<void> {
  if (context.limit === null && context.from.storage().readInto !== undefined)
    return readStraight(buffer, file, offset, context);
  let at = 0;
  const range = { offset, sizeBytes: buffer.byteLength };
  for await (const chunk of readSteadily(file, range, context)) {
    buffer.set(chunk, at);
    at += chunk.byteLength;
  }
}

/** Without a stop on the way to their place. */
async function readStraight(
  buffer: Uint8Array,
  file: StoredFile,
  offset: number,
  { from, signal }: ReadContext,
): Promise<void> {
  const { path, version } = file;
  let tries = 0;
  for (let at = 0; at < buffer.byteLength; ) {
    const storage = from.storage();
    try {
      const options = { offset: offset + at, version, signal };
      const count = (await storage.readInto?.(path, buffer.subarray(at), options)) ?? 0;
      if (count === 0) throw changed(storage.address, file);
      at += count;
      tries = 0;
    } catch (error) {
      tries += 1;
      await from.recover(storage, error, tries);
    }
  }
}

/** Where a storage has no versions, size and time before and after are what tells. */
export async function checkUnchanged(file: StoredFile, from: OpenEnd): Promise<void> {
  if (file.version !== null) return;
  const now = await from.run((storage) => storage.stat(file.path));
  const same =
    now !== null && now.sizeBytes === file.sizeBytes && now.modifiedAt === file.modifiedAt;
  if (!same) throw changed(from.storage().address, file);
}

function changed(address: string, file: StoredFile): TransferError {
  return new TransferError(
    "changed_while_read",
    `${address}: ${file.path} changed while it was read; it had ${file.sizeBytes} bytes`,
  );
}
