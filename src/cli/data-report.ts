// What was seen of data as a page for a person without Stepwell.

import type { Report, ReportSection } from "../display/report.ts";
import type { DataPreview } from "../operations/data/preview-data.ts";
import { VERSION } from "../version.ts";
import { FORMATS } from "./data-lines.ts";
import { bytes } from "./format.ts";

/** A page holds so many letters of one value. */
const MOST_LETTERS = 200;

export function previewReport(preview: DataPreview, now: number): Report {
  const { data, sizeBytes, folder, table, image, text, notes } = preview;
  const sections: ReportSection[] = [];
  if (folder !== null) {
    const rows = folder.files.map((file) => [file.path, bytes(file.sizeBytes)]);
    sections.push({ kind: "table", title: "Files", head: ["file", "size"], rows });
  }
  if (table !== null)
    sections.push({
      kind: "table",
      title: `First rows of ${table.file}`,
      head: table.columns.map(({ name, type }) => `${name} (${type ?? "empty"})`),
      rows: table.rows.map((row) => row.map((value) => shortText(value))),
    });
  if (text !== null) sections.push({ kind: "text", title: "Beginning", lines: text.lines });
  if (notes.length > 0) sections.push({ kind: "text", title: "Notes", lines: notes });
  const facts: [string, string][] = [
    ["kind", table === null ? preview.kind : FORMATS[table.format]],
    ["size", bytes(sizeBytes)],
  ];
  if (folder !== null) facts.push(["files", `${folder.count}${folder.more ? " or more" : ""}`]);
  if (image !== null) facts.push(["pixels", `${image.width} × ${image.height}`]);
  if (table !== null && table.rowCount !== null) facts.push(["rows", String(table.rowCount)]);
  return { title: data, facts, sections, footer: footerOf(now) };
}

export function shortText(value: null | boolean | number | string): string {
  const text = value === null ? "" : String(value);
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

export function footerOf(now: number): string {
  return `written by Stepwell ${VERSION}, ${new Date(now).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
