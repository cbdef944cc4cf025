// Moves all files of a list, many at once, and notes in the journal what arrived: small files several in one call where the
// target can, large ones in parts. Knows no listing and no conflicts before the first byte.

import type { ContentId } from "../core/content.ts";
import type { MoveContext, Moved } from "./move-context.ts";
import { moveInPlace, moveStreaming, moveWhole } from "./move-file.ts";
import { moveInParts } from "./move-in-parts.ts";
import { canMoveTogether, moveTogether } from "./move-together.ts";
import { partBytesFor, USUAL_PART_BYTES } from "./part-plan.ts";
import { createSlots } from "./slots.ts";
import type { WorkItem } from "./work-list.ts";

export interface Tracking {
  listed(files: number, bytes: number): void;
  moved(bytes: number): void;
  there(bytes: number): void;
  fileDone(was: "moved" | "there"): void;
  skipped(): number;
}

/** What a streaming file holds, about. */
const STREAM_BYTES = 1 << 20;
/** Large files of which parts are under way. */
const LARGE_AT_ONCE = 4;
/** Of files that are moved together: as many as one sync of the disk is little for. */
const BATCH_FILES = 1024;
const BATCH_BYTES = 4 << 20;
const BATCHES_AT_ONCE = 8;
/** For fewer, threads that have to start first are no gain. */
const FEW_FILES = 16;

/** Moves what is not there yet; gives the id of the last file. `toPath`: what paths at the target begin with. */
export async function moveItems(
  toPath: string,
  items: AsyncIterable<WorkItem>,
  context: MoveContext,
  { progress, stop }: { readonly progress: Tracking; readonly stop: AbortController },
): Promise<ContentId | null> {
  const running = new Set<Promise<void>>();
  const large = createSlots(LARGE_AT_ONCE, Number.POSITIVE_INFINITY);
  const batches = createSlots(BATCHES_AT_ONCE, Number.POSITIVE_INFINITY);
  const inside = toPath === "" ? 0 : toPath.length + 1;
  let lastId: ContentId | null = null;
  let batch: WorkItem[] = [];
  let batchBytes = 0;

  function done(item: WorkItem, { stored, sha256 }: Moved, was: "moved" | "there"): void {
    const file = { path: item.to.slice(inside), sizeBytes: stored.sizeBytes, sha256 };
    if (was === "moved" || !context.journal.hasArrived(item.source, stored))
      context.journal.arrived(file, item.source, stored);
    progress.fileDone(was);
    lastId = sha256;
  }

  function start(work: () => Promise<void>, release: () => void): void {
    if (stop.signal.aborted) {
      release();
      return;
    }
    const task = work()
      .catch((error: unknown) => stop.abort(error))
      .finally(() => {
        release();
        running.delete(task);
      });
    running.add(task);
  }

  async function moveAlone(item: WorkItem): Promise<void> {
    const way = wayOf(item, context);
    const release = await (way.inParts === null ? context.slots : large).take(way.holdsBytes);
    start(async () => done(item, await way.move(), "moved"), release);
  }

  async function moveBatch(): Promise<void> {
    const together = batch;
    batch = [];
    batchBytes = 0;
    if (together.length < FEW_FILES) {
      for (const item of together) await moveAlone(item);
      return;
    }
    const release = await batches.take(0);
    start(async () => {
      const { moved, failure } = await moveTogether(together, context);
      for (const [item, result] of moved) done(item, result, "moved");
      if (failure !== null) throw failure.error;
      const left = together.filter((item) => !moved.has(item));
      for (const item of left) await moveAlone(item);
    }, release);
  }

  for await (const item of items) {
    if (stop.signal.aborted) break;
    const there = alreadyThere(item, context);
    if (there !== null) {
      progress.there(item.source.sizeBytes);
      done(item, there, "there");
    } else if (canMoveTogether(item, context)) {
      batch.push(item);
      batchBytes += item.source.sizeBytes;
      if (batch.length === BATCH_FILES || batchBytes >= BATCH_BYTES) await moveBatch();
    } else await moveAlone(item);
  }
  await moveBatch();
  // What a batch left over is added while it is waited for.
  while (running.size > 0) await Promise.all(running);
  stop.signal.throwIfAborted();
  return lastId;
}
/** Nothing to do: it arrived with an earlier process, or the very same bytes are there. */
function alreadyThere(item: WorkItem, { journal }: MoveContext): Moved | null {
  const { source, target } = item;
  if (target === null || target.sizeBytes !== source.sizeBytes) return null;
  const same = item.isSame === true || (source.sha256 !== null && source.sha256 === target.sha256);
  if (!same && !journal.hasArrived(source, target)) return null;
  return { stored: target, sha256: source.sha256 ?? target.sha256 };
}

interface Way {
  readonly holdsBytes: number;
  readonly inParts: number | null;
  readonly move: () => Promise<Moved>;
}

function wayOf(item: WorkItem, context: MoveContext): Way {
  const size = item.source.sizeBytes;
  const target = context.to.storage();
  if (context.from.storage() === target && target.capabilities.copiesInPlace)
    return { holdsBytes: 0, inParts: null, move: () => moveInPlace(item, context) };
  const inParts = partBytesFor(size, target.capabilities.parts);
  if (inParts !== null)
    return { holdsBytes: 0, inParts, move: () => moveInParts(item, inParts, context) };
  if (size <= USUAL_PART_BYTES)
    return { holdsBytes: size, inParts: null, move: () => moveWhole(item, context) };
  return { holdsBytes: STREAM_BYTES, inParts: null, move: () => moveStreaming(item, context) };
}
