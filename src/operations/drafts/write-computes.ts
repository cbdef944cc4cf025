// Adds the names of computes that a pipeline uses to `stepwell.yml`, each as this machine. Edits the text: comments and
// order stay.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../../ports/read-file.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { readMapping } from "../../spec/read-tree.ts";
import { getMapping, positionOf } from "../../spec/tree.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { writeWhole } from "../write-whole.ts";
import { yamlText } from "./step-draft.ts";

/** Lines that are new in the file. */
export function writeComputes(
  folder: string,
  names: readonly string[],
): { readonly file: string; readonly lines: readonly string[] } | Refusal {
  const file = path.join(folder, "stepwell.yml");
  const old = fs.existsSync(file) ? readText(file) : "";
  const entries = names.map((name) => `${yamlText(name)}: {type: local}`);
  const changed = withEntries(old, file, entries);
  if (changed === null)
    return refuse(
      "cannot_edit",
      `${file} is written in a way that cannot be added to without rewriting it`,
      `put this under computes: ${entries.join(", ")}`,
    );
  writeWhole(file, changed.join(old.includes("\r\n") ? "\r\n" : "\n"));
  return { file, lines: entries };
}

function withEntries(
  text: string,
  file: string,
  entries: readonly string[],
): readonly string[] | null {
  const lines = text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
  const { root, problems } = readMapping(text, file, SPEC_LIMITS);
  const entry = root?.entries.get("computes");
  if (entry === undefined) {
    const isEmpty = root === null && problems.every((one) => one.code === "not_a_mapping");
    if (root === null && !isEmpty) return null;
    return [...lines, "computes:", ...entries.map((one) => `  ${one}`), ""];
  }
  const [first] = getMapping(root, "computes")?.entries.values() ?? [];
  const at = first === undefined ? positionOf(entry.key) : positionOf(first.key);
  if (at === null) return null;
  const indent = first === undefined ? 2 : at.column - 1;
  const line = lines[at.line - 1] ?? "";
  const isBlock =
    first === undefined
      ? /^computes\s*:\s*(#.*)?$/.test(line)
      : line.slice(0, indent).trim() === "";
  if (!isBlock || indent < 1) return null;
  const place = first === undefined ? at.line : at.line - 1;
  const added = entries.map((one) => " ".repeat(indent) + one);
  return [...lines.slice(0, place), ...added, ...lines.slice(place), ""];
}
