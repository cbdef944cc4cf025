import { describe, expect, it } from "vitest";
import { type Report, reportHtml, reportMarkdown } from "./report.ts";

const HOSTILE = '<img src=x onerror=alert(1)>"&|`**[a](b)`\n# x';

const REPORT: Report = {
  title: HOSTILE,
  facts: [["data", HOSTILE]],
  sections: [
    { kind: "table", title: HOSTILE, head: [HOSTILE], rows: [[HOSTILE]] },
    { kind: "text", title: "tree", lines: [HOSTILE, "```", "<b>"] },
    { kind: "picture", title: "picture", svg: "<svg></svg>" },
  ],
  footer: HOSTILE,
};

describe("a report", () => {
  it("as HTML holds any name as text, and loads nothing", () => {
    const html = reportHtml(REPORT);
    expect(html).not.toMatch(/<img|<b>/);
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&amp;");
    expect(html).toContain("<svg></svg>");
    expect(html).toContain("default-src 'none'");
    expect(html.match(/<h2>/g)).toHaveLength(3);
  });

  it("as Markdown lets no name become a heading, a column, a link, code or HTML", () => {
    const lines = reportMarkdown(REPORT).split("\n");
    const fence = lines.findIndex((line) => /^`{4,}$/.test(line));
    const isInside = (_: string, at: number) => at >= fence && at <= lines.lastIndexOf("````");
    const outside = lines.filter((line, at) => !isInside(line, at)).join("\n");
    expect(outside).not.toMatch(/<img|(?<!\\)\*|(?<!\\)\[|(?<!\\)`/);
    expect(outside.split("\n").filter((line) => line.startsWith("#"))).toHaveLength(3);
    expect(
      outside
        .split("\n")
        .find((line) => line.startsWith("| data"))
        ?.match(/(?<!\\)\|/g),
    ).toHaveLength(3);
    expect(lines.slice(fence).filter((line) => line === "````")).toHaveLength(2);
    expect(outside).not.toContain("svg");
  });
});
