// Two ways to ask for fewer bytes of a Parquet file: remember the chunks of one row group while its rows are read in pieces,
// and read only the beginning of large chunks where a few rows are wanted.

import type { AsyncBuffer } from "hyparquet";

/** More than most row groups have; of larger ones the rest is asked for again. */
const MOST_REMEMBERED = 192 << 20;

export function rememberingBuffer(buffer: AsyncBuffer): AsyncBuffer & { forget(): void } {
  const kept = new Map<string, ArrayBuffer>();
  let bytes = 0;
  return {
    byteLength: buffer.byteLength,
    forget() {
      kept.clear();
      bytes = 0;
    },
    async slice(start, end = buffer.byteLength) {
      const key = `${start}-${end}`;
      const known = kept.get(key);
      if (known !== undefined) return known;
      const read = await buffer.slice(start, end);
      if (bytes + read.byteLength <= MOST_REMEMBERED) {
        kept.set(key, read);
        bytes += read.byteLength;
      }
      return read;
    },
  };
}

const FIRST_BYTES = 1 << 18;
/** No page is larger; what cannot be read by then is broken. */
const MOST_BYTES = 1 << 27;

/** Tries with the beginning of what is asked for, then with eight times as much. */
export async function shortenedBuffer<T>(
  buffer: AsyncBuffer,
  read: (short: AsyncBuffer) => Promise<T>,
): Promise<T> {
  const known = new Map<number, ArrayBuffer>();
  for (let most = FIRST_BYTES; ; most *= 8) {
    let isShort = false;
    const short: AsyncBuffer = {
      byteLength: buffer.byteLength,
      async slice(start, end = buffer.byteLength) {
        const bytes = await extended(buffer, start, Math.min(end, start + most), known.get(start));
        known.set(start, bytes);
        if (end - start <= most) return bytes;
        isShort = true;
        return wholePages(bytes);
      },
    };
    try {
      return await read(short);
    } catch (error) {
      if (!isShort || most >= MOST_BYTES) throw error;
    }
  }
}

/** Columns of columns are read to the end of their bytes, which has to be that of a page. */
async function wholePages(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const { parquetHeader } = await import("hyparquet/src/column.js");
  const reader = { view: new DataView(bytes), offset: 0 };
  let end = 0;
  try {
    for (;;) {
      const { compressed_page_size: size } = parquetHeader(reader);
      if (!(size >= 0) || reader.offset + size > bytes.byteLength) break;
      reader.offset += size;
      end = reader.offset;
    }
  } catch {
    // The header of a page is cut off.
  }
  return bytes.slice(0, end);
}

/** What was read already is not asked for again. */
async function extended(
  buffer: AsyncBuffer,
  start: number,
  end: number,
  known: ArrayBuffer = new ArrayBuffer(0),
): Promise<ArrayBuffer> {
  if (known.byteLength >= end - start) return known.slice(0, end - start);
  const rest = await buffer.slice(start + known.byteLength, end);
  const joined = new Uint8Array(known.byteLength + rest.byteLength);
  joined.set(new Uint8Array(known));
  joined.set(new Uint8Array(rest), known.byteLength);
  return joined.buffer;
}
