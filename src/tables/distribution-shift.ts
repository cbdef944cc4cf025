// How far the values of a column lie from those it had: the Kolmogorov-Smirnov distance of numbers and dates, shares of
// others. Pure.

import type { ColumnValues } from "./table-profile.ts";

export interface Shift {
  readonly column: string;
  /** Of numbers: the largest distance of both distributions. Of others: half of all shares that moved. Both from 0 to 1. */
  readonly distance: number;
  readonly measure: "kolmogorov_smirnov" | "total_variation";
  /** Population stability index over ten ranges, or over the values; missing ones are a value. */
  readonly psi: number;
  /** Of missing values. */
  readonly nullShares: readonly [before: number, after: number];
  /** The shares that moved most; empty of numbers. */
  readonly shares: readonly {
    readonly value: string;
    readonly before: number;
    readonly after: number;
  }[];
}

const SHOWN_SHARES = 5;
/** More different values are names and no kinds. */
const MOST_KINDS = 1_000;

/** Null: nothing can be said, as of names that are all different, or without rows. */
export function shiftOf(
  before: ColumnValues,
  after: ColumnValues,
  rows: { readonly before: number; readonly after: number },
): Shift | null {
  if (rows.before === 0 || rows.after === 0) return null;
  const nullShares = [before.nulls / rows.before, after.nulls / rows.after] as const;
  const base = { column: before.name, nullShares };
  const psi = (shares: readonly ShareMove[]): number => psiOf(withNulls(shares, nullShares));
  const [were, are] = [before, after].map(({ counts }) => Math.min(1, counts.distinct()));
  if (were === 0 && are === 0) return null;
  if (were !== are) {
    const shares = [{ before: were ?? 0, after: are ?? 0 }];
    return { ...base, distance: 1, measure: "total_variation", psi: psi(shares), shares: [] };
  }
  if (isOrdered(before) && isOrdered(after) && before.sketch.count * after.sketch.count > 0) {
    const [left, right] = [before.sketch.samples(), after.sketch.samples()];
    const distance = ksDistance(left, right);
    const measure = "kolmogorov_smirnov";
    return { ...base, distance, measure, psi: psi(rangeShares(left, right)), shares: [] };
  }
  const [left, right] = [before.counts.all(), after.counts.all()];
  if (left === null || right === null || Math.max(left.size, right.size) > MOST_KINDS) return null;
  const shares = sharesOf(left, right);
  const distance = shares.reduce((sum, one) => sum + Math.abs(one.after - one.before), 0) / 2;
  const moved = shares.filter((one) => one.after !== one.before).slice(0, SHOWN_SHARES);
  return { ...base, distance, measure: "total_variation", psi: psi(shares), shares: moved };
}

interface ShareMove {
  readonly before: number;
  readonly after: number;
}

/** Shares of all rows instead of those with a value. */
function withNulls(
  shares: readonly ShareMove[],
  [before, after]: readonly [number, number],
): readonly ShareMove[] {
  const all = shares.map((one) => ({
    before: one.before * (1 - before),
    after: one.after * (1 - after),
  }));
  return [...all, { before, after }];
}

function isOrdered({ kind }: ColumnValues): boolean {
  return kind === "integer" || kind === "number" || kind === "date" || kind === "datetime";
}

type Samples = ReturnType<ColumnValues["sketch"]["samples"]>;

function total(samples: Samples): number {
  return samples.reduce((sum, { weight }) => sum + weight, 0);
}

function ksDistance(left: Samples, right: Samples): number {
  const [leftTotal, rightTotal] = [total(left), total(right)];
  let [i, j, leftSeen, rightSeen, most] = [0, 0, 0, 0, 0];
  while (i < left.length || j < right.length) {
    const value = Math.min(left[i]?.value ?? Infinity, right[j]?.value ?? Infinity);
    for (; left[i]?.value === value; i += 1) leftSeen += left[i]?.weight ?? 0;
    for (; right[j]?.value === value; j += 1) rightSeen += right[j]?.weight ?? 0;
    most = Math.max(most, Math.abs(leftSeen / leftTotal - rightSeen / rightTotal));
  }
  return most;
}

const RANGES = 10;

/** Over ranges with as many values each before. */
function rangeShares(left: Samples, right: Samples): readonly ShareMove[] {
  const leftTotal = total(left);
  const edges: number[] = [];
  let seen = 0;
  for (const { value, weight } of left) {
    seen += weight;
    if (seen >= ((edges.length + 1) * leftTotal) / RANGES && edges.at(-1) !== value)
      edges.push(value);
  }
  const sharesIn = (samples: Samples): readonly number[] => {
    const all = total(samples);
    const counts = new Array<number>(edges.length + 1).fill(0);
    for (const { value, weight } of samples) {
      const at = edges.findIndex((edge) => value <= edge);
      const bin = at === -1 ? edges.length : at;
      counts[bin] = (counts[bin] ?? 0) + weight / all;
    }
    return counts;
  };
  const now = sharesIn(right);
  return sharesIn(left).map((before, at) => ({ before, after: now[at] ?? 0 }));
}

/** So that a share of nothing does not make it infinite. */
const LEAST_SHARE = 1e-4;

function psiOf(shares: readonly ShareMove[]): number {
  return shares.reduce((sum, { before, after }) => {
    if (before === after) return sum;
    const [left, right] = [Math.max(before, LEAST_SHARE), Math.max(after, LEAST_SHARE)];
    return sum + (right - left) * Math.log(right / left);
  }, 0);
}

function sharesOf(
  left: ReadonlyMap<string, number>,
  right: ReadonlyMap<string, number>,
): Shift["shares"] {
  const sum = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((all, count) => all + count, 0);
  const [leftTotal, rightTotal] = [sum(left), sum(right)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((value) => ({
      value,
      before: (left.get(value) ?? 0) / leftTotal,
      after: (right.get(value) ?? 0) / rightTotal,
    }))
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
}
