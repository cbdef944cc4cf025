// A table of one JSON object a line. Columns are the keys, as they come up.

import type { ByteSource } from "./byte-source.ts";
import { badLine, type JsonLinesSettings, type JsonObject, jsonObjects } from "./json-objects.ts";
import {
  type Findings,
  TABLE_LIMITS,
  type Table,
  type TableColumn,
  type TableRow,
  type Value,
} from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

export function jsonLinesTable(
  source: ByteSource,
  settings: JsonLinesSettings,
  findings: Findings,
): Table {
  const columns: TableColumn[] = [];
  const rows = pieces(source, settings, new RowMaker(source.name, columns, findings));
  return { columns, isTextual: false, rowCount: null, findings, rows };
}

async function* pieces(
  source: ByteSource,
  settings: JsonLinesSettings,
  maker: RowMaker,
): AsyncGenerator<readonly TableRow[]> {
  let rows: TableRow[] = [];
  let letters = 0;
  for await (const { object, line, length } of jsonObjects(source, settings, maker.findings)) {
    const row = maker.row(object);
    if (row === null) {
      badLine(source, settings, maker.findings, { line, says: "is nested too deep" });
      continue;
    }
    rows.push(row);
    letters += length;
    if (rows.length < TABLE_LIMITS.pieceRows && letters < TABLE_LIMITS.pieceLetters) continue;
    yield rows;
    rows = [];
    letters = 0;
  }
  if (rows.length > 0) yield rows;
}

class RowMaker {
  readonly findings: Findings;
  readonly #name: string;
  readonly #columns: TableColumn[];
  readonly #places = new Map<string, number>();

  constructor(name: string, columns: TableColumn[], findings: Findings) {
    this.#name = name;
    this.#columns = columns;
    this.findings = findings;
  }

  /** Null: nested deeper than can be written. */
  row(object: JsonObject): TableRow | null {
    const row: (Value | undefined)[] = [];
    for (const [key, value] of Object.entries(object)) {
      const made = jsonValue(value);
      if (made === undefined) return null;
      const at = this.#place(key);
      while (row.length < at) row.push(undefined);
      row[at] = made;
    }
    return row;
  }

  #place(key: string): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const at = this.#columns.length;
    if (at >= TABLE_LIMITS.columns)
      throw new UnreadableTable(`${this.#name} has more than ${TABLE_LIMITS.columns} keys`);
    this.#places.set(key, at);
    this.#columns.push({ name: key, type: null });
    return at;
  }
}

/** Undefined: nested deeper than can be written. */
function jsonValue(value: unknown): Value | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return value;
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
