// Buffers for parts, used again: memory of parts that are done is not returned soon enough to keep within a bound. Knows
// nothing of what is in them.

import { USUAL_PART_BYTES } from "./part-plan.ts";

export interface PartBuffers {
  take(sizeBytes: number): Buffer;
  /** After nobody reads it any more. */
  give(buffer: Buffer): void;
}

export function createPartBuffers(): PartBuffers {
  const free: Buffer[] = [];
  return {
    take: (sizeBytes) => {
      if (sizeBytes > USUAL_PART_BYTES) return Buffer.allocUnsafeSlow(sizeBytes);
      const whole = free.pop() ?? Buffer.allocUnsafeSlow(USUAL_PART_BYTES);
      return whole.subarray(0, sizeBytes);
    },
    give: (buffer) => {
      if (buffer.buffer.byteLength !== USUAL_PART_BYTES) return;
      free.push(Buffer.from(buffer.buffer));
    },
  };
}
