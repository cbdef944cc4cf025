// Why a step of a run did not run: `--until`, a failure (also its own, before it began), or a cancel. Reads the folded
// state; of steps that were decided on it says nothing.

import type { Reason } from "../../core/reason.ts";
import { wireGraph } from "../../core/run-state.ts";
import type { RecordedRun } from "./read-run.ts";
import { decisionOf } from "./step-decision.ts";

/** More failed steps are counted. */
const NAMED_STEPS = 3;

/** With `continue_on_step_failure` what waits for this step, however far; else all that had not begun. */
export function keptFromRunning(run: RecordedRun, failed: number): readonly string[] {
  const { graph, options } = run.plan;
  const unneeded = new Set(options.skip);
  const { dependents } = wireGraph(graph);
  const below = new Set([failed]);
  if (graph.continueOnStepFailure)
    for (const index of below) for (const next of dependents[index] ?? []) below.add(next);
  return [...graph.steps.entries()]
    .filter(([index]) => run.state.steps[index]?.status === "Skipped")
    .filter(([index]) => !graph.continueOnStepFailure || below.has(index))
    .map(([, { path }]) => path)
    .filter((path) => !unneeded.has(path));
}

/** Null where it was decided on, or may still be. */
export function whyNotRun(run: RecordedRun, index: number): Reason | null {
  const path = run.plan.graph.steps[index]?.path ?? "";
  const step = run.state.steps[index];
  if (step === undefined || decisionOf(step) !== "none") return null;
  if (step.status === "Canceled") return notNeeded("the run was cancelled before it began");
  if (step.status === "Failed" && step.error !== null) return notNeeded(step.error.message);
  if (step.status !== "Skipped") return null;
  if (run.plan.options.skip.includes(path)) return notNeeded("not needed by --until");
  const failed = causesOf(run, index).map((position) => run.plan.graph.steps[position]?.path);
  if (failed.length === 0) return null;
  const rest = failed.length - NAMED_STEPS;
  const names = failed.slice(0, NAMED_STEPS).join(", ");
  const more = rest > 0 ? ` and ${rest} more` : "";
  return notNeeded(`${failed.length === 1 ? "step" : "steps"} ${names}${more} failed`);
}

/** The failed steps that `keptFromRunning` names this one for. */
function causesOf({ plan, state }: RecordedRun, index: number): readonly number[] {
  const { dependencies } = wireGraph(plan.graph);
  const above = new Set([index]);
  for (const one of above) for (const earlier of dependencies[one] ?? []) above.add(earlier);
  return [...state.steps.keys()]
    .filter((position) => state.steps[position]?.status === "Failed")
    .filter((position) => !plan.graph.continueOnStepFailure || above.has(position));
}

function notNeeded(detail: string): Reason {
  return { kind: "not_needed", detail };
}
