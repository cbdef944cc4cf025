// Into what parts a file is cut, and which of them are still to come. Pure arithmetic.

import type { PendingUpload, StorageCapabilities, UploadedPart } from "../ports/storage.ts";

export interface Part {
  /** The first is 1. */
  readonly number: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Small enough to keep several in memory, large enough that a request costs little beside it. */
export const USUAL_PART_BYTES = 8 << 20;

/** Null: the file is written in one go, because the storage has no parts or none that are large enough. */
export function partBytesFor(
  sizeBytes: number,
  limits: StorageCapabilities["parts"],
): number | null {
  if (limits === null || sizeBytes <= USUAL_PART_BYTES) return null;
  const fewest = Math.ceil(sizeBytes / limits.maxCount);
  const bytes = Math.max(limits.minBytes, Math.min(USUAL_PART_BYTES, limits.maxBytes), fewest);
  return bytes > limits.maxBytes ? null : bytes;
}

export function* partsOf({
  sizeBytes,
  partBytes,
}: Pick<PendingUpload, "sizeBytes" | "partBytes">): Generator<Part> {
  const count = Math.ceil(sizeBytes / partBytes);
  for (let index = 0; index < count; index += 1) {
    const offset = index * partBytes;
    yield { number: index + 1, offset, sizeBytes: Math.min(partBytes, sizeBytes - offset) };
  }
}

/** Those that arrived whole: a part of another length is uploaded again. */
export function arrived(
  upload: PendingUpload,
  parts: readonly UploadedPart[],
): Map<number, UploadedPart> {
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  const whole = new Map<number, UploadedPart>();
  for (const part of partsOf(upload)) {
    const there = byNumber.get(part.number);
    if (there !== undefined && there.sizeBytes === part.sizeBytes) whole.set(part.number, there);
  }
  return whole;
}
