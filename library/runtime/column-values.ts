// The columns of a table of files as src/tables profiles them: each cell as the value that it stands for. Pure.

import type { Cell, Column, ColumnType } from "../../src/ports/tables.ts";
import { COLUMN_KINDS, type Value } from "../../src/tables/table.ts";
import { ColumnValues, keptOf } from "../../src/tables/table-profile.ts";
import { cellText } from "./cell-text.ts";
import type { Format, Table } from "./tables.ts";

export interface ColumnReader {
  readonly values: ColumnValues;
  add(cells: readonly Cell[]): void;
}

export function columnReaders(columns: readonly Column[], format: Format): readonly ColumnReader[] {
  const isTextual = format === "csv" || format === "tsv";
  const kept = keptOf(columns.length);
  return columns.map(({ name, type }): ColumnReader => {
    const kind = type.kind === "text" && format !== "parquet" ? null : COLUMN_KINDS[type.kind];
    const values = new ColumnValues(name, { type: kind, isTextual, kept, missed: 0 });
    return {
      values,
      add(cells) {
        for (const cell of cells) values.add(plainValue(cell, type));
      },
    };
  });
}

/** All rows of a table. */
export async function readColumns(
  table: Table,
): Promise<{ readonly values: readonly ColumnValues[]; readonly rows: number }> {
  const { columns, rows } = await table.open();
  const readers = columnReaders(columns, table.format);
  let count = 0;
  for await (const piece of rows) {
    for (const [index, cells] of piece.cells.entries()) readers[index]?.add(cells);
    count += piece.count;
  }
  return { values: readers.map(({ values }) => values), rows: count };
}

function plainValue(cell: Cell, type: ColumnType): Value {
  if (type.kind === "boolean" || type.kind === "integer" || type.kind === "float")
    return cell as Exclude<Cell, Uint8Array>;
  return cellText(cell, type);
}
