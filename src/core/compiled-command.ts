// The command of a step as a script without values. Many steps share a template and what is set in it: each such pair is
// compiled once. Pure: the same step gives the same script.

import type { StepNode } from "../spec/graph.ts";
import { type CompiledCommand, compileCommand } from "./shell-template.ts";

/** Scripts kept; a pipeline of more templates than this compiles some of them twice. */
const KEPT = 512;
const compiled = new Map<string, CompiledCommand>();

export function compiledCommand(step: StepNode): CompiledCommand {
  const template = step.command ?? "";
  const known = referencesOf(step);
  const key = JSON.stringify([template, [...known]]);
  const before = compiled.get(key);
  if (before !== undefined) return before;
  const result = compileCommand(template, {
    isSet: (ref) => known.has(ref),
    isPath: (ref) => known.get(ref) === "path",
  });
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(key, result);
  return result;
}

/** What is set in the command, and what of it is a path. */
function referencesOf(step: StepNode): ReadonlyMap<string, "path" | "value"> {
  const known = new Map<string, "path" | "value">();
  for (const [name, { source }] of Object.entries(step.inputs))
    if (source.kind !== "unset")
      known.set(`inputs.${name}`, source.kind === "literal" ? "value" : "path");
  for (const name of Object.keys(step.outputs)) known.set(`outputs.${name}`, "path");
  return known;
}
