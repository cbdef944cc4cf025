// What a pyproject.toml says to who builds its project: neither how it is written nor what it says to linters and testers
// counts. Knows no build tool: what may matter to one stays in.

import { parse, TomlError } from "smol-toml";
import { canonicalJson } from "../core/canonical-json.ts";

/** Tables of tools that look at code and build nothing. */
const LOOKERS = new Set(
  "bandit basedpyright black codespell coverage flake8 isort mypy pydocstyle pylint pyright pytest ruff tox ty".split(
    " ",
  ),
);

/** One text for all ways to write the same; the text itself where it is not TOML. */
export function buildDefinition(text: string): string {
  try {
    const { "dependency-groups": _groups, tool, ...rest } = parse(text);
    return canonicalJson(plain({ ...rest, tool: toolsThatBuild(tool) }));
  } catch (error) {
    if (error instanceof TomlError) return text;
    throw error;
  }
}

function toolsThatBuild(tool: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    entriesOf(tool)
      .filter(([name]) => !LOOKERS.has(name))
      .map(([name, table]) => [name, name === "uv" ? withoutDevelopment(table) : table])
      .filter(([, table]) => Object.keys(table ?? {}).length > 0),
  );
}

function withoutDevelopment(table: unknown): unknown {
  return Object.fromEntries(entriesOf(table).filter(([key]) => key !== "dev-dependencies"));
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** Dates as texts. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
