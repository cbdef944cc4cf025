// Buffers for parts, used again: memory of parts that are done is not returned soon enough to keep within a bound. All
// threads see them. Knows nothing of what is in them.

import { USUAL_PART_BYTES } from "./part-plan.ts";

export interface PartBuffers {
  take(sizeBytes: number): Buffer<SharedArrayBuffer>;
  /** After nobody reads it any more. */
  give(buffer: Buffer<SharedArrayBuffer>): void;
}

export function createPartBuffers(): PartBuffers {
  const free: SharedArrayBuffer[] = [];
  return {
    take: (sizeBytes) => {
      const isUsual = sizeBytes <= USUAL_PART_BYTES;
      const memory = isUsual ? free.pop() : undefined;
      const madeBytes = isUsual ? USUAL_PART_BYTES : sizeBytes;
      return Buffer.from(memory ?? new SharedArrayBuffer(madeBytes), 0, sizeBytes);
    },
    give: ({ buffer }) => {
      if (buffer.byteLength === USUAL_PART_BYTES) free.push(buffer);
    },
  };
}
