// What is different between two pieces of data in one line. Pure.

import type { Shift } from "../tables/distribution-shift.ts";
import type { ComparedTable, DataDifference } from "./diff-data.ts";

export function differenceSummary(found: DataDifference): string {
  if (found.same) return "the same";
  const parts = found.files === null ? [] : [filesText(found.files)];
  for (const table of found.tables.slice(0, 1)) {
    const text = tableText(table);
    if (text !== "") parts.push(found.files === null ? text : `${table.file}: ${text}`);
  }
  if (parts.length === 0) {
    const [before, after] = found.sizes;
    return before === after ? "other bytes, the same size" : `${before} → ${after} bytes`;
  }
  return parts.join("; ");
}

function filesText({ added, removed, changed }: NonNullable<DataDifference["files"]>): string {
  const counted = [
    [added.length, "added"],
    [removed.length, "removed"],
    [changed.length, "changed"],
  ] as const;
  const parts = counted.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return parts.length === 0 ? "the same files" : `files: ${parts.join(", ")}`;
}

export function tableText({ columns, rowCounts, rows, shifts, key }: ComparedTable): string {
  const names = [
    ...columns.added.map(({ name }) => `+${name}`),
    ...columns.removed.map(({ name }) => `-${name}`),
    ...columns.changed.map(({ name, before, after }) => `${name} ${before} → ${after}`),
  ];
  const parts = names.length === 0 ? [] : [`columns ${some(names)}`];
  const moved = rows === null ? "" : rowsText(rows);
  const [before, after] = rowCounts;
  const counts = before === after ? `${before} rows` : `rows ${before} → ${after}`;
  if (moved !== "" || before !== after) parts.push(`${counts}${moved === "" ? "" : ` (${moved})`}`);
  const shifted = notableShifts(shifts, key).map(({ column }) => column);
  if (shifted.length > 0) parts.push(`shifted: ${some(shifted)}`);
  return parts.length === 0 ? "the same rows, written another way" : parts.join(", ");
}

function rowsText({ added, removed, changed }: NonNullable<ComparedTable["rows"]>): string {
  return [
    [added, "added"],
    [removed, "removed"],
    [changed, "changed"],
  ]
    .filter(([count]) => Number(count) > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

const NAMED = 4;

function some(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return `${names.slice(0, NAMED).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Less is what any sample of the same values does. */
const NOTABLE = 0.1;
const NOTABLE_NULLS = 0.05;

/** The largest first; a key is another with other rows, and says nothing. */
export function notableShifts(shifts: readonly Shift[], key: readonly string[]): readonly Shift[] {
  return shifts
    .filter(
      ({ column, distance, nullShares: [before, after] }) =>
        !key.includes(column) && (distance >= NOTABLE || Math.abs(after - before) >= NOTABLE_NULLS),
    )
    .toSorted((a, b) => b.distance - a.distance);
}
