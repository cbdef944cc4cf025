// Data as lines for a terminal: tables that fit its width, texts without a sign that a terminal would obey. Knows no
// operation but by what it gives.

import { oneLine } from "../core/one-line.ts";
import type { DataPreview, PlainValue, TablePreview } from "../operations/data/preview-data.ts";
import { counted } from "../spec/counted.ts";
import { bytes, table } from "./format.ts";

const MOST_CELL = 40;
const GAP = 2;

/** One harmless line, cut where it is long. */
export function cellText(value: PlainValue, most = MOST_CELL): string {
  if (value === null) return "";
  const text = oneLine(String(value).slice(0, 2 * most));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** As many columns as there is room for; the names of the others in a line below. */
export function fittedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const widths = head.map((name, at) =>
    Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  let used = 0;
  const over = widths.findIndex((one) => {
    used += one + GAP;
    return used - GAP > width;
  });
  const count = over === -1 ? head.length : Math.max(1, over);
  const lines = [table([head, ...rows].map((row) => row.slice(0, count)))];
  const rest = head.slice(count);
  if (rest.length > 0)
    lines.push(`and ${columns(rest.length)}: ${cut(rest.join(", "), 4 * MOST_CELL)}`);
  return lines;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function columns(count: number): string {
  return counted(count, "more column");
}

export function previewLines(preview: DataPreview, width: number): readonly string[] {
  const { data, kind, sizeBytes, folder, table: shown, image, text, notes } = preview;
  const lines = [`${oneLine(data)}: ${titleOf(preview)}, ${bytes(sizeBytes)}`];
  if (image !== null) lines.push(`${image.width} × ${image.height} pixels`);
  for (const line of text?.lines ?? []) lines.push(`  ${cellText(line, 2 * MOST_CELL)}`);
  if (text?.more) lines.push("  …");
  if (folder !== null) {
    const files = folder.files.map((file) => [
      `  ${cellText(file.path, 80)}`,
      bytes(file.sizeBytes),
    ]);
    lines.push(table(files));
    const rest = folder.count - folder.files.length;
    if (rest > 0) lines.push(`  and ${rest}${folder.more ? " or more" : ""} more`);
    if (shown !== null) lines.push("", `${oneLine(shown.file)}: ${tableTitle(shown)}`);
  }
  if (shown !== null) lines.push(...tableLines(shown, width));
  else if (kind === "folder") lines.push("no table in it");
  for (const note of notes) lines.push(`note: ${oneLine(note)}`);
  return lines;
}

export const FORMATS = {
  csv: "CSV",
  json_lines: "JSON lines",
  parquet: "Parquet",
  mltable: "MLTable",
} as const;

function titleOf({ kind, table: shown, image, folder }: DataPreview): string {
  if (kind === "table" && shown !== null) return tableTitle(shown);
  if (image !== null) return `${image.format.toUpperCase()} image`;
  if (folder !== null)
    return `folder of ${folder.count}${folder.more ? " files or more" : folder.count === 1 ? " file" : " files"}`;
  return kind === "binary" ? "neither a table, a picture nor text" : kind;
}

function tableTitle({ format, columns: all, rowCount }: TablePreview): string {
  const rows = rowCount === null ? "" : `, ${counted(rowCount, "row")}`;
  return `${FORMATS[format]}, ${counted(all.length, "column")}${rows}`;
}

function tableLines({ columns: all, rows, more }: TablePreview, width: number): readonly string[] {
  if (all.length === 0) return ["no rows"];
  const types = all.map(({ type }) => type ?? "empty");
  const cells = rows.map((row) => row.map((value) => cellText(value)));
  const names = all.map(({ name }) => cellText(name));
  const lines = fittedTable(names, [types, ...cells], width);
  return more ? [...lines, "…"] : rows.length === 0 ? [...lines, "no rows"] : lines;
}
