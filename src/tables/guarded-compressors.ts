// Unpacks pages of Parquet files, and none that says it would be larger than any page is.

import type { Compressors } from "hyparquet";

const MOST_BYTES = 512 << 20;

export async function guardedCompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (length > MOST_BYTES) throw new Error(`a page of it would have ${length} bytes`);
        return unpack(input, length);
      },
    ]),
  );
}
