// How far a column has moved from a reference: the population stability index. Below 0.1 is noise, above 0.2 a change, as
// people who watch models take it. Pure.

import { type ColumnSummary, quantile } from "../runtime/column-summary.ts";

const BINS = 10;
/** Rarer values count together. */
const MOST_VALUES = 50;
/** A share of nothing has no logarithm. */
const SMALLEST = 1e-4;

/** Null: the column has nothing to compare, such as texts that are all different. */
export function driftBetween(before: ColumnSummary, now: ColumnSummary): number | null {
  if (before.rows === 0 || now.rows === 0) return null;
  if (before.isNumeric && now.isNumeric) return numericDrift(before, now);
  if (before.values === null) return null;
  return index(sharesOf(before, before), sharesOf(before, now));
}

function numericDrift(before: ColumnSummary, now: ColumnSummary): number {
  const sorted = before.sorted();
  const edges = [
    ...new Set(Array.from({ length: BINS - 1 }, (_, bin) => quantile(sorted, (bin + 1) / BINS))),
  ];
  return index(binned(before, edges), binned(now, edges));
}

/** Shares of the bins, and of nulls. */
function binned(summary: ColumnSummary, edges: readonly number[]): readonly number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  const sorted = summary.sorted();
  let bin = 0;
  for (const number of sorted) {
    while (bin < edges.length && number > (edges[bin] ?? 0)) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const nulls = summary.nulls / summary.rows;
  return [...counts.map((count) => (count / Math.max(1, sorted.length)) * (1 - nulls)), nulls];
}

/** Shares of the reference's most frequent values, of all others, and of nulls. */
function sharesOf(reference: ColumnSummary, summary: ColumnSummary): readonly number[] {
  const known = [...(reference.values ?? [])]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_VALUES)
    .map(([value]) => (summary.values?.get(value) ?? 0) / summary.rows);
  const nulls = summary.nulls / summary.rows;
  const others = Math.max(0, 1 - nulls - known.reduce((sum, one) => sum + one, 0));
  return [...known, others, nulls];
}

function index(before: readonly number[], now: readonly number[]): number {
  return before.reduce((sum, share, at) => {
    const [expected, found] = [Math.max(share, SMALLEST), Math.max(now[at] ?? 0, SMALLEST)];
    return sum + (found - expected) * Math.log(found / expected);
  }, 0);
}
