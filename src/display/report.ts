// A report for a person who has nothing but this one file: a heading, facts, and sections of tables, text or a picture, as
// HTML or Markdown. Everything that is shown is text of others and is escaped; nothing is loaded from anywhere.

import { escaped } from "./escaped.ts";

export interface Report {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly sections: readonly ReportSection[];
  /** When and by what it was written. */
  readonly footer: string;
}

export type ReportSection = { readonly title: string } & (
  | {
      readonly kind: "table";
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: "text"; readonly lines: readonly string[] }
  /** SVG that was made here; Markdown leaves it out. */
  | { readonly kind: "picture"; readonly svg: string }
);

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #ddd;overflow-wrap:anywhere}
pre{background:#f6f6f4;padding:1rem;overflow-x:auto}figure{margin:0;overflow-x:auto}footer{color:#777;margin-top:3rem}`;

export function reportHtml({ title, facts, sections, footer }: Report): string {
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>`,
    `<h1>${escaped(title)}</h1>`,
    htmlTable(facts.map(([label, value]) => [`<th>${escaped(label)}</th>`, cell(value)])),
    ...sections.map((section) => `<h2>${escaped(section.title)}</h2>\n${sectionHtml(section)}`),
    `<footer>${escaped(footer)}</footer>\n</body>\n</html>\n`,
  ].join("\n");
}

function sectionHtml(section: ReportSection): string {
  switch (section.kind) {
    case "table": {
      const head = section.head.map((text) => `<th>${escaped(text)}</th>`);
      return htmlTable([head, ...section.rows.map((row) => row.map(cell))]);
    }
    case "text":
      return `<pre>${escaped(section.lines.join("\n"))}</pre>`;
    case "picture":
      return `<figure>${section.svg}</figure>`;
    default:
      return section satisfies never;
  }
}

function cell(text: string): string {
  return `<td>${escaped(text)}</td>`;
}

function htmlTable(rows: readonly (readonly string[])[]): string {
  return `<table>\n${rows.map((row) => `<tr>${row.join("")}</tr>`).join("\n")}\n</table>`;
}

export function reportMarkdown({ title, facts, sections, footer }: Report): string {
  return [
    `# ${plain(title)}`,
    markdownTable(["", ""], facts),
    ...sections.flatMap((section) =>
      section.kind === "picture" ? [] : [`## ${plain(section.title)}`, sectionMarkdown(section)],
    ),
    plain(footer),
    "",
  ].join("\n\n");
}

function sectionMarkdown(section: Exclude<ReportSection, { readonly kind: "picture" }>): string {
  return section.kind === "table"
    ? markdownTable(section.head, section.rows)
    : fenced(section.lines);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(plain).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** Every sign that Markdown or HTML could read something into is only itself. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_{}[\]()#+!|~]/g, "\\$&");
}

/** A fence that is longer than any in the text. */
function fenced(lines: readonly string[]): string {
  const text = lines.join("\n");
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
