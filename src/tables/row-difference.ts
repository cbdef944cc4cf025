// Which rows of two tables differ, by a key or as a whole, in bounded memory: hashes of one part of the keys at a time, each
// table read once for each part. Knows no file.

import { hashText } from "./hash-text.ts";
import { KeptRows } from "./kept-rows.ts";
import type { ColumnKind, Table, TableRow, Value } from "./table.ts";
import { canonicalText } from "./table-profile.ts";
import { valueKind } from "./value-kind.ts";

export interface RowDifference {
  readonly added: number;
  readonly removed: number;
  /** With a key alone: rows of the same key with other values. */
  readonly changed: number;
  readonly unchanged: number;
  /** Rows whose key another row of their table has. */
  readonly repeated: { readonly before: number; readonly after: number };
  /** Changed rows, by column. */
  readonly changedCells: { readonly [column: string]: number };
  readonly samples: {
    readonly added: readonly SampleRow[];
    readonly removed: readonly SampleRow[];
    readonly changed: readonly {
      readonly key: SampleRow;
      readonly cells: { readonly [column: string]: readonly [before: Value, after: Value] };
    }[];
  };
}

export type SampleRow = { readonly [column: string]: Value };

/** Reads a table anew, from its first row to its last. */
export type ReadTable = (
  side: "before" | "after",
  each: (table: Pick<Table, "columns" | "isTextual">, rows: readonly TableRow[]) => void,
) => Promise<void>;

export interface RowsToCompare {
  readonly read: ReadTable;
  /** Columns that both have. */
  readonly columns: readonly { readonly name: string; readonly kind: ColumnKind | null }[];
  /** Some of them; empty: rows are compared as a whole. */
  readonly key: readonly string[];
  /** About how many rows the larger has. */
  readonly rows: number;
}

/** Hashes that are kept at a time, of cells. */
const MOST_CELLS = 6_000_000;
const MOST_ROWS = 1_000_000;
const SAMPLES = 10;

export async function rowDifference(to: RowsToCompare): Promise<RowDifference> {
  const width = Math.max(1, to.columns.length - to.key.length);
  const atOnce = Math.min(MOST_ROWS, Math.max(1_000, Math.floor(MOST_CELLS / width)));
  const parts = Math.max(1, Math.ceil(to.rows / atOnce));
  const made = new Difference(to);
  for (let part = 0; part < parts; part += 1) await made.comparePart(part, parts);
  await made.findValuesBefore();
  return made.result();
}

class Difference {
  readonly #to: RowsToCompare;
  readonly #values: readonly { readonly name: string; readonly at: number }[];
  readonly #keys: readonly number[];
  readonly #changedCells = new Map<string, number>();
  readonly #added: SampleRow[] = [];
  readonly #removedKeys = new Map<string, number>();
  readonly #removed: SampleRow[] = [];
  readonly #changedKeys = new Map<string, TableRow>();
  readonly #changedSamples: RowDifference["samples"]["changed"][number][] = [];
  #counts = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  #repeated = { before: 0, after: 0 };

  constructor(to: RowsToCompare) {
    this.#to = to;
    const all = to.columns.map(({ name }, at) => ({ name, at }));
    const isKey = ({ name }: { name: string }): boolean => to.key.includes(name);
    this.#values = to.key.length === 0 ? [] : all.filter((one) => !isKey(one));
    this.#keys = (to.key.length === 0 ? all : all.filter(isKey)).map(({ at }) => at);
  }

  async comparePart(part: number, parts: number): Promise<void> {
    const isOfPart = (key: string): boolean => parts === 1 || hashText(key, 7) % parts === part;
    const isKeyed = this.#to.key.length > 0;
    const kept = new KeptRows(this.#values.length);
    await this.#each("before", (row, key) => {
      if (!isOfPart(key)) return;
      const at = kept.find(key);
      if (at === null) kept.add(key, (index) => this.#hash(row, index), 1);
      else {
        if (isKeyed) this.#repeated.before += 1;
        kept.left[at] = (kept.left[at] ?? 0) + 1;
      }
    });
    await this.#each("after", (row, key) => {
      if (!isOfPart(key)) return;
      const at = kept.find(key);
      if (isKeyed && at !== null && kept.wasMet(at)) this.#repeated.after += 1;
      this.#compare(row, key, kept, at);
    });
    for (const [key, at] of kept.places) {
      const left = kept.left[at] ?? 0;
      this.#counts.removed += left;
      if (left > 0 && this.#removedKeys.size < SAMPLES) this.#removedKeys.set(key, left);
    }
  }

  #compare(row: TableRow, key: string, kept: KeptRows, at: number | null): void {
    if (at !== null) kept.meet(at);
    const left = at === null ? 0 : (kept.left[at] ?? 0);
    if (at === null || left === 0) {
      // Kept as well, so that the same key again is told.
      if (at === null && this.#to.key.length > 0) kept.meet(kept.add(key, () => 0, 0));
      this.#counts.added += 1;
      if (this.#added.length < SAMPLES) this.#added.push(this.#sample(row));
      return;
    }
    kept.left[at] = left - 1;
    let isChanged = false;
    for (const [index, { name }] of this.#values.entries()) {
      if (this.#hash(row, index) === kept.hash(at, index)) continue;
      isChanged = true;
      this.#changedCells.set(name, (this.#changedCells.get(name) ?? 0) + 1);
    }
    this.#counts[isChanged ? "changed" : "unchanged"] += 1;
    if (isChanged && this.#changedKeys.size < SAMPLES) this.#changedKeys.set(key, row);
  }

  /** The values of sampled rows were not kept: they are looked up at the end. */
  async findValuesBefore(): Promise<void> {
    if (this.#removedKeys.size + this.#changedKeys.size === 0) return;
    await this.#each("before", (row, key) => {
      const left = this.#removedKeys.get(key) ?? 0;
      if (left > 0) this.#removedKeys.set(key, left - 1);
      if (left > 0 && this.#removed.length < SAMPLES) this.#removed.push(this.#sample(row));
      const after = this.#changedKeys.get(key);
      if (after === undefined) return;
      this.#changedKeys.delete(key);
      const cells = this.#values.filter((_, at) => this.#hash(row, at) !== this.#hash(after, at));
      this.#changedSamples.push({
        key: this.#sample(row, this.#to.key),
        cells: Object.fromEntries(
          cells.map(({ name, at }) => [name, [row[at] ?? null, after[at] ?? null]]),
        ),
      });
    });
  }

  result(): RowDifference {
    const byCount = [...this.#changedCells].sort(([, a], [, b]) => b - a);
    return {
      ...this.#counts,
      repeated: this.#repeated,
      changedCells: Object.fromEntries(byCount),
      samples: { added: this.#added, removed: this.#removed, changed: this.#changedSamples },
    };
  }

  /** Rows with the columns that both have, in one order, and their keys. */
  async #each(side: "before" | "after", each: (row: TableRow, key: string) => void): Promise<void> {
    let width = -1;
    let places: readonly number[] = [];
    await this.#to.read(side, (table, rows) => {
      if (table.columns.length !== width) {
        width = table.columns.length;
        const at = new Map(table.columns.map(({ name }, index) => [name, index]));
        places = this.#to.columns.map(({ name }) => at.get(name) ?? -1);
      }
      for (const row of rows) {
        const common = places.map((at) => row[at] ?? null);
        each(common, this.#key(common));
      }
    });
  }

  #key(row: TableRow): string {
    const texts = this.#keys.map((at) => this.#text(row, at));
    const key = JSON.stringify(texts);
    return key.length <= 48
      ? key
      : `${hashText(key).toString(36)}.${hashText(key, 1).toString(36)}`;
  }

  /** Of the value at this place among those that are no key. */
  #hash(row: TableRow, index: number): number {
    const text = this.#text(row, this.#values[index]?.at ?? -1);
    return text === null ? -1 : hashText(text);
  }

  /** The same for values that are the same, in whichever form a file holds them. */
  #text(row: TableRow, at: number): string | null {
    const value = row[at] ?? null;
    if (value === null) return null;
    const kind = this.#to.columns[at]?.kind ?? null;
    return canonicalText(value, kind ?? valueKind(value, true));
  }

  #sample(row: TableRow, only?: readonly string[]): SampleRow {
    const named = this.#to.columns.map(({ name }, at) => [name, row[at] ?? null] as const);
    return Object.fromEntries(named.filter(([name]) => only?.includes(name) ?? true));
  }
}
