// The profile of a table as lines for a terminal, and as a page with its histograms.

import { oneLine } from "../core/one-line.ts";
import { histogramSvg } from "../display/histogram-svg.ts";
import type { Report, ReportSection } from "../display/report.ts";
import type { DataProfile } from "../operations/data/profile-data.ts";
import { counted } from "../spec/counted.ts";
import type { ColumnProfile } from "../tables/table-profile.ts";
import { cellText, FORMATS, fittedTable } from "./data-lines.ts";
import { footerOf, shortText } from "./data-report.ts";
import { number } from "./format.ts";

const HEAD = ["COLUMN", "TYPE", "MISSING", "DISTINCT", "MIN", "MEDIAN", "MEAN", "MAX", "VALUES"];

export function profileLines(profile: DataProfile, width: number): readonly string[] {
  const { data, format, files, rows, columns, notes } = profile;
  const of = files > 1 ? ` of ${files} files` : "";
  return [
    `${oneLine(data)}: ${FORMATS[format]}${of}, ${counted(rows, "row")}`,
    ...fittedTable(
      HEAD,
      columns.map((column) => cells(column, rows)),
      Math.max(width, MOST_WIDTH),
    ),
    ...notes.map((note) => `note: ${oneLine(note)}`),
  ];
}

/** A profile is worth a longer line. */
const MOST_WIDTH = 160;

function cells(column: ColumnProfile, rows: number): readonly string[] {
  const { name, type, nulls, distinct, isExact, min, max, mean, quantiles } = column;
  return [
    cellText(name, 30),
    type ?? "empty",
    nulls === 0 ? "" : `${percent(nulls, rows)}`,
    `${isExact ? "" : "~"}${distinct}`,
    cellText(plain(min), 20),
    cellText(plain(quantiles?.["0.5"] ?? null), 20),
    mean === null ? "" : number(mean),
    cellText(plain(max), 20),
    column.histogram === null ? topText(column, rows) : bars(column.histogram.counts),
  ];
}

function plain(value: number | string | null): string | null {
  return typeof value === "number" ? number(value) : value;
}

/** `<0.1 %` and not 0: one missing value counts. */
export function percent(count: number, of: number): string {
  if (count === 0 || of === 0) return "0 %";
  const share = (count / of) * 100;
  if (share < 0.1) return "<0.1 %";
  return `${share > 99.9 && count < of ? ">99.9" : Number(share.toPrecision(3))} %`;
}

const BARS = "▁▂▃▄▅▆▇█";

function bars(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count) => (count === 0 ? "·" : BARS[Math.ceil((count / most) * BARS.length) - 1]))
    .join("");
}

const TOP_SHOWN = 3;

function topText({ top, distinct }: ColumnProfile, rows: number): string {
  // Each value once: a name or a number, and no kind.
  if (distinct > TOP_SHOWN && (top[0]?.count ?? 0) <= 1) return "";
  return top
    .slice(0, TOP_SHOWN)
    .map(({ value, count }) => `${cellText(value, 16) || '""'} ${percent(count, rows)}`)
    .join(", ");
}

export function profileReport(profile: DataProfile, now: number): Report {
  const { data, format, files, rows, columns, notes } = profile;
  const sections: ReportSection[] = [
    {
      kind: "table",
      title: "Columns",
      head: HEAD.slice(0, -1).map((word) => word.toLowerCase()),
      rows: columns.map((column) => cells(column, rows).slice(0, -1)),
    },
  ];
  for (const column of columns.slice(0, MOST_SECTIONS)) sections.push(...sectionsOf(column, rows));
  if (notes.length > 0) sections.push({ kind: "text", title: "Notes", lines: notes });
  const facts: [string, string][] = [
    ["format", FORMATS[format]],
    ["files", String(files)],
    ["rows", String(rows)],
    ["columns", String(columns.length)],
  ];
  return { title: data, facts, sections, footer: footerOf(now) };
}

/** A page with more pictures is read by nobody. */
const MOST_SECTIONS = 200;

function sectionsOf(column: ColumnProfile, rows: number): readonly ReportSection[] {
  const title = shortText(column.name);
  if (column.histogram !== null)
    return [{ kind: "picture", title, svg: histogramSvg(title, column.histogram) }];
  if (column.top.length === 0) return [];
  const frequent = column.top.map(({ value, count }) => [
    shortText(value),
    `${column.isExact ? "" : "≥ "}${count}`,
    percent(count, rows),
  ]);
  return [{ kind: "table", title, head: ["value", "rows", "share"], rows: frequent }];
}
