// The end of a run for a person: what ran, what was reused and the time that saved, what failed and what to type next,
// outputs and metrics.

import { spawn } from "node:child_process";
import type { StepStatus } from "../core/status.ts";
import { keptFromRunning } from "../operations/recorded/kept-from-running.ts";
import { loggedOf } from "../operations/recorded/logged-values.ts";
import type { RecordedRun } from "../operations/recorded/read-run.ts";
import {
  notesOf,
  outputViews,
  type StepView,
  stepView,
  warningsOf,
} from "../operations/recorded/run-view.ts";
import { type DiskNotice, diskNotice } from "../operations/recorded/usage-note.ts";
import type { Workspace } from "../operations/workspace.ts";
import { failurePlaces, failureReason } from "./failure-places.ts";
import { bytes, duration, number } from "./format.ts";
import { loggedMark } from "./logged-mark.ts";
import { logTail } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

const TAIL_LINES = 20;
/** Failures told in full: many mostly have one cause, and each is twenty lines of log. */
const SHOWN_FAILURES = 20;

/** Looks at what there is to say and at no other step: a run may have 100,000 of them. */
export function printSummary(
  terminal: Terminal,
  workspace: Workspace,
  run: RecordedRun,
  logsShown: boolean,
): void {
  const { colors } = terminal;
  printFailures(terminal, workspace, run, logsShown);
  printMetrics(terminal, run);
  const outputs = Object.entries(outputViews(run, run.plan.graph.outputs));
  if (outputs.length > 0) terminal.note(colors.bold("outputs"));
  noteList(
    terminal,
    outputs.map(([name, output]) => `  ${name}  ${output.path}`),
  );
  noteList(
    terminal,
    notesOf(run).map((note) => `note ${note}`),
  );
  const warned = colors.yellow("warning");
  noteList(
    terminal,
    warningsOf(run).map((warning) => `${warned} ${warning}`),
  );
  const notice = diskNotice(workspace, run, () => measureDisk(workspace));
  if (notice !== null) terminal.note(`${colors.yellow("disk")}    ${diskLine(notice)}`);
  terminal.out(headline(terminal, run));
}

function measureDisk(workspace: Workspace): void {
  const words = [process.argv[1] ?? "", "du", "--json", "--workspace", workspace.folder];
  const child = spawn(process.execPath, words, { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
}

function diskLine(notice: DiskNotice): string {
  const wayOut = "see what takes it: stepwell du; free what no run needs: stepwell gc";
  return notice.kind === "large"
    ? `this workspace takes ${bytes(notice.sizeBytes)}, more than ${bytes(notice.limitBytes)} (warn_size); ${wayOut}`
    : `only ${bytes(notice.freeBytes)} are left on the disk of ${notice.folder}; ${wayOut}`;
}

/** `taxi-3 Completed: 0 steps ran, 5 reused, saved 14 s`. Each step counts once: those that "ran" came to a good end. */
export function headline(terminal: Terminal, run: RecordedRun): string {
  const counts = new Map<string, number>();
  let savedMs = 0;
  for (const [index, step] of run.state.steps.entries()) {
    const isTaken = step.decision === "reused" || step.decision === "attached";
    const fate = isTaken ? "reused" : (FATES[step.status] ?? "waiting");
    counts.set(fate, (counts.get(fate) ?? 0) + 1);
    if (step.decision !== "ran") savedMs += run.results.get(index)?.durationMs ?? 0;
  }
  const ran = counts.get("ran") ?? 0;
  const reused = counts.get("reused") ?? 0;
  const parts = [`${ran} ${ran === 1 ? "step" : "steps"} ran`, `${reused} reused`];
  for (const fate of LATER_FATES) {
    const count = counts.get(fate) ?? 0;
    if (count > 0) parts.push(`${count} ${fate}`);
  }
  if (reused > 0) parts.push(`saved ${duration(savedMs)}`);
  return `${run.row.name} ${paintStatus(terminal, run.status)}: ${parts.join(", ")}`;
}

const FATES: Readonly<Partial<Record<StepStatus, string>>> = {
  Completed: "ran",
  Failed: "failed",
  Canceled: "canceled",
  Skipped: "skipped",
  Preparing: "running",
  Running: "running",
  Finalizing: "running",
};
const LATER_FATES = ["failed", "canceled", "skipped", "running", "waiting"];

export function paintStatus(terminal: Terminal, status: string): string {
  const { colors } = terminal;
  if (status === "Completed") return colors.green(status);
  if (status === "Failed") return colors.red(status);
  if (status === "Canceled" || status === "Interrupted" || status === "Canceling")
    return colors.yellow(status);
  return status;
}

function printFailures(
  terminal: Terminal,
  workspace: Workspace,
  run: RecordedRun,
  logsShown: boolean,
): void {
  const failed: number[] = [];
  for (const [index, step] of run.state.steps.entries())
    if (step.status === "Failed") failed.push(index);
  for (const index of failed.slice(0, SHOWN_FAILURES)) {
    const view = stepView(workspace.folder, run, index);
    printFailure(terminal, run, view, keptFromRunning(run, index), logsShown);
  }
  const more = failed.length - SHOWN_FAILURES;
  if (more > 0)
    terminal.note(
      `${terminal.colors.red("failed")}  … ${more} more ${more === 1 ? "step" : "steps"}: stepwell show ${run.row.name}`,
    );
}

function printFailure(
  terminal: Terminal,
  run: RecordedRun,
  step: StepView,
  kept: readonly string[],
  logsShown: boolean,
): void {
  const { colors } = terminal;
  terminal.note(`${colors.red("failed")}  ${failureReason(step)}`);
  const tail = logsShown ? [] : logTail(terminal, step.log, TAIL_LINES);
  for (const line of tail) terminal.note(line);
  for (const line of failurePlaces(step)) terminal.note(`  ${line}`);
  if (step.error?.hint) terminal.note(`  ${colors.cyan("→")} ${step.error.hint}`);
  if (kept.length > 0) terminal.note(`  because of it these did not run: ${shortList(kept)}`);
  // What never started has no log, and nothing to look at.
  if (step.attempts.every((attempt) => attempt.started === null)) return;
  const name = step.name === "." ? "" : ` ${step.name}`;
  terminal.note(`  the whole log:     stepwell logs ${run.row.name}${name}`);
  terminal.note(`  where it ran:      stepwell shell ${run.row.name}${name || " ."}`);
}

function shortList(names: readonly string[]): string {
  const rest = names.length - 8;
  return rest > 0 ? `${names.slice(0, 8).join(", ")} and ${rest} more` : names.join(", ");
}

/** Metrics shown: a step logs dozens. */
const SHOWN_METRICS = 12;

function printMetrics(terminal: Terminal, run: RecordedRun): void {
  const lines: string[] = [];
  for (const [index, { path }] of run.plan.graph.steps.entries()) {
    const { metrics, failed } = loggedOf(run, index);
    const before = path === "." ? "" : `${path}.`;
    for (const [name, value] of Object.entries(metrics))
      lines.push(`  ${before}${name}  ${number(value)}${loggedMark(failed)}`);
  }
  if (lines.length === 0) return;
  terminal.note(terminal.colors.bold("metrics"));
  noteList(terminal, lines, SHOWN_METRICS);
}

/** More lines of one kind than these would bury everything else. */
const SHOWN_LINES = 20;

function noteList(terminal: Terminal, lines: readonly string[], shown = SHOWN_LINES): void {
  for (const line of lines.slice(0, shown)) terminal.note(line);
  if (lines.length > shown) terminal.note(`  … ${lines.length - shown} more: stepwell show`);
}
