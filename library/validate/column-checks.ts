// The checks of one column, while its rows go by: each is counted, and the first rows that fail it are named.

import type { Cell, Column } from "../../src/ports/tables.ts";
import { cellNumber, cellText, textNumber } from "../runtime/cell-text.ts";
import type { ColumnExpectations } from "./expectations.ts";
import { SeenTexts } from "./seen-texts.ts";
import type { Check } from "./validate.ts";

const NAMED_ROWS = 3;
const SHOWN_LETTERS = 60;

interface Rule {
  readonly expected: string;
  /** Of a cell that is not null. */
  holds(cell: Cell, text: string): boolean;
  failed: number;
  readonly rows: string[];
}

export class ColumnChecks {
  readonly #column: Column;
  readonly #expected: ColumnExpectations;
  readonly #rules: readonly Rule[];
  #rows = 0;
  #nulls = 0;

  constructor(column: Column, expected: ColumnExpectations) {
    this.#column = column;
    this.#expected = expected;
    this.#rules = rulesOf(column, expected);
  }

  /** `before`: rows of the table that went by. */
  add(cells: readonly Cell[], before: number): void {
    if (Object.keys(this.#expected).length === 0) return;
    for (const [index, cell] of cells.entries()) {
      this.#rows += 1;
      const text = cellText(cell, this.#column.type);
      if (text === null) {
        this.#nulls += 1;
        continue;
      }
      for (const rule of this.#rules) {
        if (rule.holds(cell, text)) continue;
        rule.failed += 1;
        if (rule.rows.length < NAMED_ROWS)
          rule.rows.push(`row ${before + index + 1}: ${text.slice(0, SHOWN_LETTERS)}`);
      }
    }
  }

  results(): readonly Check[] {
    const column = this.#column.name;
    const rules = this.#rules.map(({ expected, failed, rows }): Check => {
      const more = failed > rows.length ? ", …" : "";
      const found = failed === 0 ? "all rows" : `not in ${failed} rows (${rows.join(", ")}${more})`;
      return { column, expected, found, ok: failed === 0 };
    });
    return [...this.#nullCheck(), ...rules];
  }

  #nullCheck(): readonly Check[] {
    const { nulls } = this.#expected;
    if (nulls === undefined || nulls === true) return [];
    const most = nulls === false ? 0 : nulls;
    const share = this.#rows === 0 ? 0 : this.#nulls / this.#rows;
    const expected = most === 0 ? "no nulls" : `nulls in at most ${100 * most} % of the rows`;
    return [
      {
        column: this.#column.name,
        expected,
        found: `${this.#nulls} nulls in ${this.#rows} rows`,
        ok: share <= most,
      },
    ];
  }
}

function rulesOf(column: Column, expected: ColumnExpectations): readonly Rule[] {
  const rules: Rule[] = [];
  const add = (words: string, holds: Rule["holds"]): void => {
    rules.push({ expected: words, holds, failed: 0, rows: [] });
  };
  const { type, unique, min, max, values, matches } = expected;
  if (type !== undefined) add(`type ${type}`, typeRule(column, type));
  if (min !== undefined)
    add(
      `at least ${min}`,
      bound(column, min, (order) => order >= 0),
    );
  if (max !== undefined)
    add(
      `at most ${max}`,
      bound(column, max, (order) => order <= 0),
    );
  if (values !== undefined) {
    const known = new Set(values.map(String));
    add(`one of ${[...known].slice(0, 10).join(", ")}${known.size > 10 ? ", …" : ""}`, (_, text) =>
      known.has(text),
    );
  }
  if (matches !== undefined) {
    const pattern = new RegExp(`^(?:${matches})$`, "u");
    add(`matches ${matches}`, (_, text) => pattern.test(text));
  }
  if (unique === true) {
    const seen = new SeenTexts();
    add("unique", (_, text) => seen.add(text));
  }
  return rules;
}

/** What a column is already needs no look at its cells. */
function typeRule(
  { type }: Column,
  wanted: NonNullable<ColumnExpectations["type"]>,
): Rule["holds"] {
  const { kind } = type;
  if (kind === "text" && wanted !== "text") return (_, text) => TEXTS[wanted].test(text);
  const fits: Readonly<Record<typeof wanted, readonly string[]>> = {
    text: ["text", "uuid", "json"],
    integer: ["integer"],
    number: ["integer", "float", "decimal"],
    boolean: ["boolean"],
    date: ["date"],
    timestamp: ["timestamp"],
  };
  const isRight = fits[wanted].includes(kind);
  return () => isRight;
}

const TEXTS = {
  text: /^/,
  integer: /^[+-]?\d+$/,
  number: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  boolean: /^(true|false)$/i,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  timestamp: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/,
};

/** Numbers by their size; texts and days, which are written as ISO has it, by their letters. */
function bound(
  column: Column,
  limit: number | string,
  isFine: (order: number) => boolean,
): Rule["holds"] {
  const number = typeof limit === "number" ? limit : textNumber(limit);
  if (number === null)
    return (_, text) => isFine(text < String(limit) ? -1 : text > String(limit) ? 1 : 0);
  return (cell) => {
    const found = cellNumber(cell, column.type);
    return found !== null && isFine(found - number);
  };
}
