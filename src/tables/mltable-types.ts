// Turns the values of columns into those of another type, as an MLTable file says. What cannot be turned is missing, and told.

import type { ColumnType } from "../spec/mltable/mltable.ts";
import type { ColumnTable } from "./mltable-files.ts";
import { parseMoment } from "./parse-moment.ts";
import type { ColumnKind, TableColumn, Value } from "./table.ts";
import { numberOf } from "./value-kind.ts";

const KINDS: Readonly<Record<ColumnType["type"], ColumnKind>> = {
  string: "text",
  int: "integer",
  float: "number",
  boolean: "boolean",
  datetime: "datetime",
};

export function converted(table: ColumnTable, types: readonly ColumnType[]): ColumnTable {
  const columns: TableColumn[] = [];
  const wanted = new Map(
    types.flatMap((type) => type.columns.map((name) => [name, type] as const)),
  );
  const refresh = (): void => {
    const typed = table.columns.map(({ name, type }) => {
      const to = wanted.get(name);
      return { name, type: to === undefined ? type : KINDS[to.type] };
    });
    columns.splice(0, columns.length, ...typed);
  };
  refresh();
  async function* rows(): ColumnTable["rows"] {
    for await (const piece of table.rows) {
      refresh();
      const each = table.columns.map(({ name }) => wanted.get(name) ?? null);
      yield piece.map(({ path, values }) => ({
        path,
        values: values.map((value, at) => {
          const to = each[at] ?? null;
          return to === null || value === null || value === undefined ? value : turned(value, to);
        }),
      }));
    }
  }
  return { ...table, columns, rows: rows() };
}

function turned(value: Exclude<Value, null>, { type, formats, words }: ColumnType): Value {
  const text = String(value).trim();
  switch (type) {
    case "string":
      return String(value);
    case "int": {
      const number = text === "" ? Number.NaN : numberOf(value);
      if (!Number.isFinite(number)) return null;
      return /^[+-]?\d+$/.test(text) && !Number.isSafeInteger(number)
        ? BigInt(text)
        : Math.trunc(number);
    }
    case "float": {
      const number = text === "" ? Number.NaN : numberOf(value);
      return Number.isNaN(number) && !/^nan$/i.test(text) ? null : number;
    }
    case "boolean": {
      const { falses, trues } = words ?? { falses: ["false", "0"], trues: ["true", "1"] };
      const isWord = (list: readonly string[]): boolean =>
        list.some((word) => word.toLowerCase() === text.toLowerCase());
      return isWord(trues) ? true : isWord(falses) ? false : null;
    }
    case "datetime":
      return parseMoment(text, formats);
    default:
      return type satisfies never;
  }
}
