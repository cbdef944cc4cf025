// What the columns of a table hold, from one reading in bounded memory: missing, different, smallest, largest, usual and
// frequent values. Counts, extremes and means are exact; the rest says whether it is. Knows no file.

import { histogram, QuantileSketch, quantile } from "./quantile-sketch.ts";
import type { ColumnKind, Table, TableRow, Value } from "./table.ts";
import { ValueCounts } from "./value-counts.ts";
import { numberOf, valueKind, widerKind } from "./value-kind.ts";

export interface ColumnProfile {
  readonly name: string;
  /** Null: all values are missing. */
  readonly type: ColumnKind | null;
  readonly nulls: number;
  readonly distinct: number;
  /** False: `distinct` is about right, and the counts of `top` are lower bounds. */
  readonly isExact: boolean;
  /** As they are written; of texts by the order of their letters. Null without values. */
  readonly min: string | number | null;
  readonly max: string | number | null;
  /** Of numbers that are finite. */
  readonly mean: number | null;
  readonly deviation: number | null;
  /** NaN and infinite ones, which count nowhere else. */
  readonly notFinite: number;
  /** Of numbers, and of dates as texts. */
  readonly quantiles: { readonly [share: string]: number | string } | null;
  readonly quantilesExact: boolean;
  readonly histogram: {
    readonly from: number | string;
    readonly to: number | string;
    readonly counts: readonly number[];
  } | null;
  readonly top: readonly { readonly value: string; readonly count: number }[];
  /** Letters of texts. */
  readonly lengths: { readonly min: number; readonly max: number; readonly mean: number } | null;
}

const SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const BINS = 10;
const TOP = 10;
/** Numbers of sketches and values of counts that all columns together may keep. */
const KEPT = 1_000_000;

/** Of it for one of so many columns. */
export function keptOf(columns: number): number {
  return Math.floor(KEPT / Math.max(1, columns));
}

export class TableProfile {
  readonly columns: ColumnValues[] = [];
  readonly #table: Pick<Table, "columns" | "isTextual">;
  rows = 0;

  constructor(table: Pick<Table, "columns" | "isTextual">) {
    this.#table = table;
  }

  add(rows: readonly TableRow[]): void {
    const { columns, isTextual } = this.#table;
    while (this.columns.length < columns.length) {
      const { name, type } = columns[this.columns.length] as Table["columns"][number];
      const kept = keptOf(Math.max(columns.length, this.columns.length + 1));
      this.columns.push(new ColumnValues(name, { type, isTextual, kept, missed: this.rows }));
    }
    for (const [at, column] of this.columns.entries()) for (const row of rows) column.add(row[at]);
    this.rows += rows.length;
  }

  result(): readonly ColumnProfile[] {
    return this.columns.map((column) => column.result());
  }
}

interface ColumnSettings {
  readonly type: ColumnKind | null;
  readonly isTextual: boolean;
  readonly kept: number;
  /** Rows that were there before the column was. */
  readonly missed: number;
}

const LEAST_KEPT = 100;
const MOST_KEPT = 20_000;

/** One column while it is read. */
export class ColumnValues {
  readonly name: string;
  readonly #isTextual: boolean;
  readonly #isTyped: boolean;
  readonly counts: ValueCounts;
  /** Of numbers, or of the milliseconds of dates; stays behind once a text has come. */
  readonly sketch: QuantileSketch;
  kind: ColumnKind | null;
  nulls: number;
  #values = 0;
  #mean = 0;
  #squares = 0;
  #notFinite = 0;
  #letters = 0;
  #shortest = Infinity;
  #longest = 0;
  #smallest: Extreme | null = null;
  #largest: Extreme | null = null;
  #first: string | null = null;
  #last: string | null = null;

  constructor(name: string, { type, isTextual, kept, missed }: ColumnSettings) {
    this.name = name;
    this.kind = type;
    this.#isTyped = type !== null;
    this.#isTextual = isTextual;
    this.nulls = missed;
    const most = Math.max(LEAST_KEPT, Math.min(MOST_KEPT, Math.floor(kept / 2)));
    this.counts = new ValueCounts(most);
    this.sketch = new QuantileSketch(most);
  }

  add(value: Value | undefined): void {
    if (value === null || value === undefined) {
      this.nulls += 1;
      return;
    }
    this.#values += 1;
    const kind = this.#isTyped ? (this.kind as ColumnKind) : valueKind(value, this.#isTextual);
    if (!this.#isTyped) this.kind = widerKind(this.kind, kind);
    const text = canonicalText(value, kind);
    this.counts.add(text);
    if (kind === "integer" || kind === "number") this.#addNumber(value, text);
    else if (kind === "date" || kind === "datetime") this.#addNumber(momentOf(text), text);
    const { length } = text;
    this.#letters += length;
    if (length < this.#shortest) this.#shortest = length;
    if (length > this.#longest) this.#longest = length;
    if (this.#first === null || text < this.#first) this.#first = text;
    if (this.#last === null || text > this.#last) this.#last = text;
  }

  #addNumber(value: Value, text: string): void {
    const number = numberOf(value);
    if (!Number.isFinite(number)) {
      this.#notFinite += 1;
      return;
    }
    this.sketch.add(number);
    const step = number - this.#mean;
    this.#mean += step / this.sketch.count;
    this.#squares += step * (number - this.#mean);
    if (isBeyond({ number, text }, this.#smallest, -1)) this.#smallest = { number, text };
    if (isBeyond({ number, text }, this.#largest, 1)) this.#largest = { number, text };
  }

  result(): ColumnProfile {
    const { kind } = this;
    const isNumeric = kind === "integer" || kind === "number";
    const isMoment = kind === "date" || kind === "datetime";
    const hasNumbers = (isNumeric || isMoment) && this.sketch.count > 0;
    const shown = (number: number): number | string =>
      isMoment ? momentText(number, kind) : number;
    const extreme = (of: Extreme | null): string | number | null =>
      of === null ? null : isNumeric && isPlain(of) ? of.number : of.text;
    const isText = kind === "text" || kind === "json" || kind === "binary";
    return {
      name: this.name,
      type: kind,
      nulls: this.nulls,
      distinct: Math.min(this.counts.distinct(), this.#values),
      isExact: this.counts.isExact,
      min: isNumeric || isMoment ? extreme(this.#smallest) : short(this.#first),
      max: isNumeric || isMoment ? extreme(this.#largest) : short(this.#last),
      mean: isNumeric && hasNumbers ? this.#mean : null,
      deviation:
        isNumeric && this.sketch.count > 1
          ? Math.sqrt(this.#squares / (this.sketch.count - 1))
          : null,
      notFinite: isNumeric ? this.#notFinite : 0,
      ...(hasNumbers ? this.#shape(shown) : NO_SHAPE),
      top: this.counts.top(TOP),
      lengths:
        isText && this.#values > 0
          ? { min: this.#shortest, max: this.#longest, mean: this.#letters / this.#values }
          : null,
    };
  }

  #shape(
    shown: (number: number) => number | string,
  ): Pick<ColumnProfile, "quantiles" | "quantilesExact" | "histogram"> {
    const samples = this.sketch.samples();
    const quantiles = SHARES.map((q) => [String(q), shown(quantile(samples, q) ?? 0)] as const);
    const [from, to] = [this.#smallest?.number ?? 0, this.#largest?.number ?? 0];
    return {
      quantiles: Object.fromEntries(quantiles),
      quantilesExact: this.sketch.isExact,
      histogram: {
        from: shown(from),
        to: shown(to),
        counts: histogram(samples, { from, to, count: BINS }),
      },
    };
  }
}

const NO_SHAPE = { quantiles: null, quantilesExact: true, histogram: null };

interface Extreme {
  readonly number: number;
  readonly text: string;
}

/** Whole numbers that a number does not hold are compared as they are. */
function isBeyond(one: Extreme, known: Extreme | null, direction: 1 | -1): boolean {
  if (known === null) return true;
  if (one.number !== known.number) return Math.sign(one.number - known.number) === direction;
  if (Number.isSafeInteger(one.number) || !/^[+-]?\d+$/.test(one.text + known.text)) return false;
  const [left, right] = [BigInt(one.text), BigInt(known.text)];
  return direction === 1 ? left > right : left < right;
}

function isPlain({ number, text }: Extreme): boolean {
  return Number.isSafeInteger(number) || !/^[+-]?\d+$/.test(text);
}

const MOST_LETTERS = 200;

function short(text: string | null): string | null {
  return text === null || text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS)}…`;
}

/** `1.0` and `1` are one number, `+1` too; other values are as they are written. */
export function canonicalText(value: Exclude<Value, null>, kind: ColumnKind): string {
  if (kind === "boolean") return String(value).toLowerCase();
  if (kind !== "number" && kind !== "integer") return String(value);
  if (typeof value === "string" && /^[+-]?\d+$/.test(value)) {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) return value.replace(/^\+/, "");
  }
  return String(typeof value === "bigint" ? value : numberOf(value));
}

/** Without a zone it is taken for UTC. */
export function momentOf(text: string): number {
  const full = text.length === 10 ? `${text}T00:00` : text.replace(" ", "T");
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(full) ? full : `${full}Z`);
}

function momentText(milliseconds: number, kind: ColumnKind | null): string {
  const text = new Date(milliseconds).toISOString();
  return kind === "date" ? text.slice(0, 10) : text.replace(".000Z", "Z");
}
