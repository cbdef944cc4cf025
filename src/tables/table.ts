// A table as it is looked at: named columns and rows in pieces, whatever file they stand in. Knows no format; all values are
// such as JSON holds, but for large whole numbers.

import type { ColumnType } from "../ports/tables.ts";

/** Dates, times and moments are texts of ISO 8601; decimals are texts; bytes are text of base64; what is nested is JSON. */
export type Value = null | boolean | number | bigint | string;

export type ColumnKind =
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "datetime"
  | "time"
  | "text"
  | "json"
  | "binary";

/** What a type of Parquet and databases is to a person. */
export const COLUMN_KINDS: Readonly<Record<ColumnType["kind"], ColumnKind>> = {
  boolean: "boolean",
  integer: "integer",
  float: "number",
  decimal: "number",
  text: "text",
  json: "json",
  uuid: "text",
  bytes: "binary",
  date: "date",
  time: "time",
  timestamp: "datetime",
};

export interface TableColumn {
  readonly name: string;
  /** Null: the file does not say; its values do. */
  readonly type: ColumnKind | null;
}

/** A value for each column; those that a row is short of are missing. */
export type TableRow = readonly (Value | undefined)[];

export interface Table {
  /** May grow while rows are read: a line of JSON may bring a new key. */
  readonly columns: readonly TableColumn[];
  /** All values of columns without a type are texts, as in CSV: a number is one by how it is written. */
  readonly isTextual: boolean;
  /** Where the file says it. */
  readonly rowCount: number | null;
  readonly findings: Findings;
  /** In pieces of some thousand; read once. */
  readonly rows: AsyncIterable<readonly TableRow[]>;
}

export const TABLE_LIMITS = {
  /** Nobody looks at more; a file with more is a mistake, or means harm. */
  columns: 10_000,
  /** Letters of one row or line. */
  rowLetters: 16 << 20,
  /** Rows in one piece. */
  pieceRows: 2_000,
  /** Letters in one piece, about. */
  pieceLetters: 4 << 20,
} as const;

/** What is odd about a file and does not keep it from being read: each kind once, with the first lines where it is so. */
export class Findings {
  readonly #kinds = new Map<string, { count: number; readonly lines: number[] }>();

  add(what: string, line: number | null = null): void {
    const known = this.#kinds.get(what) ?? { count: 0, lines: [] };
    this.#kinds.set(what, known);
    known.count += 1;
    if (line !== null && known.lines.length < FIRST_LINES) known.lines.push(line);
  }

  /** `2 rows have more cells than the head: lines 3, 7`. */
  notes(): readonly string[] {
    return [...this.#kinds].map(([what, { count, lines }]) => {
      if (lines.length === 0) return what;
      const rest = count > lines.length ? ", …" : "";
      const where = `${count === 1 ? "line" : "lines"} ${lines.join(", ")}${rest}`;
      return `${what}: ${where}${count > 1 ? ` (${count} in all)` : ""}`;
    });
  }
}

const FIRST_LINES = 5;
