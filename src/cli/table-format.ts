// Tables in the forms that other programs read: CSV (RFC 4180) and Markdown. Knows cells, nothing of what they say.

import { number, table } from "./format.ts";

export type TableForm = "text" | "csv" | "md";

export type Cell = string | number | null;

export function formTable(
  form: TableForm,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  if (form === "csv") return [head, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
  const shown = rows.map((row) => row.map(shownCell));
  if (form === "text") return table([head, ...shown]);
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...shown.map(line)].join("\n");
}

/** Up to six digits; a program gets them all (CSV). */
function shownCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell.replaceAll(/\s+/g, " ");
  return number(cell);
}

function csvCell(cell: Cell): string {
  const text = cell === null ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function markdownCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
