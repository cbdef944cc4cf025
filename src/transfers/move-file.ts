// Moves one file that is written in one go: a small one from memory, with its checksum known before; a large one streaming
// by; and within one storage without moving bytes at all.

import type { ContentId } from "../core/content.ts";
import type { Bytes, Storage, StoredFile } from "../ports/storage.ts";
import { StorageError } from "../ports/storage.ts";
import { bytesId, createHasher, type Hasher, streamId } from "./hash-bytes.ts";
import {
  checkArrived,
  conflictAt,
  type MoveContext,
  type Moved,
  sameBytesThere,
} from "./move-context.ts";
import { USUAL_PART_BYTES } from "./part-plan.ts";
import { checkUnchanged, readInto, readSteadily } from "./read-steadily.ts";
import { TransferError } from "./transfer-failure.ts";
import type { WorkItem } from "./work-list.ts";

/** More is hashed on a thread of its own, and lies in memory that is used again. */
const MUCH_BYTES = USUAL_PART_BYTES / 2;

/** Through memory, whole. */
export async function moveWhole(item: WorkItem, context: MoveContext): Promise<Moved> {
  const { source } = item;
  if (source.sizeBytes <= MUCH_BYTES) {
    const bytes = Buffer.allocUnsafe(source.sizeBytes);
    return moveThrough(bytes, item, context, async () => bytesId(bytes));
  }
  const bytes = context.buffers.take(source.sizeBytes);
  const moved = await moveThrough(bytes, item, context, async () => {
    const hasher = context.hashes.hasher();
    await hasher.update(bytes);
    return hasher.id();
  });
  // After a failure somebody may still be sending it.
  context.buffers.give(bytes);
  return moved;
}

async function moveThrough(
  bytes: Buffer,
  item: WorkItem,
  context: MoveContext,
  idOf: () => Promise<ContentId>,
): Promise<Moved> {
  const { source } = item;
  await readInto(bytes, source, 0, context);
  await checkUnchanged(source, context.from);
  const sha256 = await idOf();
  if (source.sha256 !== null && source.sha256 !== sha256) throw wrongSource(source, context);
  const write = (storage: Storage): Promise<StoredFile> =>
    storage.write(item.to, once(bytes), {
      sizeBytes: source.sizeBytes,
      sha256,
      ifAbsent: context.refuseConflicts,
      signal: context.signal,
    });
  const stored = await writeOrFind(item, write, () => sha256, context);
  context.moved(source.sizeBytes);
  const moved = { stored, sha256 };
  await checkArrived(source, moved, context);
  return moved;
}

/** Streams by; what was sent before a broken connection is sent again. */
export async function moveStreaming(item: WorkItem, context: MoveContext): Promise<Moved> {
  const { source } = item;
  let hasher = createHasher();
  let sent = 0;
  let sourceError: unknown = null;
  async function* body(): Bytes {
    try {
      const range = { offset: 0, sizeBytes: source.sizeBytes };
      for await (const chunk of readSteadily(source, range, context)) {
        hasher.update(chunk);
        sent += chunk.byteLength;
        context.moved(chunk.byteLength);
        yield chunk;
      }
      // The last moment at which the target can still be kept from being seen.
      await checkUnchanged(source, context.from);
    } catch (error) {
      sourceError = error;
      throw error;
    }
  }
  const write = async (storage: Storage): Promise<StoredFile> => {
    context.moved(-sent);
    hasher = createHasher();
    sent = 0;
    try {
      return await storage.write(item.to, body(), {
        sizeBytes: source.sizeBytes,
        sha256: source.sha256,
        ifAbsent: context.refuseConflicts,
        signal: context.signal,
      });
    } catch (error) {
      throw sourceError === null ? error : new SourceFailed(sourceError);
    }
  };
  const idOf = memoized(() => hasher);
  const stored = await writeOrFind(item, write, idOf, context);
  const sha256 = idOf();
  if (source.sha256 !== null && source.sha256 !== sha256) throw wrongSource(source, context);
  const moved = { stored, sha256 };
  await checkArrived(source, moved, context);
  return moved;
}

function memoized(hasher: () => Hasher): () => ReturnType<Hasher["id"]> {
  let id: ReturnType<Hasher["id"]> | null = null;
  return () => {
    id ??= hasher().id();
    return id;
  };
}

/** Not of the target: no other try of the write helps. */
class SourceFailed extends Error {
  constructor(cause: unknown) {
    super("the source failed", { cause });
  }
}

/** Within one storage. */
export async function moveInPlace(item: WorkItem, context: MoveContext): Promise<Moved> {
  const { source } = item;
  const copy = (storage: Storage): Promise<StoredFile> =>
    storage.copy(source.path, item.to, { ifAbsent: context.refuseConflicts });
  const idOf = async (): Promise<Moved["sha256"]> =>
    source.sha256 ?? context.from.run(async (storage) => streamId(await storage.read(source.path)));
  const stored = await writeOrFind(item, copy, idOf, context);
  await checkUnchanged(source, context.from);
  context.moved(source.sizeBytes);
  const moved = { stored, sha256: stored.sha256 };
  await checkArrived(source, moved, context);
  return moved;
}

async function writeOrFind(
  item: WorkItem,
  write: (storage: Storage) => Promise<StoredFile>,
  sha256: () => Moved["sha256"] | Promise<Moved["sha256"]>,
  context: MoveContext,
): Promise<StoredFile> {
  let tried = 0;
  try {
    return await context.to.run((storage, tries) => {
      tried = tries;
      return write(storage);
    });
  } catch (error) {
    if (error instanceof SourceFailed) throw error.cause;
    if (!(error instanceof StorageError) || error.problem !== "exists") throw error;
    const mayBeOurs = tried > 1 || context.journal.goesOn || context.sameIsNoConflict;
    const { sizeBytes } = item.source;
    const there = mayBeOurs
      ? await sameBytesThere(item.to, { sizeBytes, sha256: await sha256() }, context)
      : null;
    if (there === null) throw conflictAt(item.to, context);
    return there;
  }
}

export function wrongSource(source: StoredFile, { from }: MoveContext): TransferError {
  return new TransferError(
    "corrupt",
    `${from.storage().address}: the bytes of ${source.path} are not those of the checksum that is kept with it`,
    "store it there anew",
  );
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}
