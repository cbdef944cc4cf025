// The rows of a file of JSON objects, one a line. Columns and their types are found in a first pass over all lines: a value
// that is of another kind in one line makes its column one of JSON texts. Knows nothing of where the rows go.

import fs from "node:fs";
import readline from "node:readline";
import type { Cell, Column, ColumnType, RowStream, Rows } from "../../src/ports/tables.ts";
import { UnreadableTable } from "../../src/tables/unreadable-table.ts";

const PIECE_ROWS = 5_000;
const MOST_COLUMNS = 10_000;

export async function readJsonLines(file: string): Promise<RowStream> {
  const kinds = new Map<string, Kind>();
  for await (const { object } of objectsOf(file))
    for (const [name, value] of Object.entries(object)) {
      kinds.set(name, joined(kinds.get(name) ?? "null", kindOf(value)));
      if (kinds.size > MOST_COLUMNS)
        throw new UnreadableTable(`${file} has more than ${MOST_COLUMNS} different names`);
    }
  const columns = [...kinds].map(([name, kind]): Column => ({ name, type: TYPES[kind] }));
  return { columns, rows: pieces(file, columns) };
}

type Kind = "null" | "boolean" | "integer" | "float" | "text" | "json";

const TYPES: Readonly<Record<Kind, ColumnType>> = {
  null: { kind: "text" },
  boolean: { kind: "boolean" },
  integer: { kind: "integer", bits: 64 },
  float: { kind: "float", bits: 64 },
  text: { kind: "text" },
  json: { kind: "json" },
};

function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "integer" : "float";
  return typeof value === "string" ? "text" : "json";
}

function joined(before: Kind, now: Kind): Kind {
  if (before === now || now === "null") return before;
  if (before === "null") return now;
  const isNumber = (kind: Kind): boolean => kind === "integer" || kind === "float";
  return isNumber(before) && isNumber(now) ? "float" : "json";
}

interface Line {
  readonly object: Readonly<Record<string, unknown>>;
}

async function* objectsOf(file: string): AsyncGenerator<Line> {
  const lines = readline.createInterface({
    input: fs.createReadStream(file, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const text = number === 1 ? line.replace(/^\ufeff/, "") : line;
    if (text.trim() === "") continue;
    yield { object: objectOf(text, file, number) };
  }
}

function objectOf(text: string, file: string, line: number): Line["object"] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Line["object"];
  } catch {
    // Told below, with its line.
  }
  throw new UnreadableTable(`${file}: line ${line} is no JSON object`);
}

async function* pieces(file: string, columns: readonly Column[]): AsyncGenerator<Rows> {
  let cells: Cell[][] = columns.map(() => []);
  let count = 0;
  for await (const { object } of objectsOf(file)) {
    for (const [index, { name, type }] of columns.entries())
      cells[index]?.push(cellOf(Object.hasOwn(object, name) ? object[name] : null, type));
    count += 1;
    if (count < PIECE_ROWS) continue;
    yield { count, cells };
    cells = columns.map(() => []);
    count = 0;
  }
  if (count > 0) yield { count, cells };
}

function cellOf(value: unknown, { kind }: ColumnType): Cell {
  if (value === null || value === undefined) return null;
  if (kind === "json") return JSON.stringify(value);
  if (kind === "integer") return BigInt(value as number);
  return value as Cell;
}
