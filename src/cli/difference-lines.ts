// The difference of two pieces of data as lines for a terminal, and as a page.

import { oneLine } from "../core/one-line.ts";
import type { Report, ReportSection } from "../display/report.ts";
import type { ComparedTable, DataDifference } from "../operations/data/diff-data.ts";
import {
  differenceSummary,
  notableShifts,
  tableText,
} from "../operations/data/difference-summary.ts";
import type { PlainValue } from "../operations/data/preview-data.ts";
import { counted } from "../spec/counted.ts";
import type { SampleRow } from "../tables/row-difference.ts";
import { cellText } from "./data-lines.ts";
import { footerOf } from "./data-report.ts";
import { bytes, number, table } from "./format.ts";
import { percent } from "./profile-lines.ts";

export function differenceLines(found: DataDifference): readonly string[] {
  return [
    `${oneLine(found.before)} → ${oneLine(found.after)}`,
    ...detailLines(found),
    ...found.notes.map((note) => `note: ${oneLine(note)}`),
  ];
}

/** Without the names of what is compared. */
export function detailLines(found: DataDifference): readonly string[] {
  const { files, tables } = found;
  if (found.same || (files === null && tables.length === 0)) return [differenceSummary(found)];
  return [
    ...(files === null ? [] : fileLines(files)),
    ...tables.flatMap((one) => tableLines(one, files !== null)),
  ];
}

const NAMED_FILES = 20;

function fileLines(files: NonNullable<DataDifference["files"]>): readonly string[] {
  const all = [
    ...files.added.map((file) => ["added", file.path, bytes(file.sizeBytes)]),
    ...files.removed.map((file) => ["removed", file.path, bytes(file.sizeBytes)]),
    ...files.changed.map(({ path, sizes: [before, after] }) => [
      "changed",
      path,
      before === after ? bytes(after) : `${bytes(before)} → ${bytes(after)}`,
    ]),
  ];
  const shown = all
    .slice(0, NAMED_FILES)
    .map(([what = "", path = "", size = ""]) => [what, cellText(path, 80), size]);
  const rest = all.length - shown.length;
  return [
    ...(shown.length === 0 ? [] : [table(shown)]),
    ...(rest > 0 ? [`and ${rest} more`] : []),
    `${files.unchanged} unchanged`,
  ];
}

function tableLines(one: ComparedTable, isNamed: boolean): readonly string[] {
  const lines = isNamed ? ["", `${oneLine(one.file)}: ${oneLine(tableText(one))}`] : [];
  if (!isNamed) lines.push(oneLine(tableText(one)));
  for (const row of columnRows(one))
    lines.push(`  ${row.map((text) => cellText(text, 60)).join(" ")}`);
  lines.push(`  ${keyText(one)}`);
  lines.push(...sampleLines(one), ...shiftLines(one));
  return lines;
}

function columnRows({ columns }: ComparedTable): readonly (readonly string[])[] {
  return [
    ...columns.added.map(({ name, type }) => ["+", name, `(${type ?? "empty"})`]),
    ...columns.removed.map(({ name, type }) => ["-", name, `(${type ?? "empty"})`]),
    ...columns.changed.map(({ name, before, after }) => [
      "~",
      name,
      `${before ?? "empty"} → ${after ?? "empty"}`,
    ]),
  ];
}

function keyText({ key, keyFrom, rows }: ComparedTable): string {
  if (rows === null) return "no column is in both: rows were not compared";
  if (keyFrom === "none")
    return "no column is unique in both: rows were compared as a whole (name a key: --key COLUMN)";
  const names = key.map((name) => cellText(name)).join(", ");
  const repeated = rows.repeated.before + rows.repeated.after;
  const how = keyFrom === "guessed" ? `${names} (unique in both; another: --key COLUMN)` : names;
  return repeated === 0
    ? `rows by ${how}`
    : `rows by ${how}, which is not unique: ${counted(rows.repeated.before, "row")} before and ${rows.repeated.after} after repeat a key`;
}

const SAMPLES = 5;

function sampleLines({ rows }: ComparedTable): readonly string[] {
  if (rows === null) return [];
  const { samples, changedCells } = rows;
  const lines: string[] = [];
  const cells = Object.entries(changedCells).slice(0, 8);
  if (cells.length > 0)
    lines.push(
      `  changed values: ${cells.map(([name, count]) => `${cellText(name)} ${count}`).join(", ")}`,
    );
  for (const { key, cells: values } of samples.changed.slice(0, SAMPLES)) {
    const moved = Object.entries(values).slice(0, 4);
    lines.push(
      `  ~ ${rowText(key)}: ${moved.map(([name, [old, now]]) => `${cellText(name)} ${valueText(old)} → ${valueText(now)}`).join(", ")}`,
    );
  }
  for (const row of samples.added.slice(0, SAMPLES)) lines.push(`  + ${rowText(row)}`);
  for (const row of samples.removed.slice(0, SAMPLES)) lines.push(`  - ${rowText(row)}`);
  return lines;
}

function rowText(row: SampleRow): string {
  const all = Object.entries(row);
  const shown = all.slice(0, 6).map(([name, value]) => `${cellText(name)}=${valueText(value)}`);
  return `${shown.join(" ")}${all.length > shown.length ? " …" : ""}`;
}

function valueText(value: SampleRow[string]): string {
  return value === null ? "missing" : cellText(value as PlainValue, 24) || '""';
}

function shiftLines(one: ComparedTable): readonly string[] {
  return notableShifts(one).map((shift) => {
    const { column, distance, psi, measure, nullShares, shares } = shift;
    const name = measure === "kolmogorov_smirnov" ? "KS" : "distance";
    const [before, after] = nullShares;
    const missing =
      before === after ? "" : `, missing ${percent(before, 1)} → ${percent(after, 1)}`;
    const moved = shares.slice(0, 3).map((share) => {
      const value = cellText(share.value, 24) || '""';
      return `${value} ${percent(share.before, 1)} → ${percent(share.after, 1)}`;
    });
    const list = moved.length === 0 ? "" : `: ${moved.join(", ")}`;
    return `  shift ${cellText(column)}: ${name} ${number(Number(distance.toFixed(3)))}, PSI ${number(Number(psi.toFixed(3)))}${missing}${list}`;
  });
}

export function differenceReport(found: DataDifference, now: number): Report {
  const { files, tables, notes, before, after } = found;
  const sections: ReportSection[] = [];
  if (files !== null) sections.push({ kind: "text", title: "Files", lines: fileLines(files) });
  for (const one of tables) {
    sections.push({ kind: "text", title: one.file, lines: tableLines(one, false) });
    if (one.shifts.length > 0)
      sections.push({
        kind: "table",
        title: `How far the values of ${one.file} moved`,
        head: ["column", "measure", "distance", "PSI", "missing before", "missing after"],
        rows: one.shifts.map(({ column, measure, distance, psi, nullShares: [old, is] }) => [
          column,
          measure === "kolmogorov_smirnov" ? "KS" : "shares",
          distance.toFixed(4),
          psi.toFixed(4),
          percent(old, 1),
          percent(is, 1),
        ]),
      });
  }
  if (notes.length > 0) sections.push({ kind: "text", title: "Notes", lines: notes });
  return {
    title: "What is different",
    facts: [
      ["before", before],
      ["after", after],
      ["in short", differenceSummary(found)],
    ],
    sections,
    footer: footerOf(now),
  };
}
