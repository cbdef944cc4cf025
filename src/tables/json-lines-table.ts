// A table of one JSON object a line. Columns are the keys, as they come up; a line that is no object is left out and told.

import type { TextEncoding } from "../spec/mltable/mltable.ts";
import type { ByteSource } from "./byte-source.ts";
import { decodedText } from "./decoded-text.ts";
import {
  type Findings,
  TABLE_LIMITS,
  type Table,
  type TableColumn,
  type TableRow,
  type Value,
} from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

export interface JsonLinesSettings {
  readonly encoding: TextEncoding | null;
  /** `error`: the first bad line ends the reading; `drop`: without a word; `tell`: they are among the findings. */
  readonly invalidLines: "error" | "drop" | "tell";
}

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
  { encoding, invalidLines }: JsonLinesSettings,
  maker: RowMaker,
): AsyncGenerator<readonly TableRow[]> {
  let rows: TableRow[] = [];
  let letters = 0;
  for await (const { text, line } of linesOf(source, encoding, maker.findings)) {
    const row = maker.row(text);
    if (typeof row === "string") {
      if (invalidLines === "error")
        throw new UnreadableTable(`${source.name}: line ${line} ${row}`);
      if (invalidLines === "tell") maker.findings.add(`a line ${row}, and is left out`, line);
      continue;
    }
    rows.push(row);
    letters += text.length;
    if (rows.length < TABLE_LIMITS.pieceRows && letters < TABLE_LIMITS.pieceLetters) continue;
    yield rows;
    rows = [];
    letters = 0;
  }
  if (rows.length > 0) yield rows;
}

async function* linesOf(
  source: ByteSource,
  encoding: TextEncoding | null,
  findings: Findings,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let rest = "";
  let line = 0;
  for await (const piece of decodedText(source, encoding, findings)) {
    const lines = piece.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    for (const text of lines) {
      line += 1;
      if (text.trim() !== "") yield { text, line };
    }
    if (rest.length > TABLE_LIMITS.rowLetters)
      throw new UnreadableTable(
        `${source.name}: line ${line + 1} has more than ${TABLE_LIMITS.rowLetters} letters`,
      );
  }
  if (rest.trim() !== "") yield { text: rest, line: line + 1 };
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

  /** The row, or what is wrong with the line. */
  row(text: string): TableRow | string {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return "is not JSON";
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      return "is no JSON object";
    const row: (Value | undefined)[] = [];
    for (const [key, value] of Object.entries(parsed)) {
      const made = jsonValue(value);
      if (made === undefined) return "is nested too deep";
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
