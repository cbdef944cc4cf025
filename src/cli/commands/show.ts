// `stepwell show RUN [STEP]`: one run with its steps, outputs and metrics, or one step of it.

import type { Command } from "commander";
import { shellWord } from "../../core/shell-word.ts";
import { unknownStep } from "../../operations/explained/why-step.ts";
import { type RecordedRun, readRun } from "../../operations/recorded/read-run.ts";
import { removedOutputs } from "../../operations/recorded/removed-outputs.ts";
import {
  notesOf,
  type RunView,
  runView,
  type StepView,
} from "../../operations/recorded/run-view.ts";
import { waitingSteps, withWaiting } from "../../operations/recorded/waiting-steps.ts";
import { isRefusal } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";
import { failurePlaces, failureReason } from "../failure-places.ts";
import { number, table } from "../format.ts";
import { loggedMark } from "../logged-mark.ts";
import { mostShown, noteMore } from "../most-shown.ts";
import { headline, paintStatus } from "../print-summary.ts";
import { shownSteps } from "../shown-steps.ts";
import { continuation, type StepReport, stepLines, stepReport, took } from "../step-report.ts";
import { RUN_HELP, runOrStepOf } from "../targets.ts";
import type { Terminal } from "../terminal.ts";

interface ShowFlags {
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .argument("[step]", "path of a step: that step alone, with its command and inputs")
    .option("--json", "print the run, or the step, as one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell show\n  stepwell show taxi-17 --json\n  stepwell show last train",
    )
    .action(async (first: string | undefined, second: string | undefined, flags: ShowFlags) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const target = await runOrStepOf(context, workspace, [first, second], flags.json);
        const run = await readRun(workspace, target.run);
        if (isRefusal(run)) return context.refuse(run, flags.json);
        const recorded = runView(workspace.folder, run);
        const waiting = withWaiting(recorded, run, await waitingSteps(workspace, run));
        const gone = await removedOutputs(workspace, run);
        const view = { ...waiting, warnings: [...waiting.warnings, ...gone] };
        if (target.part !== null) showStep(context, run, view, target.part, flags.json);
        else if (flags.json) context.terminal.out(JSON.stringify(view));
        else print(context, run, view);
      } finally {
        await workspace.close();
      }
    });
}

function showStep(
  context: Context,
  run: RecordedRun,
  view: RunView,
  path: string,
  json = false,
): void {
  const step = view.steps.find(({ name }) => name === path);
  if (step === undefined) context.refuse(unknownStep(run, path), json);
  const report = stepReport(run, step, view.steps);
  const { terminal } = context;
  if (json) terminal.out(JSON.stringify(report));
  else printReport(context, report);
}

function printReport(context: Context, report: StepReport): void {
  const { terminal } = context;
  const [, , , why = ""] = cells(report);
  const status = paintStatus(terminal, report.status);
  terminal.out(`${report.run} ${report.name} ${status}${why === "" ? "" : `: ${why}`}`);
  for (const line of stepLines(report)) terminal.out(line);
  if (report.steps.length > 0) terminal.out(stepTable(report.steps));
  if (report.error !== null && report.type !== "pipeline") printError(context, report);
}

function stepTable(steps: readonly StepView[]): string {
  return table([["STEP", "STATUS", "TOOK", "WHY"], ...steps.map(cells)]);
}

function print(context: Context, run: RecordedRun, view: RunView): void {
  const { terminal } = context;
  terminal.out(headline(terminal, run));
  const { origin } = run.row;
  terminal.out(
    `experiment ${view.experiment}; by ${origin.user}@${origin.host}; ${origin.commandLine.map(shellWord).join(" ")}`,
  );
  for (const git of origin.git)
    terminal.out(
      `git ${git.repository ?? git.folder} ${git.branch ?? ""} ${git.commit.slice(0, 12)}${git.dirty ? " (dirty)" : ""}`,
    );
  const steps = shownSteps(view.steps, mostShown(terminal));
  terminal.out(stepTable(steps));
  for (const step of steps) printStep(context, step);
  // Those of a job of one command are its step's.
  if (!view.steps.some(({ name }) => name === "."))
    for (const [name, output] of Object.entries(view.outputs))
      terminal.out(`pipeline output ${name}  ${output.path}`);
  const all = `stepwell show ${view.name} --json`;
  printList(terminal, "note", notesOf(run), `stepwell why ${view.name} STEP`);
  printList(terminal, "warning", view.warnings, all);
  noteMore(terminal, view.steps.length - steps.length, "steps", all);
}

function printStep(context: Context, step: StepView): void {
  const { terminal } = context;
  for (const attempt of step.attempts)
    if (attempt.checkpoint !== null)
      terminal.out(`attempt ${prefix(step)}${attempt.number} ${continuation(attempt)}`);
  for (const [name, output] of Object.entries(step.outputs))
    terminal.out(`output ${prefix(step)}${name}  ${output.path}`);
  for (const [name, value] of Object.entries(step.metrics))
    terminal.out(
      `metric ${prefix(step)}${name}  ${number(value)}${loggedMark(step.status !== "Completed")}`,
    );
  if (step.tracking !== null) terminal.out(`metrics of ${step.name} went to ${step.tracking}`);
  if (step.error !== null && step.type !== "pipeline") printError(context, step);
}

/** Ten thousand steps may each have a word to say. */
function printList(
  terminal: Terminal,
  kind: "note" | "warning",
  lines: readonly string[],
  hint: string,
): void {
  const most = mostShown(terminal);
  for (const line of lines.slice(0, most)) terminal.out(`${kind} ${line}`);
  noteMore(terminal, lines.length - most, `${kind}s`, hint);
}

function printError({ terminal }: Context, step: StepView): void {
  terminal.out(`error  ${failureReason(step)}`);
  for (const line of failurePlaces(step)) terminal.out(`  ${line}`);
  if (step.error?.hint) terminal.out(`  → ${step.error.hint}`);
}

function prefix(step: StepView): string {
  return step.name === "." ? "" : `${step.name}.`;
}

function cells(step: StepView): readonly string[] {
  const { reuse } = step;
  const why =
    reuse.from === null ? (reuse.reason?.detail ?? "") : `${reuse.decision} from ${reuse.from}`;
  const last = step.attempts.at(-1);
  return [step.name, step.status, last === undefined ? "" : took(last), why];
}
