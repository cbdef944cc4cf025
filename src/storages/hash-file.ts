// The content id of one file's bytes, read in bounded memory. Small files are read at once, big ones through one buffer.

import { createHash, hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import type { ContentId } from "../core/content.ts";
import { idOf } from "../core/digest.ts";

/** Fits the second-level cache of a core: hashing right after reading finds the bytes there. */
export const BUFFER_BYTES = 1 << 18;
let shared: Buffer | null = null;

/** `size` is what a stat said just before; a file that has grown or shrunk is read to its end all the same. */
export function hashFile(path: string, size: number): ContentId {
  const file = openSync(path, "r");
  try {
    shared ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
    const first = readFull(file, shared, size);
    if (first < BUFFER_BYTES) return idOf(hash("sha256", shared.subarray(0, first))) as ContentId;
    const hasher = createHash("sha256").update(shared);
    for (;;) {
      const read = readSync(file, shared, 0, BUFFER_BYTES, null);
      if (read === 0) return idOf(hasher.digest("hex")) as ContentId;
      hasher.update(read === BUFFER_BYTES ? shared : shared.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

/** Fills the buffer as far as the file goes; the last, empty read is spared where the size is as expected. */
function readFull(file: number, buffer: Buffer, size: number): number {
  let length = 0;
  while (length < BUFFER_BYTES) {
    const read = readSync(file, buffer, length, BUFFER_BYTES - length, null);
    length += read;
    if (read === 0 || (length === size && length > 0)) break;
  }
  return length;
}
