// Moves a file or folder from one storage to another: in parallel, checked, and so that another process can go on where this
// one was killed. Says what came of it; the ends know how bytes are stored.

import { setMaxListeners } from "node:events";
import fs from "node:fs";
import path from "node:path";
import type { ContentId, Manifest } from "../core/content.ts";
import type { Storage } from "../ports/storage.ts";
import { digestOf } from "./digest-set.ts";
import { ANY_NAMES, type TargetNames } from "./entry-names.ts";
import { createHashThread } from "./hash-thread.ts";
import type { MoveContext } from "./move-context.ts";
import { moveItems, type Tracking } from "./move-items.ts";
import { createPartBuffers } from "./part-buffers.ts";
import { createSlots } from "./slots.ts";
import { fullBucket, take } from "./token-bucket.ts";
import { type OpenEnd, openEnd, type StorageSource } from "./transfer-end.ts";
import { failureOf, TransferError, type TransferFailure } from "./transfer-failure.ts";
import { openJournal, type TransferJournal } from "./transfer-journal.ts";
import { MACHINE_PORTS, type TransferPorts } from "./transfer-ports.ts";
import {
  bytesMoved,
  bytesThere,
  fileDone,
  listed,
  noProgress,
  type ProgressReport,
  report,
} from "./transfer-progress.ts";
import { makeWorkList } from "./work-list.ts";

export interface TransferEnd {
  readonly storage: StorageSource;
  /** The file, or the folder; "" is the root. */
  readonly path: string;
}

export interface TransferOrder {
  readonly from: TransferEnd;
  /** `names`: what its names can be, where the caller knows it. */
  readonly to: TransferEnd & { readonly names?: TargetNames };
  readonly kind: "file" | "folder";
  readonly mode: "merge_with_overwrite" | "fail_if_conflict";
  /** With `fail_if_conflict`: what is there with the same bytes is none. */
  readonly sameIsNoConflict?: boolean;
  /** Where the journal lies. One process at a time moves from one place to another with it. */
  readonly journalFolder: string;
  /** Calls at once at most. */
  readonly concurrency?: number;
  /** Null or absent: as fast as it goes. */
  readonly bandwidthBytesPerSecond?: number | null;
  /** What a target holds that keeps no checksums is read again and compared. */
  readonly readBack?: boolean;
  /** The list of what is at the target is asked for, with the ids that make a folder's. */
  readonly wantManifest?: boolean;
  readonly onProgress?: (report: ProgressReport) => void;
  /** A line about an end that is asked again and again; each time, of each file. */
  readonly onRetry?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly ports?: TransferPorts;
}

export interface TransferResult {
  /** All of the source, whether moved or there already. */
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already, and were not moved. */
  readonly skipped: number;
  /** What of the source has names that no file can have, in a sentence; null: nothing. */
  readonly leftOut: string | null;
  /** Of a file; null for a folder, and where not all bytes went through this process. */
  readonly sha256: ContentId | null;
  /** Of a folder, when it was wanted, every id is known and there are not too many files to list. */
  readonly manifest: Manifest | null;
}

export type TransferOutcome =
  | { readonly ok: true; readonly value: TransferResult }
  | { readonly ok: false; readonly failure: TransferFailure };

/** Small files are a matter of latency: many at once. */
const CONCURRENCY = 32;
/** Parts and small files in memory at once, in all. */
const MEMORY_BYTES = 64 << 20;
const PROGRESS_EVERY_MS = 200;
/** A manifest of more files would not fit the memory that a transfer may take. */
const MANIFEST_FILES = 200_000;

export async function transfer(order: TransferOrder): Promise<TransferOutcome> {
  const ports = order.ports ?? MACHINE_PORTS;
  const stop = new AbortController();
  // As many listen as calls are under way; Node takes more than ten for a leak.
  setMaxListeners(0, stop.signal);
  const cancel = (): void =>
    stop.abort(new TransferError("cancelled", "the transfer was cancelled"));
  order.signal?.addEventListener("abort", cancel);
  if (order.signal?.aborted === true) cancel();
  const slots = createSlots(order.concurrency ?? CONCURRENCY, MEMORY_BYTES);
  const onRetry = order.onRetry ?? (() => undefined);
  const context = { ports, slots, signal: stop.signal, onRetry };
  const opened: OpenEnd[] = [];
  try {
    const from = await openEnd(order.from.storage, context);
    opened.push(from);
    const isSame = order.from.storage === order.to.storage;
    const to = isSame ? from : await openEnd(order.to.storage, context);
    opened.push(to);
    return { ok: true, value: await moveAll(order, { ports, slots, stop, from, to }) };
  } catch (error) {
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    const failure = failureOf(cause);
    if (failure === null) throw cause;
    return { ok: false, failure };
  } finally {
    order.signal?.removeEventListener("abort", cancel);
    await Promise.all([...new Set(opened)].map((end) => end.close()));
  }
}

interface Machinery {
  readonly ports: TransferPorts;
  readonly slots: ReturnType<typeof createSlots>;
  readonly stop: AbortController;
  readonly from: OpenEnd;
  readonly to: OpenEnd;
}

async function moveAll(order: TransferOrder, machinery: Machinery): Promise<TransferResult> {
  const { from, to, stop } = machinery;
  stop.signal.throwIfAborted();
  refuseIntoItself(order, from.storage(), to.storage());
  const name = journalName(order, from.storage(), to.storage());
  const journal = await openJournal(path.join(order.journalFolder, `${name}.journal`));
  const hashes = createHashThread();
  const listFile = path.join(order.journalFolder, `${name}.list`);
  try {
    const refuseConflicts = order.mode === "fail_if_conflict";
    const work = await makeWorkList({
      from,
      fromPath: order.from.path,
      to,
      toPath: order.to.path,
      kind: order.kind,
      names: order.to.names ?? ANY_NAMES,
      refuseConflicts: refuseConflicts && !journal.goesOn,
      sameIsNoConflict: order.sameIsNoConflict === true,
      file: listFile,
      signal: stop.signal,
    });
    if (!journal.goesOn) await journal.begins();
    const progress = trackProgress(order, machinery.ports);
    progress.listed(work.files, work.bytes);
    const move: MoveContext = {
      ...machinery,
      signal: stop.signal,
      journal,
      buffers: createPartBuffers(),
      hashes,
      refuseConflicts,
      sameIsNoConflict: order.sameIsNoConflict === true,
      readBack: order.readBack === true,
      limit: limiter(order.bandwidthBytesPerSecond ?? null, machinery),
      moved: progress.moved,
      there: progress.there,
    };
    const only = await moveItems(order.to.path, work.items(), move, { progress, stop });
    await abandonLeft(journal, to);
    const manifest = await manifestOf(order, work.files, journal);
    await journal.remove();
    return {
      files: work.files,
      bytes: work.bytes,
      skipped: progress.skipped(),
      leftOut: work.leftOut,
      sha256: order.kind === "file" ? only : null,
      manifest,
    };
  } finally {
    await Promise.all([journal.close(), hashes.close()]);
    fs.rmSync(listFile, { force: true });
  }
}

function journalName(order: TransferOrder, from: Storage, to: Storage): string {
  const { kind, mode } = order;
  const ends = [from.address, order.from.path, to.address, order.to.path];
  return digestOf(JSON.stringify([kind, mode, ...ends]));
}

/** A folder that is copied into itself would never end; one copied onto itself would be read while it is written. */
function refuseIntoItself(order: TransferOrder, from: Storage, to: Storage): void {
  const place = (storage: Storage, inside: string): string =>
    `${storage.address.replace(/\/+$/, "")}/${inside}`.replace(/\/+$/, "");
  const source = place(from, order.from.path);
  const target = place(to, order.to.path);
  if (source !== target && !target.startsWith(`${source}/`) && !source.startsWith(`${target}/`))
    return;
  if (order.kind === "file" && source !== target) return;
  throw new TransferError(
    "bad_path",
    `${source} cannot be moved to ${target}: one lies in the other`,
    "choose another target",
  );
}

function trackProgress(order: TransferOrder, { clock }: TransferPorts): Tracking {
  let state = noProgress(clock.monotonic());
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = (now: number): void => {
    const ended = state.files === state.totalFiles;
    if (order.onProgress === undefined || (!ended && now - saidAt < PROGRESS_EVERY_MS)) return;
    saidAt = now;
    order.onProgress(report(state, now));
  };
  return {
    listed(files, bytes) {
      state = listed(state, files, bytes);
      say(clock.monotonic());
    },
    moved(bytes) {
      const now = clock.monotonic();
      state = bytesMoved(state, bytes, now);
      say(now);
    },
    there(bytes) {
      state = bytesThere(state, bytes);
    },
    fileDone(was) {
      state = fileDone(state, was);
      say(clock.monotonic());
    },
    skipped: () => state.skipped,
  };
}

function limiter(bytesPerSecond: number | null, { ports, stop }: Machinery) {
  if (bytesPerSecond === null) return null;
  let bucket = fullBucket(bytesPerSecond, ports.clock.monotonic());
  return async (bytes: number): Promise<void> => {
    const taken = take(bucket, bytes, ports.clock.monotonic());
    bucket = taken.bucket;
    if (taken.waitMs > 0) await ports.wait(taken.waitMs, stop.signal);
  };
}

/** Uploads of files that are not at the source any more. */
async function abandonLeft(journal: TransferJournal, to: OpenEnd): Promise<void> {
  for (const { upload } of journal.pending.values()) {
    await to.run((storage) => storage.abandonUpload(upload));
    journal.abandoned(upload);
  }
}

async function manifestOf(
  order: TransferOrder,
  files: number,
  journal: TransferJournal,
): Promise<Manifest | null> {
  if (order.wantManifest !== true || order.kind === "file" || files > MANIFEST_FILES) return null;
  const byPath = new Map<string, Manifest["entries"][number]>();
  for await (const { path: at, sizeBytes, sha256 } of journal.allArrived()) {
    if (sha256 === null) return null;
    byPath.set(at, { type: "file", path: at, size: sizeBytes, executable: false, id: sha256 });
  }
  if (byPath.size !== files) return null;
  const entries = [...byPath.values()].sort((one, two) =>
    Buffer.compare(Buffer.from(one.path), Buffer.from(two.path)),
  );
  return { format: 1, entries };
}
