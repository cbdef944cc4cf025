// The rows of a file of JSON objects, one a line. Columns and their types are found in a first pass over all lines: a value
// that is of another kind in one line makes its column one of JSON texts. Knows nothing of where the rows go.

import path from "node:path";
import type { Cell, Column, ColumnType, RowStream, Rows } from "../../src/ports/tables.ts";
import { localSource } from "../../src/tables/byte-source.ts";
import { jsonObjects } from "../../src/tables/json-objects.ts";
import { Findings, TABLE_LIMITS } from "../../src/tables/table.ts";
import { UnreadableTable } from "../../src/tables/unreadable-table.ts";

export async function readJsonLines(file: string): Promise<RowStream> {
  const kinds = new Map<string, Kind>();
  for await (const { object } of objectsOf(file))
    for (const [name, value] of Object.entries(object)) {
      kinds.set(name, joined(kinds.get(name) ?? "null", kindOf(value)));
      if (kinds.size > TABLE_LIMITS.columns)
        throw new UnreadableTable(`${file} has more than ${TABLE_LIMITS.columns} different names`);
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

function objectsOf(file: string): ReturnType<typeof jsonObjects> {
  const source = localSource(file, path.basename(file));
  return jsonObjects(source, { encoding: null, invalidLines: "error" }, new Findings());
}

async function* pieces(file: string, columns: readonly Column[]): AsyncGenerator<Rows> {
  let cells: Cell[][] = columns.map(() => []);
  let count = 0;
  let letters = 0;
  for await (const { object, length } of objectsOf(file)) {
    letters += length;
    for (const [index, { name, type }] of columns.entries())
      cells[index]?.push(cellOf(Object.hasOwn(object, name) ? object[name] : null, type));
    count += 1;
    if (count < TABLE_LIMITS.pieceRows && letters < TABLE_LIMITS.pieceLetters) continue;
    yield { count, cells };
    cells = columns.map(() => []);
    count = 0;
    letters = 0;
  }
  if (count > 0) yield { count, cells };
}

function cellOf(value: unknown, { kind }: ColumnType): Cell {
  if (value === null || value === undefined) return null;
  if (kind === "json") return jsonText(value);
  if (kind === "integer") return BigInt(value as number);
  return value as Cell;
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableTable("a line is nested too deep");
    throw error;
  }
}
