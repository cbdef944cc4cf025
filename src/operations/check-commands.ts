// What can be said about the commands of a graph without looking anything up: those that cannot be compiled, and values
// that mean something else than in Azure ML.

import { compiledCommand } from "../core/compiled-command.ts";
import type { ValueProblem } from "../core/input-values.ts";
import { type CompiledCommand, checkValues, literalWarnings } from "../core/shell-template.ts";
import type { Graph, StepNode } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import type { Problem } from "../spec/problem.ts";

export function checkCommands(graph: Graph): readonly Problem[] {
  const problems: Problem[] = [];
  for (const step of graph.steps) checkStep(step, problems);
  return problems;
}

function checkStep(step: StepNode, problems: Problem[]): void {
  const add = (
    severity: Problem["severity"],
    code: string,
    message: string,
    hint: string,
  ): void => {
    problems.push({ severity, code, message, hint, position: step.position });
  };
  if (step.command === null) return;
  const where = step.path === "." ? "" : `step ${step.path}: `;
  if (step.textSubstitution) {
    add(
      "warning",
      "text_substitution",
      `${step.path === "." ? "the step" : `step ${step.path}`} substitutes values as text into its command, as Azure ML does`,
      "a value can then run as shell: use it only with values you trust",
    );
    return;
  }
  const compiled = compiledCommand(step);
  for (const { ref, quotings } of compiled.ok ? compiled.references : []) {
    const value = literalOf(step, ref);
    for (const warning of value === null ? [] : literalWarnings(value, quotings))
      add(
        "warning",
        warning.code,
        `${where}input ${ref.slice("inputs.".length)}: ${warning.message}`,
        warning.hint,
      );
  }
  for (const found of valueProblems(step, compiled))
    add("error", found.code, `${where}${found.message}`, found.hint);
  for (const found of compiled.ok ? compiled.warnings : compiled.problems)
    add(compiled.ok ? "warning" : "error", found.code, `${where}${found.message}`, found.hint);
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
