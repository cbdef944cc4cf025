// What the moving of one file needs from the transfer it belongs to.

import type { ContentId } from "../core/content.ts";
import type { StoredFile } from "../ports/storage.ts";
import { streamId } from "./hash-bytes.ts";
import type { HashThread } from "./hash-thread.ts";
import type { PartBuffers } from "./part-buffers.ts";
import type { ReadContext } from "./read-steadily.ts";
import type { Slots } from "./slots.ts";
import type { OpenEnd } from "./transfer-end.ts";
import { TransferError } from "./transfer-failure.ts";
import type { TransferJournal } from "./transfer-journal.ts";

export interface MoveContext extends ReadContext {
  readonly to: OpenEnd;
  readonly slots: Slots;
  readonly buffers: PartBuffers;
  readonly hashes: HashThread;
  readonly journal: TransferJournal;
  /** What is at the target ends the transfer, unless it is what would have been written. */
  readonly refuseConflicts: boolean;
  /** Even where it was there before the transfer. */
  readonly sameIsNoConflict: boolean;
  /** The source is read once more from the target where that keeps no checksum. */
  readonly readBack: boolean;
  /** Bytes that arrived now; negative where some have to be sent again. */
  moved(bytes: number): void;
  /** Bytes that an earlier process had moved. */
  there(bytes: number): void;
}

/** What arrived. */
export interface Moved {
  readonly stored: StoredFile;
  /** Null where not all bytes went through this process. */
  readonly sha256: ContentId | null;
}

/** Takes back what arrived damaged, and says so. */
export async function checkArrived(
  source: StoredFile,
  { stored, sha256 }: Moved,
  { from, to, readBack, signal }: MoveContext,
): Promise<void> {
  const there =
    stored.sha256 ??
    (readBack && sha256 !== null && stored.sizeBytes === source.sizeBytes
      ? await to.run(async (storage) => streamId(await storage.read(stored.path, { signal })))
      : null);
  const same =
    stored.sizeBytes === source.sizeBytes &&
    (there === null || sha256 === null || there === sha256);
  if (same) return;
  await to.run((storage) => storage.delete(stored.path));
  throw new TransferError(
    "corrupt",
    `${to.storage().address}: ${stored.path} did not arrive as it was sent from ${from.storage().address}, and was removed`,
  );
}

/**
 * Something is at the target that must not be written over. It may be ours: of a process that was killed, or of a call whose
 * answer was lost. Then the bytes are the same.
 */
export async function sameBytesThere(
  to: string,
  source: { readonly sizeBytes: number; readonly sha256: ContentId | null },
  context: MoveContext,
): Promise<StoredFile | null> {
  const { sizeBytes, sha256 } = source;
  const there = await context.to.run((storage) => storage.stat(to));
  if (there === null || there.sizeBytes !== sizeBytes || sha256 === null) return null;
  const known =
    there.sha256 ??
    (await context.to.run(async (storage) =>
      streamId(await storage.read(to, { signal: context.signal })),
    ));
  return known === sha256 ? there : null;
}

export function conflictAt(to: string, context: MoveContext): TransferError {
  return new TransferError("conflict", `${context.to.storage().address}: ${to} is there already`);
}
