// What can be said about the commands of a graph without looking anything up: those that cannot be compiled, and values
// that mean something else than in Azure ML.

import { compiledCommand } from "../../core/compiled-command.ts";
import type { ValueProblem } from "../../core/input-values.ts";
import { type CompiledCommand, checkValues, literalWarnings } from "../../core/shell-template.ts";
import type { Graph, StepNode } from "../../spec/graph.ts";
import { own } from "../../spec/own-keys.ts";
import type { Position, Problem } from "../../spec/problem.ts";
import type { FieldPlaces } from "./field-places.ts";

export function checkCommands(graph: Graph, places: FieldPlaces): readonly Problem[] {
  const problems: Problem[] = [];
  for (const step of graph.steps) checkStep(step, places, problems);
  return problems;
}

type Finding = Pick<Problem, "code" | "message" | "hint">;

function checkStep(step: StepNode, places: FieldPlaces, problems: Problem[]): void {
  const add = (severity: Problem["severity"], found: Finding, place: Position | null): void => {
    const { code, message, hint } = found;
    problems.push({ severity, code, message, hint, position: place ?? step.position });
  };
  if (step.command === null) return;
  const where = step.path === "." ? "" : `step ${step.path}: `;
  if (step.textSubstitution) {
    const what = step.path === "." ? "the step" : `step ${step.path}`;
    const message = `${what} substitutes values as text into its command, as Azure ML does`;
    const hint = "a value can then run as shell: use it only with values you trust";
    add("warning", { code: "text_substitution", message, hint }, null);
    return;
  }
  const compiled = compiledCommand(step);
  for (const { ref, quotings } of compiled.ok ? compiled.references : []) {
    const value = literalOf(step, ref);
    const name = ref.slice("inputs.".length);
    for (const warning of value === null ? [] : literalWarnings(value, quotings)) {
      const message = `${where}input ${name}: ${warning.message}`;
      add("warning", { ...warning, message }, places.field(step, ["inputs", name]));
    }
  }
  for (const found of valueProblems(step, compiled))
    add("error", { ...found, message: where + found.message }, null);
  for (const found of compiled.ok ? compiled.warnings : compiled.problems) {
    const place = places.inCommand(step, found.offset);
    add(compiled.ok ? "warning" : "error", { ...found, message: where + found.message }, place);
  }
}

/** Values that no process could be given, of those that are known before anything runs. */
function valueProblems(step: StepNode, compiled: CompiledCommand): readonly ValueProblem[] {
  const values: Record<string, string> = { ...step.environmentVariables };
  for (const { ref } of compiled.ok ? compiled.references : []) {
    const value = literalOf(step, ref);
    if (value !== null) values[ref] = value;
  }
  return checkValues(values);
}

/** The value of a reference to an input that is a literal; else null. */
function literalOf(step: StepNode, ref: string): string | null {
  if (!ref.startsWith("inputs.")) return null;
  const source = own(step.inputs, ref.slice("inputs.".length))?.source;
  return source?.kind === "literal" ? source.literal.text : null;
}
