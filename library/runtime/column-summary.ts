// What is known of a column after all its rows went by: counts, range, mean, a sample, its values and how often. Memory is
// bounded; what is no longer exact says so. Pure.

import type { Cell, Column } from "../../src/ports/tables.ts";
import { cellNumber, cellText } from "./cell-text.ts";
import { randomNumbers } from "./random.ts";

/** So many different values are counted; of more only that there are more is known. */
const MOST_VALUES = 10_000;
/** Quantiles are those of so many rows, drawn evenly. */
const SAMPLE_ROWS = 100_000;
const SHOWN_LETTERS = 200;

export class ColumnSummary {
  readonly column: Column;
  readonly #random: () => number;
  #rows = 0;
  #nulls = 0;
  #numbers = 0;
  #mean = 0;
  #squares = 0;
  #lowest: number | null = null;
  #highest: number | null = null;
  #first: string | null = null;
  #last: string | null = null;
  readonly #sample: number[] = [];
  #values: Map<string, number> | null = new Map();

  constructor(column: Column) {
    this.column = column;
    this.#random = randomNumbers("sample", column.name);
  }

  add(cells: readonly Cell[]): void {
    for (const cell of cells) this.#addCell(cell);
  }

  #addCell(cell: Cell): void {
    this.#rows += 1;
    const text = cellText(cell, this.column.type);
    if (text === null) {
      this.#nulls += 1;
      return;
    }
    const short = text.length <= SHOWN_LETTERS ? text : `${text.slice(0, SHOWN_LETTERS)}…`;
    if (this.#first === null || short < this.#first) this.#first = short;
    if (this.#last === null || short > this.#last) this.#last = short;
    this.#values?.set(short, (this.#values.get(short) ?? 0) + 1);
    if ((this.#values?.size ?? 0) > MOST_VALUES) this.#values = null;
    const number = cellNumber(cell, this.column.type);
    if (number !== null && Number.isFinite(number)) this.#addNumber(number);
  }

  #addNumber(number: number): void {
    this.#numbers += 1;
    const off = number - this.#mean;
    this.#mean += off / this.#numbers;
    this.#squares += off * (number - this.#mean);
    if (this.#lowest === null || number < this.#lowest) this.#lowest = number;
    if (this.#highest === null || number > this.#highest) this.#highest = number;
    if (this.#sample.length < SAMPLE_ROWS) this.#sample.push(number);
    else {
      const at = Math.floor(this.#random() * this.#numbers);
      if (at < SAMPLE_ROWS) this.#sample[at] = number;
    }
  }

  get rows(): number {
    return this.#rows;
  }

  get nulls(): number {
    return this.#nulls;
  }

  /** Numbers to reckon with, also those that a CSV file has as texts; not days and moments. */
  get isNumeric(): boolean {
    const { kind } = this.column.type;
    const may = ["integer", "float", "decimal", "text"].includes(kind);
    return (
      may && this.#numbers > 0 && (kind !== "text" || this.#numbers === this.#rows - this.#nulls)
    );
  }

  get range(): { readonly min: number; readonly max: number } | null {
    return this.#lowest === null || this.#highest === null
      ? null
      : { min: this.#lowest, max: this.#highest };
  }

  /** The first and the last by their letters, cut after 200 of them. */
  get words(): { readonly first: string; readonly last: string } | null {
    return this.#first === null || this.#last === null
      ? null
      : { first: this.#first, last: this.#last };
  }

  get mean(): number {
    return this.#mean;
  }

  /** Of the sample, as a population would have it: divided by n - 1. */
  get deviation(): number {
    return this.#numbers < 2 ? 0 : Math.sqrt(this.#squares / (this.#numbers - 1));
  }

  /** How often each value is there; null: there are too many. */
  get values(): ReadonlyMap<string, number> | null {
    return this.#values;
  }

  /** In order. */
  sorted(): readonly number[] {
    return [...this.#sample].sort((a, b) => a - b);
  }

  get isSampled(): boolean {
    return this.#numbers > SAMPLE_ROWS;
  }
}

export { MOST_VALUES };

/** Between neighbours in proportion. `sorted` has at least one number. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}
