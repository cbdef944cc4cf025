// Reads what is expected of a table from YAML. A word that is not known is a mistake: a check that is not made looks like one
// that holds.

import { load } from "js-yaml";
import { suggestion } from "../../src/spec/did-you-mean.ts";
import { StepFailure } from "../runtime/program.ts";

export const COLUMN_TYPES = ["text", "integer", "number", "boolean", "date", "timestamp"] as const;

export interface ColumnExpectations {
  /** False: it may be missing. */
  readonly required?: boolean;
  readonly type?: (typeof COLUMN_TYPES)[number];
  /** Largest share of rows, or true and false: any, none. */
  readonly nulls?: number | boolean;
  readonly unique?: boolean;
  readonly min?: number | string;
  readonly max?: number | string;
  readonly values?: readonly (string | number | boolean)[];
  /** A regular expression for the whole text. */
  readonly matches?: string;
}

export interface Expectations {
  readonly rows: { readonly min?: number; readonly max?: number };
  readonly columns: Readonly<Record<string, ColumnExpectations>>;
  readonly otherColumns: boolean;
  readonly drift: { readonly max?: number; readonly columns?: readonly string[] };
}

type Mapping = Readonly<Record<string, unknown>>;

export function readExpectations(text: string): Expectations {
  const all = mapping(parsed(text), "the file");
  known(all, ["rows", "columns", "other_columns", "drift"], "the file");
  const rows = mapping(all.rows ?? {}, "rows");
  known(rows, ["min", "max"], "rows");
  const drift = mapping(all.drift ?? {}, "drift");
  known(drift, ["max", "columns"], "drift");
  const columns = mapping(all.columns ?? {}, "columns");
  return {
    rows: { ...only(rows, "min", "number", "rows"), ...only(rows, "max", "number", "rows") },
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, one]) => [name, column(one ?? {}, `columns.${name}`)]),
    ),
    otherColumns: all.other_columns !== false,
    drift: {
      ...only(drift, "max", "number", "drift"),
      ...(Array.isArray(drift.columns) ? { columns: drift.columns.map(String) } : {}),
    },
  };
}

function parsed(text: string): unknown {
  try {
    return load(text);
  } catch (error) {
    throw mistake(`the expectations are no YAML: ${(error as Error).message.split("\n")[0]}`);
  }
}

const COLUMN_WORDS = ["required", "type", "nulls", "unique", "min", "max", "values", "matches"];

function column(value: unknown, where: string): ColumnExpectations {
  const one = mapping(value, where);
  known(one, COLUMN_WORDS, where);
  const type = COLUMN_TYPES.find((word) => word === one.type);
  if (one.type !== undefined && type === undefined)
    throw mistake(
      `${where}: type ${String(one.type)} is none`,
      suggestion(String(one.type), COLUMN_TYPES, `Use ${COLUMN_TYPES.join(", ")}.`) ?? "",
    );
  if (one.values !== undefined && !Array.isArray(one.values))
    throw mistake(`${where}: values is no list`);
  const bound = (key: "min" | "max") => {
    const found = one[key];
    if (found === undefined) return {};
    const written = found instanceof Date ? found.toISOString() : found;
    if (typeof written !== "number" && typeof written !== "string")
      throw mistake(`${where}: ${key} is no number, day or text`);
    return { [key]: written };
  };
  if (typeof one.nulls === "string")
    throw mistake(`${where}: nulls is a share from 0 to 1, or false`);
  return {
    ...only(one, "required", "boolean", where),
    ...(type === undefined ? {} : { type }),
    ...(one.nulls === undefined ? {} : { nulls: one.nulls as number | boolean }),
    ...only(one, "unique", "boolean", where),
    ...bound("min"),
    ...bound("max"),
    ...(one.values === undefined ? {} : { values: one.values as (string | number | boolean)[] }),
    ...pattern(one.matches, where),
  };
}

function pattern(value: unknown, where: string): { readonly matches?: string } {
  if (value === undefined) return {};
  try {
    new RegExp(String(value), "u");
    return { matches: String(value) };
  } catch (error) {
    throw mistake(`${where}: matches is no regular expression: ${(error as Error).message}`);
  }
}

function only<K extends string, T extends "number" | "boolean">(
  from: Mapping,
  key: K,
  type: T,
  where: string,
): { readonly [Key in K]?: T extends "number" ? number : boolean } {
  const value = from[key];
  if (value === undefined) return {};
  if (typeof value !== type) throw mistake(`${where}: ${key} is no ${type}`);
  return { [key]: value } as { [Key in K]?: T extends "number" ? number : boolean };
}

function mapping(value: unknown, where: string): Mapping {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Mapping;
  throw mistake(`the expectations: ${where} must be a mapping`);
}

function known(found: Mapping, words: readonly string[], where: string): void {
  for (const word of Object.keys(found))
    if (!words.includes(word))
      throw mistake(
        `the expectations: ${where} has no ${word}`,
        suggestion(word, words, `It may have ${words.join(", ")}.`) ?? "",
      );
}

function mistake(
  message: string,
  hint = "see what there is: stepwell component show validate --builtin",
): StepFailure {
  return new StepFailure(message, hint);
}
