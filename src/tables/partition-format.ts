// Columns from the path of a file: `/{year}/{when:yyyy/MM/dd}/*.csv`. Pure.

import type { TableColumn, Value } from "./table.ts";

export interface PartitionReader {
  readonly columns: readonly TableColumn[];
  /** Null: the path is not of this format. */
  read(path: string): readonly Value[] | null;
}

const DATE_PART = /yyyy|MM|dd|HH|mm|ss/g;

export function partitionReader(format: string): PartitionReader {
  const columns: TableColumn[] = [];
  const groups: (readonly string[])[] = [];
  let pattern = "";
  for (const [text, name, dates] of format.matchAll(
    /\{([^{}:]+)(?::([^{}]+))?\}|\*+|[^{}*]+|[{}]/g,
  )) {
    if (name === undefined) {
      pattern += text.startsWith("*") ? "[^/]*" : literal(text);
      continue;
    }
    const parts = dates?.match(DATE_PART) ?? [];
    columns.push({ name, type: parts.length > 0 ? "datetime" : null });
    groups.push(parts);
    pattern += parts.length > 0 ? datePattern(dates ?? "") : "([^/]+?)";
  }
  // The format may leave out the file's name.
  const ending = /\/$|[}]$/.test(format) ? "(?:/|$)" : "$";
  const expression = new RegExp(`${pattern.replace(/\/$/, "")}${ending}`);
  return {
    columns,
    read(path) {
      const found = expression.exec(path.startsWith("/") ? path : `/${path}`);
      if (found === null) return null;
      const texts = found.slice(1);
      let at = 0;
      return groups.map((parts): Value => {
        const from = at;
        at += Math.max(1, parts.length);
        return parts.length > 0 ? moment(parts, texts.slice(from, at)) : (texts[from] ?? null);
      });
    },
  };
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function datePattern(format: string): string {
  return format
    .split(/(yyyy|MM|dd|HH|mm|ss)/)
    .map((part, at) => (at % 2 === 0 ? literal(part) : part === "yyyy" ? "(\\d{4})" : "(\\d{2})"))
    .join("");
}

function moment(parts: readonly string[], texts: readonly string[]): string {
  const of = (part: string, usual: string): string => texts[parts.indexOf(part)] ?? usual;
  const day = `${of("yyyy", "1970")}-${of("MM", "01")}-${of("dd", "01")}`;
  return `${day}T${of("HH", "00")}:${of("mm", "00")}:${of("ss", "00")}`;
}
