// The table that an MLTable file describes: its files one after another, and what it says is to be done to their rows, in
// its order. The same rows every time. Knows nothing of where the files lie.

import type { FilterExpression } from "../spec/mltable/filter-expression.ts";
import type { MlTable, Transformation } from "../spec/mltable/mltable.ts";
import { type Columns, type ColumnTable, joinedFiles, type TableFile } from "./mltable-files.ts";
import { converted } from "./mltable-types.ts";
import { partitionReader } from "./partition-format.ts";
import type { Findings, Table, TableColumn, TableRow, Value } from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";
import { numberOf } from "./value-kind.ts";

export async function mlTable(
  { transformations }: MlTable,
  files: readonly TableFile[],
  findings: Findings,
): Promise<Table> {
  const isRead = ({ kind }: Transformation): boolean => kind.startsWith("read_");
  const read = transformations.find(isRead) as Parameters<typeof joinedFiles>[1];
  let table = await joinedFiles(files, read, findings);
  for (const one of transformations) if (!isRead(one)) table = transformed(table, one);
  const { columns, isTextual, rows } = table;
  async function* plain(): AsyncGenerator<readonly TableRow[]> {
    for await (const piece of rows) if (piece.length > 0) yield piece.map(({ values }) => values);
  }
  return { columns, isTextual, rowCount: null, findings, rows: plain() };
}

function transformed(table: ColumnTable, one: Transformation): ColumnTable {
  switch (one.kind) {
    case "keep_columns":
    case "drop_columns":
      return chosen(table, one.columns, one.kind === "keep_columns");
    case "filter":
      return filtered(table, one.expression);
    case "take":
      return { ...table, rows: taken(table.rows, one.count) };
    case "skip":
      return { ...table, rows: skipped(table.rows, one.count) };
    case "take_random_sample":
      return { ...table, rows: sampled(table.rows, one.probability, one.seed ?? 0) };
    case "convert_column_types":
      return converted(table, one.columns);
    case "extract_columns_from_partition_format":
      return withPartitions(table, one.format);
    case "read_delimited":
    case "read_parquet":
    case "read_json_lines":
      return table;
    default:
      return one satisfies never;
  }
}

/** Keys of JSON lines come up on the way, so the places of columns are looked up for each piece. */
function chosen(table: ColumnTable, names: readonly string[], isKept: boolean): ColumnTable {
  const columns: TableColumn[] = [];
  const wanted = new Set(names);
  const places = (): readonly number[] => {
    const all = table.columns.map(({ name }, at) => ({ name, at }));
    const left = all.filter(({ name }) => wanted.has(name) === isKept);
    columns.splice(0, columns.length, ...left.map(({ at }) => table.columns[at] as TableColumn));
    return left.map(({ at }) => at);
  };
  places();
  async function* rows(): ColumnTable["rows"] {
    for await (const piece of table.rows) {
      const from = places();
      yield piece.map((row) => ({ ...row, values: from.map((at) => row.values[at]) }));
    }
    const known = new Set(table.columns.map(({ name }) => name));
    const missing = names.find((name) => !known.has(name));
    if (missing !== undefined) throw noColumn(missing, table.columns);
  }
  return { ...table, columns, rows: rows() };
}

function noColumn(name: string, columns: Columns): UnreadableTable {
  const there = columns.slice(0, 12).map((column) => column.name);
  return new UnreadableTable(
    `the MLTable file names a column ${name}, and there is none; there are ${there.join(", ")}`,
  );
}

function filtered(table: ColumnTable, expression: FilterExpression): ColumnTable {
  async function* rows(): ColumnTable["rows"] {
    for await (const piece of table.rows) {
      const places = new Map(table.columns.map(({ name }, at) => [name, at]));
      yield piece.filter(({ values }) =>
        holds(expression, (column) => {
          const at = places.get(column);
          if (at === undefined) throw noColumn(column, table.columns);
          return values[at] ?? null;
        }),
      );
    }
  }
  return { ...table, rows: rows() };
}

function holds(expression: FilterExpression, valueIn: (column: string) => Value): boolean {
  switch (expression.kind) {
    case "and":
      return expression.parts.every((part) => holds(part, valueIn));
    case "or":
      return expression.parts.some((part) => holds(part, valueIn));
    case "not":
      return !holds(expression.part, valueIn);
    case "compare":
      return compares(valueIn(expression.column), expression.operator, expression.value);
    default:
      return expression satisfies never;
  }
}

type Compare = Extract<FilterExpression, { kind: "compare" }>;

/** A missing value equals None alone, and is neither more nor less than anything. */
function compares(value: Value, operator: Compare["operator"], wanted: Compare["value"]): boolean {
  if (value === null || wanted === null) {
    if (operator === "==") return value === wanted;
    return operator === "!=" && value !== wanted;
  }
  const order = orderOf(value, wanted);
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return operator satisfies never;
  }
}

/** Negative, 0, positive; NaN where the two cannot be compared. */
function orderOf(value: Exclude<Value, null>, wanted: string | number | boolean): number {
  if (typeof wanted === "number") {
    const number = value === "" ? Number.NaN : numberOf(value);
    return number === wanted ? 0 : number - wanted;
  }
  if (typeof wanted === "boolean") {
    const text = String(value).toLowerCase();
    return text === String(wanted) ? 0 : text === String(!wanted) ? (wanted ? -1 : 1) : Number.NaN;
  }
  const text = String(value);
  return text === wanted ? 0 : text < wanted ? -1 : 1;
}

async function* taken(rows: ColumnTable["rows"], count: number): ColumnTable["rows"] {
  let left = count;
  if (left === 0) return;
  for await (const piece of rows) {
    yield piece.slice(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}

async function* skipped(rows: ColumnTable["rows"], count: number): ColumnTable["rows"] {
  let left = count;
  for await (const piece of rows) {
    yield piece.slice(left);
    left = Math.max(0, left - piece.length);
  }
}

/** The same rows for the same seed: a row is taken or not by its number. */
async function* sampled(
  rows: ColumnTable["rows"],
  probability: number,
  seed: number,
): ColumnTable["rows"] {
  const next = randomNumbers(seed);
  for await (const piece of rows) yield piece.filter(() => next() < probability);
}

/** mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Columns of the path stand before those of the file. */
function withPartitions(table: ColumnTable, format: string): ColumnTable {
  const reader = partitionReader(format);
  const columns: TableColumn[] = [];
  const refresh = (): void => {
    columns.splice(0, columns.length, ...reader.columns, ...table.columns);
  };
  refresh();
  async function* rows(): ColumnTable["rows"] {
    const known = new Map<string, readonly Value[]>();
    for await (const piece of table.rows) {
      refresh();
      yield piece.map(({ path, values }) => {
        const found = known.get(path) ?? reader.read(path);
        if (found === null)
          throw new UnreadableTable(`${path} is not of the partition format ${format}`);
        known.set(path, found);
        return { path, values: [...found, ...values] };
      });
    }
  }
  return { ...table, columns, rows: rows() };
}
