// Rows into one Parquet file, a row group at a time, so that memory does not grow with the table. Knows nothing of where
// the rows come from.

import fs from "node:fs";
import type { ParquetWriter as Writer } from "hyparquet-writer";
import type { Cell, Column, RowStream } from "../ports/tables.ts";
import { parquetSchema, writableCells } from "../tables/parquet-schema.ts";

export interface WriteReport {
  readonly rows: number;
  readonly bytes: number;
}

/** A row group is closed when it has so many rows, or about so many bytes in memory. */
const GROUP_ROWS = 100_000;
const GROUP_BYTES = 16 << 20;

/** The file is durable when it resolves; when it rejects, what is there is no Parquet file. */
export async function writeParquet(
  file: string,
  { columns, rows }: RowStream,
  onProgress: (report: WriteReport) => void,
): Promise<WriteReport> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const handle = fs.openSync(file, "w");
  try {
    const bytes = new ByteWriter();
    const flush = (): void => {
      for (let at = 0; at < bytes.index; )
        at += fs.writeSync(handle, new Uint8Array(bytes.buffer, at, bytes.index - at));
      bytes.index = 0;
    };
    const sink = Object.assign(bytes, { flush, finish: flush });
    const writer = new ParquetWriter({
      writer: sink,
      schema: parquetSchema(columns) as ConstructorParameters<typeof Writer>[0]["schema"],
      createdBy: "stepwell",
    });
    let group = emptyGroup(columns);
    let written = 0;
    const close = (): void => {
      if (group.rows === 0) return;
      const columnData = columns.map(({ name, type }, index) => ({
        name,
        data: writableCells(group.cells[index] ?? [], type),
      }));
      writer.write({ columnData, rowGroupSize: group.rows });
      written += group.rows;
      group = emptyGroup(columns);
      onProgress({ rows: written, bytes: bytes.offset });
    };
    for await (const piece of rows) {
      for (const [index, cells] of piece.cells.entries()) append(group, index, cells);
      group.rows += piece.count;
      if (group.rows >= GROUP_ROWS || group.bytes >= GROUP_BYTES) close();
    }
    close();
    writer.finish();
    fs.fsyncSync(handle);
    return { rows: written, bytes: bytes.offset };
  } finally {
    fs.closeSync(handle);
  }
}

interface Group {
  readonly cells: Cell[][];
  rows: number;
  bytes: number;
}

function emptyGroup(columns: readonly Column[]): Group {
  return { cells: columns.map(() => []), rows: 0, bytes: 0 };
}

function append(group: Group, index: number, cells: readonly Cell[]): void {
  const column = group.cells[index] as Cell[];
  for (const cell of cells) {
    column.push(cell);
    group.bytes += sizeOf(cell);
  }
}

/** What a cell takes in memory, about. */
function sizeOf(cell: Cell): number {
  if (typeof cell === "string") return 16 + cell.length;
  return cell instanceof Uint8Array ? 96 + cell.byteLength : 16;
}
