// The end of a run for a person: what ran, what was reused and the time that saved, what failed and what to type next,
// outputs and metrics.

import type { RecordedRun } from "../operations/read-run.ts";
import type { RunView, StepView } from "../operations/run-view.ts";
import { duration, number } from "./format.ts";
import { logTail } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

const TAIL_LINES = 20;

export function printSummary(
  terminal: Terminal,
  run: RecordedRun,
  view: RunView,
  logsShown: boolean,
): void {
  const { colors } = terminal;
  for (const step of view.steps.filter((one) => one.status === "Failed" && one.type !== "pipeline"))
    printFailure(terminal, view, step, logsShown);
  printMetrics(terminal, view.steps);
  const outputs = Object.entries(view.outputs);
  if (outputs.length > 0) terminal.note(colors.bold("outputs"));
  for (const [name, output] of outputs) terminal.note(`  ${name}  ${output.path}`);
  for (const warning of view.warnings) terminal.note(`${colors.yellow("warning")} ${warning}`);
  terminal.out(headline(terminal, run, view));
}

/** `taxi-3 Completed: 0 steps ran, 5 reused, saved 14 s`. */
export function headline(terminal: Terminal, run: RecordedRun, view: RunView): string {
  const leaves = view.steps.filter((step) => step.type !== "pipeline");
  const ran = leaves.filter((step) => step.attempts.length > 0).length;
  const taken = (step: StepView): boolean =>
    step.reuse.decision === "reused" || step.reuse.decision === "attached";
  const reused = leaves.filter(taken).length;
  const failed = leaves.filter((step) => step.status === "Failed").length;
  const skipped = leaves.filter((step) => step.status === "Skipped").length;
  const saved = [...run.results.entries()]
    .filter(([index]) => run.state.steps[index]?.decision !== "ran")
    .reduce((sum, [, row]) => sum + row.durationMs, 0);
  const parts = [`${ran} ${ran === 1 ? "step" : "steps"} ran`, `${reused} reused`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  if (reused > 0) parts.push(`saved ${duration(saved)}`);
  return `${view.name} ${paintStatus(terminal, view.status)}: ${parts.join(", ")}`;
}

export function paintStatus(terminal: Terminal, status: string): string {
  const { colors } = terminal;
  if (status === "Completed") return colors.green(status);
  if (status === "Failed") return colors.red(status);
  if (status === "Canceled" || status === "Interrupted" || status === "Canceling")
    return colors.yellow(status);
  return status;
}

function printFailure(terminal: Terminal, view: RunView, step: StepView, logsShown: boolean): void {
  const { colors } = terminal;
  terminal.note(`${colors.red("failed")}  ${step.error?.message ?? step.name}`);
  const tail = logsShown ? [] : logTail(terminal, step.log, TAIL_LINES);
  for (const line of tail) terminal.note(line);
  if (step.error?.hint) terminal.note(`  ${colors.cyan("→")} ${step.error.hint}`);
  const kept = view.steps.filter((one) => one.status === "Skipped").map((one) => one.name);
  if (kept.length > 0) terminal.note(`  because of it these did not run: ${shortList(kept)}`);
  const name = step.name === "." ? "" : ` ${step.name}`;
  terminal.note(`  the whole log:     stepwell logs ${view.name}${name}`);
  terminal.note(`  where it ran:      stepwell shell ${view.name}${name || " ."}`);
}

function shortList(names: readonly string[]): string {
  const rest = names.length - 8;
  return rest > 0 ? `${names.slice(0, 8).join(", ")} and ${rest} more` : names.join(", ");
}

/** More metrics than these and the summary would bury everything else. */
const SHOWN_METRICS = 12;

function printMetrics(terminal: Terminal, steps: readonly StepView[]): void {
  const lines = steps.flatMap((step) =>
    Object.entries(step.metrics).map(
      ([name, value]) => `  ${step.name === "." ? "" : `${step.name}.`}${name}  ${number(value)}`,
    ),
  );
  if (lines.length === 0) return;
  terminal.note(terminal.colors.bold("metrics"));
  for (const line of lines.slice(0, SHOWN_METRICS)) terminal.note(line);
  if (lines.length > SHOWN_METRICS)
    terminal.note(`  … ${lines.length - SHOWN_METRICS} more: stepwell show`);
}
