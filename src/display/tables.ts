// Tables and small charts as HTML: plans, runs, metrics, data. Only text goes in, and it is escaped.

import { escaped } from "./escaped.ts";

/** Rows that a page shows; the rest is counted. */
const MOST_ROWS = 200;

export function tableHtml(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string | null = null,
  most = MOST_ROWS,
): string {
  const cell = (tag: string, text: string): string =>
    `<${tag} style="text-align:left;padding:2px 10px 2px 0">${escaped(text)}</${tag}>`;
  const line = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((text) => cell(tag, text)).join("")}</tr>`;
  const shown = rows.slice(0, most).map((cells) => line("td", cells));
  const rest = rows.length - shown.length;
  return [
    "<table>",
    ...(caption === null
      ? []
      : [`<caption style="text-align:left;white-space:nowrap">${escaped(caption)}</caption>`]),
    `<thead>${line("th", head)}</thead><tbody>`,
    ...shown,
    ...(rest > 0 ? [line("td", [`and ${rest} more`])] : []),
    "</tbody></table>",
  ].join("\n");
}

const FIRST_ROWS = 20;

/** The first rows of data, by the keys that they have. */
export function previewHtml(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const head = [...new Set(rows.slice(0, FIRST_ROWS).flatMap((row) => Object.keys(row)))];
  const text = (value: unknown): string =>
    value === undefined || value === null ? "" : String(value);
  const cells = rows.map((row) => head.map((key) => text(row[key])));
  return tableHtml(head, cells, null, FIRST_ROWS);
}

/** Bars, one a metric; each in proportion to the largest of them. */
export function metricsSvg(metrics: Readonly<Record<string, number>>): string {
  const entries = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  const largest = Math.max(...entries.map(([, value]) => Math.abs(value)), Number.MIN_VALUE);
  const bars = entries.map(([name, value], index) => {
    const y = 8 + index * 24;
    const width = Math.max(1, Math.round((Math.abs(value) / largest) * 260));
    const fill = value < 0 ? "#c98a8a" : "#7aa7d9";
    return [
      `<text x="168" y="${y + 13}" text-anchor="end" ${FONT}>${escaped(name)}</text>`,
      `<rect x="176" y="${y}" width="${width}" height="17" fill="${fill}"/>`,
      `<text x="${182 + width}" y="${y + 13}" ${FONT}>${escaped(String(value))}</text>`,
    ].join("");
  });
  const height = 16 + entries.length * 24;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="560" height="${height}" role="img" aria-label="metrics">\n${bars.join("\n")}\n</svg>`;
}

const FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#888"';
