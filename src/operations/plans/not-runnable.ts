// What is planned and does not run here: nodes of types of later work, ones that make values, and ones of components that
// are not there. Of nodes that a run leaves out it is only a warning.

import type { Graph, StepNode } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import { STEP_TYPES } from "../../steps/step-types.ts";

type Severity = Problem["severity"];

interface Asked {
  /** Steps that are not needed. */
  readonly skip: readonly string[];
  /** It is to be run, not only looked at. */
  readonly mayResolve: boolean;
}

export function notRunnable({ type, steps }: Graph, { skip, mayResolve }: Asked): Problem[] {
  const skipped = new Set(skip);
  const severityOf = ({ path }: StepNode): Severity =>
    mayResolve && !skipped.has(path) ? "error" : "warning";
  const later = steps.filter((step) => !STEP_TYPES[step.type].runs);
  const empty = steps.filter(
    ({ path, type, command }) => isEmpty(type, command) && !skipped.has(path),
  );
  return [
    ...empty.map(withoutComponent),
    ...later.map((step) => laterType(step, type === "pipeline", severityOf(step))),
    ...steps.flatMap((step) => literalOutputs(step, severityOf(step))),
  ];
}

/** A run that left it out did without its component. */
function isEmpty(type: StepNode["type"], command: string | null): boolean {
  return type === "command" && command === null;
}

function withoutComponent({ path, component, position }: StepNode): Problem {
  const message = `step ${path}: its component ${component} was not there when its definition was read`;
  const hint = "register it (stepwell component create FILE), and run the file of the pipeline";
  return { severity: "error", code: "unknown_component", message, hint, position };
}

function laterType(step: StepNode, isInPipeline: boolean, severity: Severity): Problem {
  const { path, type, position } = step;
  const before = isInPipeline ? "; what comes before it runs with --until STEP" : "";
  const message = `step ${path}: nodes of type ${type} cannot run yet`;
  const hint = `${insteadOf(step)}${before}`;
  return { severity, code: "step_type_not_runnable", message, hint, position };
}

function insteadOf({ path, type, parent }: StepNode): string {
  if (type !== "sweep") return "replace it by a command step before you run it";
  const input = parent === null ? `jobs.${path}.inputs.NAME` : "NAME";
  return `make it a command step of its trial, and try the values with stepwell run --each ${input}=A,B`;
}

function literalOutputs({ path, outputs, position }: StepNode, severity: Severity): Problem[] {
  return Object.entries(outputs).flatMap(([name, { value }]) => {
    if (value === undefined) return [];
    const message = `step ${path}: its output ${name} is a ${value}, and steps cannot make values yet`;
    const hint = "declare it as uri_file and write the value into the file";
    return [{ severity, code: "literal_output", message, hint, position }];
  });
}
