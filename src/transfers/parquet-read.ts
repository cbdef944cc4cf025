// The rows of one Parquet file, a piece of a row group at a time. Knows nothing of where they go.

import type { AsyncBuffer, FileMetaData, ParquetParsers, SchemaElement } from "hyparquet";
import type { Cell, Column, RowStream, Rows } from "../ports/tables.ts";
import { type ParquetColumn, parquetColumn } from "./parquet-schema.ts";

/** What cannot be read as a table, in words. */
export class UnreadableTable extends Error {}

/** So many rows are in memory at once; a row group is read for each, so they are not few. */
const PIECE_ROWS = 50_000;

export async function readParquet(file: string): Promise<RowStream> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import("hyparquet");
  try {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
    const plan = columnsOf(metadata);
    return { columns: plan.columns, rows: pieces(file, buffer, plan) };
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): UnreadableTable {
  return new UnreadableTable(`${file} cannot be read as Parquet: ${(error as Error).message}`, {
    cause: error,
  });
}

interface Plan {
  readonly columns: readonly Column[];
  readonly readers: readonly ((raw: unknown) => Cell)[];
  /** With the annotations of plain columns taken off: their raw values are what is read. */
  readonly metadata: FileMetaData;
}

function columnsOf(metadata: FileMetaData): Plan {
  const schema = [...metadata.schema];
  const columns: Column[] = [];
  const readers: ((raw: unknown) => Cell)[] = [];
  let at = 1;
  for (let child = 0; child < (schema[0]?.num_children ?? 0); child += 1) {
    const element = schema[at] as SchemaElement;
    const plain = parquetColumn(element);
    const { type, read } = plain ?? AS_JSON;
    columns.push({ name: element.name, type });
    readers.push((raw) => (raw === null || raw === undefined ? null : read(raw)));
    if (plain !== null) schema[at] = bare(element);
    at = behind(schema, at);
  }
  return { columns, readers, metadata: { ...metadata, schema } };
}

function bare(element: SchemaElement): SchemaElement {
  const { converted_type: _converted, logical_type: _logical, ...rest } = element;
  return rest;
}

/** The index of what follows an element with all that it holds. */
function behind(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (schema[at]?.num_children ?? 0); child += 1)
    next = behind(schema, next);
  return next;
}

const AS_JSON: ParquetColumn = {
  type: { kind: "json" },
  read: (raw) =>
    JSON.stringify(raw, (_, inner: unknown) => {
      if (inner instanceof Uint8Array) return Buffer.from(inner).toString("base64");
      return typeof inner === "bigint" ? Number(inner) : inner;
    }),
};

async function* pieces(file: string, buffer: AsyncBuffer, plan: Plan): AsyncGenerator<Rows> {
  const { parquetRead } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const { columns, readers, metadata } = plan;
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    for (let rowStart = start; rowStart < end; rowStart += PIECE_ROWS) {
      const rowEnd = Math.min(end, rowStart + PIECE_ROWS);
      const count = rowEnd - rowStart;
      const cells = columns.map((): Cell[] => new Array<Cell>(count).fill(null));
      try {
        await parquetRead({
          file: buffer,
          metadata,
          rowStart,
          rowEnd,
          compressors,
          parsers: PARSERS,
          utf8: false,
          rowFormat: "array",
          onChunk({ columnName, columnData, rowStart: from }) {
            const index = columns.findIndex(({ name }) => name === columnName);
            const read = readers[index];
            const column = cells[index];
            if (read === undefined || column === undefined) return;
            for (let at = 0; at < columnData.length; at += 1) {
              const row = from + at - rowStart;
              if (row >= 0 && row < count) column[row] = read(columnData[at]);
            }
          },
        });
      } catch (error) {
        throw unreadable(file, error);
      }
      yield { count, cells };
    }
    start = end;
  }
}

/** Moments of the oldest kind, which has no annotation that could be taken off. */
const PARSERS = {
  timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds,
} as unknown as ParquetParsers;
