// What kind of value a text or a value is, and what kind a column is whose values are of these. Pure.

import type { ColumnKind, Table, TableColumn, Value } from "./table.ts";

/** `007` is no number: written back it would be another text. */
const INTEGER = /^[+-]?(?:0|[1-9]\d*)$/;
const NUMBER =
  /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$|^(?:nan|[+-]?inf(?:inity)?)$/i;
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const DATETIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?$/;
const BOOLEAN = /^(?:true|false)$/i;

/** The kind of a text by how it is written; `isTextual`: also numbers and truths. */
export function textKind(text: string, isTextual: boolean): ColumnKind {
  const first = text.charCodeAt(0);
  if (text.length > 40) return "text";
  if (isTextual) {
    if (INTEGER.test(text)) return "integer";
    if (NUMBER.test(text)) return "number";
    if (BOOLEAN.test(text)) return "boolean";
  }
  if (first >= 48 && first <= 57 && text.length >= 10) {
    if (DATE.test(text)) return "date";
    if (DATETIME.test(text)) return "datetime";
  }
  return "text";
}

export function valueKind(value: Exclude<Value, null>, isTextual: boolean): ColumnKind {
  switch (typeof value) {
    case "bigint":
      return "integer";
    case "number":
      return Number.isSafeInteger(value) ? "integer" : "number";
    case "boolean":
      return "boolean";
    default:
      return textKind(value, isTextual);
  }
}

/** The kind that holds values of both; null: none yet. */
export function widerKind(known: ColumnKind | null, found: ColumnKind): ColumnKind {
  if (known === null || known === found) return found;
  const both = new Set([known, found]);
  if (both.has("integer") && both.has("number")) return "number";
  if (both.has("date") && both.has("datetime")) return "datetime";
  return "text";
}

/** Columns with their types told by rows where the file does not say; null where all are missing. */
export function typedColumns(
  { columns, isTextual }: Pick<Table, "columns" | "isTextual">,
  rows: readonly (readonly (Value | undefined)[])[],
): readonly TableColumn[] {
  return columns.map(({ name, type }, at) => {
    let kind = type;
    if (type === null)
      for (const row of rows) {
        const value = row[at];
        if (value === null || value === undefined) continue;
        kind = widerKind(kind, valueKind(value, isTextual));
        if (kind === "text") break;
      }
    return { name, type: kind };
  });
}

/** A value as its column's kind has it: a number for a text that is one. Whole numbers that a number does not hold stay. */
export function typedValue(value: Value | undefined, kind: ColumnKind | null): Value {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") return value;
  if (kind === "boolean") return /^true$/i.test(value);
  if (kind !== "integer" && kind !== "number") return value;
  const number = numberOf(value);
  if (kind === "integer" && !Number.isSafeInteger(number)) return value;
  return number;
}

/** NaN where it is none. */
export function numberOf(value: Value): number {
  if (typeof value !== "string") return Number(value);
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(value);
  if (infinite !== null) return infinite[1] === "-" ? -Infinity : Infinity;
  return Number(value);
}
