// A Parquet file as a table to look at: its values as a person writes them. Knows nothing of how the file is read.

import type { Cell, Column, ColumnType, Rows } from "../ports/tables.ts";
import type { ByteSource } from "./byte-source.ts";
import { openParquet } from "./parquet-read.ts";
import { COLUMN_KINDS, type Findings, type Table, type TableRow, type Value } from "./table.ts";

/** `most`: rows that are wanted, or null for all. */
export async function parquetTable(
  source: ByteSource,
  findings: Findings,
  most: number | null,
): Promise<Table> {
  const file = await openParquet(source);
  const columns = file.columns.map(({ name, type }) => ({ name, type: COLUMN_KINDS[type.kind] }));
  async function* rows(): AsyncGenerator<readonly TableRow[]> {
    if (most !== null) yield rowsOf(await file.head(most), file.columns);
    else for await (const piece of file.rows()) yield rowsOf(piece, file.columns);
  }
  return { columns, isTextual: false, rowCount: file.rowCount, findings, rows: rows() };
}

function rowsOf({ count, cells }: Rows, columns: readonly Column[]): readonly TableRow[] {
  const rows = Array.from({ length: count }, () => new Array<Value>(columns.length).fill(null));
  for (const [at, { type }] of columns.entries()) {
    const column = cells[at] ?? [];
    for (const [index, row] of rows.entries()) row[at] = shownValue(column[index] ?? null, type);
  }
  return rows;
}

function shownValue(cell: Cell, type: ColumnType): Value {
  if (cell === null) return null;
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("base64");
  switch (type.kind) {
    case "date":
      return moment(Number(cell) * 86_400_000)?.slice(0, 10) ?? String(cell);
    case "time":
      return timeOfDay(cell as bigint);
    case "timestamp":
      return timestamp(cell as bigint, type.zone);
    case "decimal":
      return decimal(cell as bigint, type.scale);
    default:
      return typeof cell === "bigint" && isSafe(cell) ? Number(cell) : cell;
  }
}

function isSafe(value: bigint): boolean {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}

/** Null beyond the years that there are dates for. */
function moment(milliseconds: number): string | null {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : null;
}

function timestamp(micros: bigint, zone: boolean): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = moment(Number((micros - rest) / 1000n));
  if (text === null) return String(micros);
  const fraction = rest === 0n ? "" : `.${String(rest).padStart(6, "0")}`;
  return `${text.slice(0, 19)}${fraction}${zone ? "Z" : ""}`;
}

function timeOfDay(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n);
  const rest = micros % 1_000_000n;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const fraction = rest === 0n ? "" : `.${String(rest).padStart(6, "0")}`;
  return parts.map((part) => String(part).padStart(2, "0")).join(":") + fraction;
}

/** The digits with the point before the last `scale` of them. */
function decimal(digits: bigint, scale: number): string {
  if (scale === 0) return String(digits);
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  return `${digits < 0n ? "-" : ""}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
