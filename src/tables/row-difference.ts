// Which rows of two tables differ, by a key or as a whole, in bounded memory: hashes of one part of the keys at a time, each
// table read once for each part. Knows no file.

import { hashText } from "./hash-text.ts";
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

interface Kept {
  /** Rows of the table before that no row of the one after has met. */
  left: number;
  /** Of the cells that are no key; of the first row with this key. */
  readonly cells: Float64Array;
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
    const kept = new Map<string, Kept>();
    await this.#each("before", (row, key) => {
      if (parts > 1 && hashText(key, 7) % parts !== part) return;
      const known = kept.get(key);
      if (known !== undefined) {
        if (this.#to.key.length > 0) this.#repeated.before += 1;
        known.left += 1;
      } else kept.set(key, { left: 1, cells: this.#hashes(row) });
    });
    const seen = new Set<string>();
    await this.#each("after", (row, key) => {
      if (parts > 1 && hashText(key, 7) % parts !== part) return;
      if (this.#to.key.length > 0) {
        if (seen.has(key)) this.#repeated.after += 1;
        seen.add(key);
      }
      this.#compare(row, key, kept.get(key));
    });
    for (const [key, { left }] of kept) {
      this.#counts.removed += left;
      if (left > 0 && this.#removedKeys.size < SAMPLES) this.#removedKeys.set(key, left);
    }
  }

  #compare(row: TableRow, key: string, known: Kept | undefined): void {
    if (known === undefined || known.left === 0) {
      this.#counts.added += 1;
      if (this.#added.length < SAMPLES) this.#added.push(this.#sample(row));
      return;
    }
    known.left -= 1;
    const hashes = this.#hashes(row);
    const changed = this.#values.filter((_, at) => hashes[at] !== known.cells[at]);
    for (const { name } of changed)
      this.#changedCells.set(name, (this.#changedCells.get(name) ?? 0) + 1);
    this.#counts[changed.length === 0 ? "unchanged" : "changed"] += 1;
    if (changed.length > 0 && this.#changedKeys.size < SAMPLES) this.#changedKeys.set(key, row);
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
      const [old, now] = [this.#hashes(row), this.#hashes(after)];
      const cells = this.#values.filter((_, at) => old[at] !== now[at]);
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

  #hashes(row: TableRow): Float64Array {
    return Float64Array.from(this.#values, ({ at }) => {
      const text = this.#text(row, at);
      return text === null ? -1 : hashText(text);
    });
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
