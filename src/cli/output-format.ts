// `-o json|yaml|tsv|table` as `az ml` writes it: the one object of `--json`, in another form. Knows nothing of what the
// object says.

import { dump } from "js-yaml";

export const OUTPUT_FORMATS = ["json", "yaml", "tsv", "table"] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export function isOutputFormat(word: string | undefined): word is OutputFormat {
  return OUTPUT_FORMATS.some((format) => format === word);
}

/** The JSON text of one object in a format; any other text as it is. */
export function inFormat(format: OutputFormat, text: string): string {
  if (format === "table") return text;
  const value = parsed(text);
  if (value === null) return text;
  if (format === "json") return JSON.stringify(value, null, 2);
  return format === "yaml" ? dump(value, { lineWidth: -1, noRefs: true }) : toTsv(value);
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Its first list of objects, a row each; an object without one is a row by itself. Only what is no list or object. */
function toTsv(value: Readonly<Record<string, unknown>>): string {
  const list = Object.values(value).find(
    (member): member is readonly Readonly<Record<string, unknown>>[] =>
      Array.isArray(member) && member.every(isObject),
  );
  return (list ?? [value]).map(row).join("\n");
}

function row(value: Readonly<Record<string, unknown>>): string {
  return Object.entries(value)
    .filter(([name]) => name !== "schema")
    .map(([, cell]) => cell)
    .filter((cell) => typeof cell !== "object" || cell === null)
    .map((cell) => (cell === null ? "" : escaped(String(cell))))
    .join("\t");
}

function escaped(cell: string): string {
  return cell
    .replaceAll("\\", "\\\\")
    .replaceAll("\t", "\\t")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}
