// Opens one file as a table by its format. The one table of formats.

import type { ByteSource } from "./byte-source.ts";
import { csvTable, USUAL_CSV } from "./csv-table.ts";
import type { TableFormat } from "./file-format.ts";
import { jsonLinesTable } from "./json-lines-table.ts";
import { parquetTable } from "./parquet-table.ts";
import type { Findings, Table, TableRow } from "./table.ts";

/** `most`: rows that are wanted, or null for all; with few wanted, few bytes are read. */
export async function openTable(
  source: ByteSource,
  format: TableFormat,
  findings: Findings,
  most: number | null,
): Promise<Table> {
  switch (format) {
    case "csv":
      return csvTable(source, USUAL_CSV, findings);
    case "json_lines":
      return jsonLinesTable(source, { encoding: null, invalidLines: "tell" }, findings);
    case "parquet":
      return parquetTable(source, findings, most);
    default:
      return format satisfies never;
  }
}

/** The first rows, and whether there are more. */
export async function firstRows(
  table: Table,
  count: number,
): Promise<{ readonly rows: readonly TableRow[]; readonly hasMore: boolean }> {
  const rows: TableRow[] = [];
  for await (const piece of table.rows) {
    for (const row of piece) {
      if (rows.length === count) return { rows, hasMore: true };
      rows.push(row);
    }
    // One row more would be another range of the file.
    if (table.rowCount !== null && rows.length >= Math.min(count, table.rowCount)) break;
  }
  return { rows, hasMore: table.rowCount !== null && table.rowCount > rows.length };
}
