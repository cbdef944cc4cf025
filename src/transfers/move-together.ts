// Moves several small files with one call to the target: read side by side, hashed, and written together; or copied together
// within one storage. What could not be moved so is left to be moved by itself.

import type { ContentId } from "../core/content.ts";
import type { DoneTogether, StoredFile } from "../ports/storage.ts";
import { StorageError } from "../ports/storage.ts";
import { bytesId } from "./hash-bytes.ts";
import { checkArrived, type MoveContext, type Moved } from "./move-context.ts";
import { wrongSource } from "./move-file.ts";
import { checkUnchanged, readInto } from "./read-steadily.ts";
import type { WorkItem } from "./work-list.ts";

/** Of a file that costs more to make than to fill. */
const SMALL_BYTES = 64 << 10;

export function canMoveTogether(item: WorkItem, context: MoveContext): boolean {
  const { writeTogether, copyTogether } = context.to.storage();
  const way = isInPlace(context) ? copyTogether : writeTogether;
  return way !== undefined && item.source.sizeBytes <= SMALL_BYTES;
}

export interface Together {
  /** Those that arrived. */
  readonly moved: ReadonlyMap<WorkItem, Moved>;
  /** Of a source that cannot be read: no other try helps. */
  readonly failure: { readonly error: unknown } | null;
}

export async function moveTogether(
  items: readonly WorkItem[],
  context: MoveContext,
): Promise<Together> {
  const options = { ifAbsent: context.refuseConflicts, signal: context.signal };
  const storage = context.to.storage();
  const moved = new Map<WorkItem, Moved>();
  const arrived = async (item: WorkItem, done: DoneTogether, sha256: Moved["sha256"]) => {
    const stored = done.get(item.to);
    if (stored === undefined) return;
    await checkArrived(item.source, { stored, sha256 }, context);
    context.moved(item.source.sizeBytes);
    moved.set(item, { stored, sha256 });
  };
  if (isInPlace(context)) {
    const copies = items.map(({ source, to }) => ({ from: source, to }));
    const done = await orNone(storage.copyTogether?.(copies, options), context);
    await Promise.all(items.map((item) => arrived(item, done, null)));
    return { moved, failure: null };
  }
  const read = await readAll(items, context);
  const done = await orNone(storage.writeTogether?.(read.files, options), context);
  await Promise.all(read.files.map(({ item, sha256 }) => arrived(item, done, sha256)));
  return { moved, failure: read.failure };
}

interface ReadFile {
  readonly item: WorkItem;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly sha256: ContentId;
}

/** Those that could be read until one could not. */
async function readAll(
  items: readonly WorkItem[],
  context: MoveContext,
): Promise<{ readonly files: readonly ReadFile[]; readonly failure: Together["failure"] }> {
  const memory = new SharedArrayBuffer(
    items.reduce((sum, { source }) => sum + source.sizeBytes, 0),
  );
  const files: ReadFile[] = [];
  let failure: Together["failure"] = null;
  let at = 0;
  await Promise.all(
    items.map(async (item) => {
      const bytes = new Uint8Array(memory, at, item.source.sizeBytes);
      at += bytes.byteLength;
      const release = await context.slots.take(bytes.byteLength);
      try {
        if (failure !== null) return;
        context.signal.throwIfAborted();
        const sha256 = await readWhole(item.source, bytes, context);
        files.push({ item, path: item.to, bytes, sha256 });
      } catch (error) {
        failure ??= { error };
      } finally {
        release();
      }
    }),
  );
  return { files, failure };
}

function isInPlace({ from, to }: MoveContext): boolean {
  return from.storage() === to.storage() && to.storage().capabilities.copiesInPlace;
}

async function readWhole(
  source: StoredFile,
  bytes: Uint8Array,
  context: MoveContext,
): Promise<ContentId> {
  await readInto(bytes, source, 0, context);
  await checkUnchanged(source, context.from);
  const sha256 = bytesId(bytes);
  if (source.sha256 !== null && source.sha256 !== sha256) throw wrongSource(source, context);
  return sha256;
}

/** Where nothing could be done, each by itself says why, and may be tried again. */
async function orNone(
  doing: Promise<DoneTogether> | undefined,
  { signal }: MoveContext,
): Promise<DoneTogether> {
  try {
    return (await doing) ?? new Map();
  } catch (error) {
    if (signal.aborted || !(error instanceof StorageError)) throw error;
    return new Map();
  }
}
