import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PROBLEM_CODES } from "./problem-codes.ts";

const page = readFileSync(
  path.join(import.meta.dirname, "../../docs/reference/problems.md"),
  "utf8",
);

describe("docs/reference/problems.md", () => {
  it("has a row with its meaning for every code, and for no other", () => {
    const section = page.split("## Limits")[0] ?? "";
    const rows = section.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows).toEqual(
      Object.entries(PROBLEM_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
    );
  });
});
