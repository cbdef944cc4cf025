// `stepwell logs RUN [STEP] [-f]`: logs per attempt, streamed from files of any size; -f follows to the end.

import fs from "node:fs";
import type { Command } from "commander";
import { isEndedRun } from "../../core/status.ts";
import { readRun, shownStatus } from "../../operations/read-run.ts";
import { isRefusal, type Refusal, refuse } from "../../operations/refusal.ts";
import { runView, type StepView } from "../../operations/run-view.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { Context } from "../context.ts";
import { RUN_HELP, targetOf } from "../targets.ts";

interface LogFlags {
  readonly follow?: boolean;
  readonly attempt?: string;
}

const FOLLOW_MS = 200;
const CHUNK_BYTES = 1 << 16;

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .argument("[step]", "path of a step (default: every step that has a log)")
    .option("-f, --follow", "follow until the run has an end")
    .option("--attempt <n>", "which attempt (default: all of them)")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell logs train\n  stepwell logs taxi-17 train\n  stepwell logs taxi-17 -f",
    )
    .action(async (first: string | undefined, second: string | undefined, flags: LogFlags) => {
      const workspace = await context.open({ create: false });
      try {
        const { run, part } = await targetOf(context, workspace, [first, second], "step");
        await printLogs(context, workspace, run, part, flags);
      } finally {
        await workspace.close();
      }
    });
}

async function printLogs(
  context: Context,
  workspace: Workspace,
  run: string,
  step: string | null,
  flags: LogFlags,
): Promise<void> {
  const printed = new Map<string, number>();
  for (;;) {
    const logs = await logFiles(workspace, run, step, flags.attempt);
    if (isRefusal(logs)) return context.refuse(logs);
    const several = logs.files.length > 1;
    for (const { file, title } of logs.files) {
      const from = printed.get(file) ?? 0;
      const heading = several && from === 0 && size(file) > 0 ? title : null;
      if (heading !== null) context.terminal.out(`== ${heading} ==`);
      printed.set(file, copyFrom(file, from));
    }
    if (!flags.follow || logs.ended) {
      if (logs.files.length === 0) context.terminal.note("no logs yet");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  }
}

interface Logs {
  readonly files: readonly { readonly file: string; readonly title: string }[];
  readonly ended: boolean;
}

async function logFiles(
  workspace: Workspace,
  name: string,
  step: string | null,
  attempt: string | undefined,
): Promise<Logs | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  const view = runView(workspace.folder, run);
  const steps = view.steps.filter((one) => step === null || one.name === step);
  if (steps.length === 0)
    return refuse(
      "unknown_step",
      `run ${name} has no step ${step}`,
      `it has ${view.steps
        .map((one) => one.name)
        .slice(0, 20)
        .join(", ")}`,
    );
  const files = steps
    .flatMap((one) => filesOf(one, attempt))
    .filter(({ file }) => fs.existsSync(file));
  const status = shownStatus(workspace, run.row, run.state);
  return { files, ended: isEndedRun(status) || status === "Interrupted" };
}

function filesOf(step: StepView, attempt: string | undefined): Logs["files"] {
  if (step.attempts.length === 0)
    return step.log === null
      ? []
      : [{ file: step.log, title: `${step.name} (${step.reuse.from ?? ""})` }];
  const several = step.attempts.length > 1;
  return step.attempts
    .filter((one) => attempt === undefined || String(one.number) === attempt)
    .map((one) => ({
      file: one.log,
      title: several ? `${step.name} attempt ${one.number}` : step.name,
    }));
}

function size(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Copies what is new to stdout and answers with the offset reached. */
function copyFrom(file: string, offset: number): number {
  const handle = fs.openSync(file, "r");
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let at = offset;
    for (;;) {
      const read = fs.readSync(handle, buffer, 0, buffer.length, at);
      if (read === 0) return at;
      fs.writeSync(1, buffer, 0, read);
      at += read;
    }
  } finally {
    fs.closeSync(handle);
  }
}
