// `stepwell run FILE`: validates, plans, runs to the end (or hands over with --detach), and says how it ended.

import type { Command } from "commander";
import { warningTexts } from "../../operations/definitions/warning-texts.ts";
import { isRefusal, refuse, refuseInvalid } from "../../operations/refusal.ts";
import { takeUp } from "../../operations/runs/resume-run.ts";
import { submitRun } from "../../operations/runs/submit-run.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { RunRow } from "../../ports/records.ts";
import type { Context } from "../context.ts";
import { addFileArgument, definitionFile, workspaceFor } from "../definition-file.ts";
import { printProblems } from "../print-problems.ts";
import { runEach } from "../run-each.ts";
import { addRunOptions, priorityOf, type RunFlags, seeOptions, tagsOf } from "../run-flags.ts";
import {
  addDefinitionOptions,
  collect,
  givenVariables,
  prepareFile,
  warnOfVariables,
} from "../run-options.ts";
import { detach, resume, seeThrough } from "../see-through.ts";
import { writeMissing } from "../write-missing.ts";

export function define(command: Command, context: Context): void {
  addRunOptions(addDefinitionOptions(addFileArgument(command)))
    .option(
      "--each <name=values>",
      "one run for each value: --each alpha=0.01,0.1 --each seed=1..10 (an input, or a path as in --set)",
      collect,
    )
    .option("--max-concurrent <n>", "with --each: at most so many runs at once (default: all)")
    .option("--resume <run>", "go on with an interrupted run (a name, last, …)")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string | undefined, flags: RunFlags) => {
      if (flags.resume !== undefined) {
        refuseOfNewRuns(context, command, file, flags);
        await resume(context, flags.resume, {
          ...seeOptions(flags),
          detach: flags.detach ?? false,
        });
      } else if (flags.each === undefined && flags.maxConcurrent !== undefined)
        context.refuse(
          refuse("wrong_usage", "--max-concurrent goes with --each", "one run needs no limit"),
          flags.json,
        );
      else if (flags.each !== undefined)
        await runEach(context, definitionFile(context, file, flags), flags);
      else await runFile(context, definitionFile(context, file, flags), flags);
    });
}

/** What says how a run that goes on is followed; everything else was said when it was submitted. */
const AT_RESUME: ReadonlySet<string> = new Set(["resume", "detach", "logs", "stream", "json"]);

function refuseOfNewRuns(
  context: Context,
  command: Command,
  file: string | undefined,
  { json }: RunFlags,
): void {
  const ofNewRuns = command.options.find((option) => {
    const name = option.attributeName();
    return !AT_RESUME.has(name) && command.getOptionValueSource(name) === "cli";
  });
  const given = file ?? ofNewRuns?.long;
  if (given === undefined) return;
  context.refuse(
    refuse(
      "wrong_usage",
      `${given} does not go with --resume, which goes on with the run as it was submitted`,
      "leave it out; a new run of what was recorded: stepwell rerun RUN",
    ),
    json,
  );
}

const EXAMPLES = `
Examples:
  stepwell run
  stepwell run pipeline.yml --logs
  stepwell run pipeline.yml --set jobs.train.inputs.alpha=0.2 --tag team=vision
  stepwell run pipeline.yml --until train --json
  stepwell run --each alpha=0.01,0.1,1 --each seed=1..10 --max-concurrent 4
  stepwell run --resume taxi-17`;

/** Runs a definition file to its end, as the flags say. */
export async function runFile(context: Context, file: string, flags: RunFlags): Promise<void> {
  const json = flags.json ?? false;
  await writeMissing(context, file, flags);
  const workspace = await context.open(workspaceFor(context, file));
  try {
    const row = await submitFile(context, workspace, file, flags);
    if (flags.detach) await detach(context, workspace, row, json);
    else await seeThrough(context, workspace, row.name, seeOptions(flags));
  } finally {
    await workspace.close();
  }
}

/** Validates, plans and submits; refuses with every problem at once. */
async function submitFile(
  context: Context,
  workspace: Workspace,
  file: string,
  flags: RunFlags,
): Promise<RunRow> {
  const json = flags.json ?? false;
  const prepared = await prepareFile(context, workspace, file, flags, true);
  const { plan, problems, exitCode, readFrom } = prepared;
  if (plan === null) return context.refuse({ ...refuseInvalid(problems), exitCode }, json);
  printProblems(context.terminal, problems);
  warnOfVariables(context, workspace, flags);
  const row = await submitRun(workspace, plan, {
    name: flags.name ?? null,
    experiment: flags.experiment ?? null,
    tags: tagsOf(flags.tag),
    priority: priorityOf(context, flags.priority),
    detached: flags.detach ?? false,
    idempotencyKey: flags.idempotencyKey ?? null,
    owner: flags.detach ? null : workspace.self(),
    file,
    commandLine: ["stepwell", ...context.words],
    variables: givenVariables(context, flags),
    warnings: warningTexts(problems),
    readFrom,
  });
  if (isRefusal(row)) return context.refuse(row, json);
  // The same key again: nobody may be left who goes on with that run.
  if (flags.idempotencyKey !== undefined) await takeUp(workspace, row, flags.detach ?? null);
  return row;
}
