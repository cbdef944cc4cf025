// Moves one large file in parts, several at once, and goes on with an upload that an earlier process began. The bytes are
// hashed in order while the parts go out in any.

import type { PendingUpload, StoredFile, UploadedPart } from "../ports/storage.ts";
import { StorageError } from "../ports/storage.ts";
import type { ThreadHasher } from "./hash-thread.ts";
import {
  checkArrived,
  conflictAt,
  type MoveContext,
  type Moved,
  sameBytesThere,
} from "./move-context.ts";
import { wrongSource } from "./move-file.ts";
import { arrived, type Part, partsOf } from "./part-plan.ts";
import { checkUnchanged, readInto } from "./read-steadily.ts";
import type { StartedUpload } from "./transfer-journal.ts";
import type { WorkItem } from "./work-list.ts";

export async function moveInParts(
  item: WorkItem,
  partBytes: number,
  context: MoveContext,
): Promise<Moved> {
  const begun = await goOnOrStart(item, partBytes, context);
  if ("stored" in begun) return begun;
  const { upload, parts } = begun;
  const hasher = parts.size === 0 ? context.hashes.hasher() : null;
  await sendParts(item.source, { upload, parts, hasher }, context);
  await checkUnchanged(item.source, context.from);
  const sha256 = (await hasher?.id()) ?? null;
  if (item.source.sha256 !== null && sha256 !== null && item.source.sha256 !== sha256) {
    await context.to.run((storage) => storage.abandonUpload(upload));
    context.journal.abandoned(upload);
    throw wrongSource(item.source, context);
  }
  const known = { ...item.source, sha256: sha256 ?? item.source.sha256 };
  const stored = await finish({ ...item, source: known }, upload, parts, context);
  const moved = { stored, sha256: known.sha256 };
  await checkArrived(item.source, moved, context);
  return moved;
}

interface Begun {
  readonly upload: PendingUpload;
  /** Those that are there; the rest is added as it arrives. */
  readonly parts: Map<number, UploadedPart>;
}

async function goOnOrStart(
  item: WorkItem,
  partBytes: number,
  context: MoveContext,
): Promise<Begun | Moved> {
  const earlier = context.journal.pending.get(item.to);
  if (earlier !== undefined) {
    context.journal.pending.delete(item.to);
    const going = await goOn(item, earlier, context);
    if (going !== null) return going;
  }
  const { sizeBytes, sha256 } = item.source;
  const upload = await context.to.run((storage) =>
    storage.startUpload(item.to, { sizeBytes, sha256, partBytes }),
  );
  await context.journal.started({
    upload,
    source: stateOf(item.source),
    before: item.target === null ? null : stateOf(item.target),
  });
  return { upload, parts: new Map() };
}

/** Null: it cannot go on, and nothing is left of it. */
async function goOn(
  item: WorkItem,
  earlier: StartedUpload,
  context: MoveContext,
): Promise<Begun | Moved | null> {
  const { upload, source, before } = earlier;
  if (isSame(source, item.source)) {
    const there = await context.to.run((storage) => storage.uploadedParts(upload));
    const parts = arrived(upload, there ?? []);
    // One of which nothing arrived is begun anew: a storage may take it for forgotten.
    if (parts.size > 0) {
      for (const part of parts.values()) context.there(part.sizeBytes);
      return { upload, parts };
    }
    // The storage knows it no more, and another file than before is there: it was finished.
    const { target } = item;
    const isNew = there === null && target !== null && (before === null || !isSame(before, target));
    if (isNew && target.sizeBytes === upload.sizeBytes) {
      context.there(upload.sizeBytes);
      return { stored: target, sha256: item.source.sha256 };
    }
  }
  await context.to.run((storage) => storage.abandonUpload(upload));
  context.journal.abandoned(upload);
  return null;
}

function stateOf({ sizeBytes, modifiedAt, version }: StoredFile): StartedUpload["source"] {
  return { sizeBytes, modifiedAt, version };
}

function isSame(one: StartedUpload["source"], other: StartedUpload["source"]): boolean {
  return (
    one.sizeBytes === other.sizeBytes &&
    one.version === other.version &&
    (one.version !== null || one.modifiedAt === other.modifiedAt)
  );
}

/** Parts start in order, so that the one whose bytes are hashed next is always under way. */
async function sendParts(
  source: StoredFile,
  { upload, parts, hasher }: Begun & { readonly hasher: ThreadHasher | null },
  context: MoveContext,
): Promise<void> {
  const { slots, signal } = context;
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let hashed: Promise<unknown> = Promise.resolve();

  async function send(part: Part, before: Promise<unknown>, wasHashed: () => void): Promise<void> {
    const bytes = context.buffers.take(part.sizeBytes);
    await readInto(bytes, source, part.offset, context);
    const hashing = before.then(() => {
      const updated = hasher?.update(bytes);
      wasHashed();
      return updated;
    });
    // Whatever it is, the upload below may fail first.
    hashing.catch(() => undefined);
    const done = await context.to.run((storage) =>
      storage.uploadPart(upload, part.number, bytes, signal),
    );
    parts.set(part.number, done);
    context.moved(part.sizeBytes);
    await hashing;
    context.buffers.give(bytes);
  }

  for (const part of partsOf(upload)) {
    if (parts.has(part.number)) continue;
    const release = await slots.take(part.sizeBytes);
    if (failures.length > 0 || signal.aborted) {
      release();
      break;
    }
    const before = hashed;
    let wasHashed = (): void => undefined;
    hashed = new Promise<void>((resolve) => {
      wasHashed = resolve;
    });
    const task = send(part, before, wasHashed)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => {
        // Also after a failure, so that nobody waits for it.
        wasHashed();
        release();
        running.delete(task);
      });
    running.add(task);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  signal.throwIfAborted();
}

async function finish(
  item: WorkItem,
  upload: PendingUpload,
  parts: ReadonlyMap<number, UploadedPart>,
  context: MoveContext,
): Promise<StoredFile> {
  const inOrder = [...parts.values()].sort((one, two) => one.number - two.number);
  let tried = 0;
  try {
    return await context.to.run((storage, tries) => {
      tried = tries;
      return storage.finishUpload(upload, inOrder, { ifAbsent: context.refuseConflicts });
    });
  } catch (error) {
    const answerWasLost =
      tried > 1 && error instanceof StorageError && ["exists", "not_found"].includes(error.problem);
    const isThere = error instanceof StorageError && error.problem === "exists";
    if (!answerWasLost && !isThere) throw error;
    const ours = answerWasLost || context.journal.goesOn || context.sameIsNoConflict;
    const there = ours ? await sameBytesThere(item.to, item.source, context) : null;
    if (there !== null) return there;
    throw isThere ? conflictAt(item.to, context) : error;
  }
}
