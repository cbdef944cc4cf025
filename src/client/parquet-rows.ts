// The records of a Parquet file. Its reader is loaded on first use.

import { closeSync, fstatSync, readSync } from "node:fs";
import { openFile } from "../ports/read-file.ts";
import type { Row } from "../sdk/run.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import { guardedCompressors } from "../tables/guarded-compressors.ts";
import { MOST_ROWS } from "./rows.ts";

const MAGIC = "PAR1";

/** True for a file that begins and ends as Parquet does, whatever its name. */
export function isParquet(file: string): boolean {
  const handle = openFile(file);
  try {
    const { size } = fstatSync(handle);
    const at = (position: number): string => {
      const bytes = Buffer.alloc(MAGIC.length);
      readSync(handle, bytes, 0, bytes.length, position);
      return bytes.toString("latin1");
    };
    return size > 2 * MAGIC.length && at(0) === MAGIC && at(size - MAGIC.length) === MAGIC;
  } finally {
    closeSync(handle);
  }
}

export async function parquetRows(file: string): Promise<readonly Row[]> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import(
    "hyparquet"
  );
  try {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    if (metadata.num_rows > MOST_ROWS)
      throw new StepwellError(
        "too_large",
        `${file} has ${metadata.num_rows} records, more than ${MOST_ROWS}`,
        "read it with a tool of its own from path()",
      );
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      compressors: await guardedCompressors(),
    });
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellValue(cell)])),
    );
  } catch (error) {
    if (error instanceof StepwellError) throw error;
    throw new StepwellError(
      "not_a_table",
      `${file} cannot be read as Parquet: ${(error as Error).message}`,
      "read it with a tool of its own from path()",
    );
  }
}

/** Whole numbers that a number of JavaScript does not hold are texts; times are ISO 8601; what is nested is JSON. */
function cellValue(cell: unknown): Row[string] {
  if (cell === undefined || cell === null) return null;
  if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean")
    return cell;
  if (typeof cell === "bigint")
    return Number.isSafeInteger(Number(cell)) ? Number(cell) : `${cell}`;
  if (cell instanceof Date) return cell.toISOString();
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("base64");
  return JSON.stringify(cell, (_, inner: unknown) =>
    typeof inner === "bigint" ? cellValue(inner) : inner,
  );
}
