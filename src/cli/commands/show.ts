// `stepwell show RUN`: one run with its steps, outputs and metrics.

import type { Command } from "commander";
import { shellWord } from "../../core/shell-word.ts";
import type { RecordedRun } from "../../operations/read-run.ts";
import { removedOutputs } from "../../operations/removed-outputs.ts";
import { notesOf, type RunView, runView, type StepView } from "../../operations/run-view.ts";
import { waitingSteps, withWaiting } from "../../operations/waiting-steps.ts";
import type { Context } from "../context.ts";
import { failurePlaces, failureReason } from "../failure-places.ts";
import { duration, number, table } from "../format.ts";
import { mostShown, noteMore } from "../most-shown.ts";
import { headline } from "../print-summary.ts";
import { shownSteps } from "../shown-steps.ts";
import { RUN_HELP, recordedRun } from "../targets.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .option("--json", "print the run as one JSON object")
    .addHelpText("after", "\nExamples:\n  stepwell show\n  stepwell show taxi-17 --json")
    .action(async (word: string | undefined, flags: { json?: boolean }) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const run = await recordedRun(context, workspace, word, flags.json);
        const recorded = runView(workspace.folder, run);
        const waiting = withWaiting(recorded, run, await waitingSteps(workspace, run));
        const gone = await removedOutputs(workspace, run);
        const view = { ...waiting, warnings: [...waiting.warnings, ...gone] };
        if (flags.json) context.terminal.out(JSON.stringify(view));
        else print(context, run, view);
      } finally {
        await workspace.close();
      }
    });
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
  terminal.out(table([["STEP", "STATUS", "TOOK", "WHY"], ...steps.map(cells)]));
  for (const step of steps) printStep(context, step);
  for (const [name, output] of Object.entries(view.outputs))
    terminal.out(`pipeline output ${name}  ${output.path}`);
  const all = `stepwell show ${view.name} --json`;
  printList(terminal, "note", notesOf(run), `stepwell why ${view.name} STEP`);
  printList(terminal, "warning", view.warnings, all);
  noteMore(terminal, view.steps.length - steps.length, "steps", all);
}

function printStep(context: Context, step: StepView): void {
  const { terminal } = context;
  for (const { number: attempt, checkpoint } of step.attempts)
    if (checkpoint !== null)
      terminal.out(
        `attempt ${prefix(step)}${attempt} continued from a checkpoint ${duration(checkpoint.ageS * 1000)} old`,
      );
  for (const [name, output] of Object.entries(step.outputs))
    terminal.out(`output ${prefix(step)}${name}  ${output.path}`);
  for (const [name, value] of Object.entries(step.metrics))
    terminal.out(`metric ${prefix(step)}${name}  ${number(value)}`);
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
  return [step.name, step.status, took(step), why];
}

function took(step: StepView): string {
  const last = step.attempts.at(-1);
  if (last?.started === null || last === undefined) return "";
  const end = last.finished === null ? Date.now() : Date.parse(last.finished);
  return duration(end - Date.parse(last.started));
}
