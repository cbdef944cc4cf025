// What is different between two pieces of data in one line. Pure.

import { counted } from "../../spec/counted.ts";
import type { Shift } from "../../tables/distribution-shift.ts";
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

export function tableText(table: ComparedTable): string {
  const { columns, rowCounts, rows } = table;
  const names = [
    ...columns.added.map(({ name }) => `+${name}`),
    ...columns.removed.map(({ name }) => `-${name}`),
    ...columns.changed.map(
      ({ name, before, after }) => `${name} ${before ?? "empty"} → ${after ?? "empty"}`,
    ),
  ];
  const parts = names.length === 0 ? [] : [`columns ${some(names)}`];
  const moved = rows === null ? "" : rowsText(rows);
  const [before, after] = rowCounts;
  const counts = before === after ? counted(before, "row") : `rows ${before} → ${after}`;
  if (moved !== "" || before !== after) parts.push(`${counts}${moved === "" ? "" : ` (${moved})`}`);
  const shifted = notableShifts(table).map(({ column }) => column);
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

const NOTABLE = 0.1;
const NOTABLE_NULLS = 0.05;
/** Two samples of the same values lie further apart in one case of twenty (of Kolmogorov and Smirnov). */
const BY_CHANCE = 1.36;

/**
 * Those that are large and no accident of few rows, the largest first; a key is another with other rows, and says nothing.
 */
export function notableShifts({
  shifts,
  key,
  rowCounts: [before, after],
}: Pick<ComparedTable, "shifts" | "key" | "rowCounts">): readonly Shift[] {
  const isNotable = ({ distance, nullShares: [old, now] }: Shift): boolean => {
    const [left, right] = [before * (1 - old), after * (1 - now)];
    const chance = BY_CHANCE * Math.sqrt((left + right) / (left * right));
    if (distance >= NOTABLE && distance > chance) return true;
    const moved = Math.abs(now - old);
    return (
      moved >= NOTABLE_NULLS && moved > BY_CHANCE * Math.sqrt((before + after) / (before * after))
    );
  };
  return shifts
    .filter((shift) => !key.includes(shift.column) && isNotable(shift))
    .toSorted((a, b) => b.distance - a.distance);
}
