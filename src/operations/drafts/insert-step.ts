// Puts a step into the text of a pipeline file without touching anything else of it: comments, order and style stay.
// Finds the place by the places of the parsed tree.

import { SPEC_LIMITS } from "../../spec/limits.ts";
import { readMapping } from "../../spec/read-tree.ts";
import { get, getMapping, getSet, positionOf, type TreeMapping } from "../../spec/tree.ts";
import { type Refusal, refuse, refuseInvalid } from "../refusal.ts";
import { renderStep, type StepDraft } from "./step-draft.ts";

/** The outputs that the steps of a file make, by name: `train.outputs.model`, the latest of each name. */
export function madeOutputs(text: string, file: string): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  const { root } = readMapping(text, file, SPEC_LIMITS);
  for (const [step, { value }] of getMapping(root, "jobs")?.entries ?? [])
    for (const output of getMapping(value, "outputs")?.entries.keys() ?? [])
      made.set(output, `${step}.outputs.${output}`);
  return made;
}

/** The text with the step at the end of `jobs`, and the lines that are new in it. */
export function insertStep(
  text: string,
  file: string,
  draft: StepDraft,
): { readonly text: string; readonly lines: readonly string[] } | Refusal {
  const { root, problems } = readMapping(text, file, SPEC_LIMITS);
  if (root === null) return refuseInvalid(problems);
  const jobs = getMapping(root, "jobs");
  if (jobs?.entries.has(draft.name))
    return refuse("name_taken", `${file} has a step ${draft.name} already`, "choose another name");
  if (getSet(root, "command") !== null)
    return refuse("not_a_pipeline", `${file} is a single command, not a pipeline`, START_ONE);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const old = text.split(/\r?\n/);
  const place = placeFor(root, jobs, old);
  if (place === null) return cannotPlace(file, draft);
  const lines = [...place.before, ...renderStep(draft, place.indent)];
  const result = [...old.slice(0, place.line), ...lines, ...old.slice(place.line)];
  const changed = endWithNewline(result).join(newline);
  return isWhole(changed, file, jobs, draft.name)
    ? { text: changed, lines }
    : cannotPlace(file, draft);
}

const START_ONE = "name another file, or go to a folder without one: a new pipeline.yml is written";

function cannotPlace(file: string, draft: StepDraft): Refusal {
  return refuse(
    "cannot_edit",
    `${file} is written in a way that cannot be added to without rewriting it`,
    `put this under jobs:\n${renderStep(draft, 2).join("\n")}`,
  );
}

interface Place {
  /** New lines stand before this one, counted from 0. */
  readonly line: number;
  readonly indent: number;
  readonly before: readonly string[];
}

function placeFor(
  root: TreeMapping,
  jobs: TreeMapping | null,
  lines: readonly string[],
): Place | null {
  const steps = [...(jobs?.entries.values() ?? [])];
  const last = steps.at(-1);
  const at = last === undefined ? null : positionOf(last.key);
  if (at !== null) {
    const indent = at.column - 1;
    // In `{a: …}` a key does not begin its line.
    if (indent < 1 || (lines[at.line - 1] ?? "").slice(0, indent).trim() !== "") return null;
    return { line: endOfBlock(lines, at.line, indent), indent, before: [] };
  }
  const entry = root.entries.get("jobs");
  if (entry === undefined) {
    const end = lines.findLastIndex((line) => line.trim() !== "") + 1;
    return { line: end, indent: 2, before: ["jobs:"] };
  }
  const key = positionOf(entry.key);
  const empty = get(root, "jobs")?.kind === "scalar";
  if (!empty || key === null || !/^jobs\s*:\s*(#.*)?$/.test(lines[key.line - 1] ?? "")) return null;
  return { line: key.line, indent: 2, before: [] };
}

/** The line after the last one that belongs to the step whose key stands on `line` (from 1). */
function endOfBlock(lines: readonly string[], line: number, indent: number): number {
  let end = line;
  for (let at = line; at < lines.length; at += 1) {
    const text = lines[at] ?? "";
    if (text.trim() === "") continue;
    const own = text.length - text.trimStart().length;
    if (own < indent || (own === indent && !text.trimStart().startsWith("#"))) break;
    end = at + 1;
  }
  return end;
}

function endWithNewline(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === "" ? lines : [...lines, ""];
}

/** It still says all that it said, and the new step beside it. */
function isWhole(text: string, file: string, before: TreeMapping | null, name: string): boolean {
  const after = getMapping(readMapping(text, file, SPEC_LIMITS).root, "jobs");
  const names = [...(before?.entries.keys() ?? []), name];
  return after !== null && [...after.entries.keys()].join("\n") === names.join("\n");
}
