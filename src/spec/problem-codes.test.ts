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
    const section = page.split("## What this machine")[0] ?? "";
    const rows = section.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows).toEqual(
      Object.entries(PROBLEM_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
    );
  });
});

describe("what a machine and a workspace say of a definition", () => {
  const FILES = [
    "core/template-messages.ts",
    "operations/definitions/check-commands.ts",
    "operations/data/download.ts",
    "operations/recorded/find-output.ts",
    "operations/plans/pointers-of-lfs.ts",
    "operations/data/remote-source.ts",
    "operations/plans/resolve-code.ts",
    "operations/data/resolve-data.ts",
    "operations/plans/resolve-demand.ts",
    "ports/environments.ts",
  ];

  it.each(FILES)("docs/reference/problems.md has the codes of %s", (file) => {
    const source = readFileSync(path.join(import.meta.dirname, "..", file), "utf8");
    const found = [
      ...source.matchAll(
        /(?:refuse\(|code: |add\(\s*"(?:error|warning)",|[|])\s*"([a-z]+_[a-z_]+)"/g,
      ),
    ].map((match) => match[1] ?? "");
    expect(found.length).toBeGreaterThan(0);
    const missing = found.filter(
      (code) => !page.includes(`\`${code}\``) && !/^(?:reference|storage)_/.test(code),
    );
    expect(missing).toEqual([]);
  });
});
