// `stepwell plan FILE`: what would run and why. Starts nothing and needs no network.

import path from "node:path";
import type { Command } from "commander";
import { warningTexts } from "../../operations/definitions/warning-texts.ts";
import {
  forecastRun,
  type RunForecast,
  type StepForecast,
} from "../../operations/plans/plan-run.ts";
import { refuseInvalid } from "../../operations/refusal.ts";
import type { Problem } from "../../spec/problem.ts";
import type { Context } from "../context.ts";
import { addFileArgument, definitionFile, type FileFlag } from "../definition-file.ts";
import { duration, table } from "../format.ts";
import { planMarkdown, planSummary } from "../plan-markdown.ts";
import { printProblems } from "../print-problems.ts";
import {
  addDefinitionOptions,
  type DefinitionFlags,
  prepareFile,
  warnOfVariables,
} from "../run-options.ts";
import { writeMissing } from "../write-missing.ts";

interface PlanFlags extends DefinitionFlags, FileFlag {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly exitCode?: boolean;
}

/** With --exit-code: something would run. */
const SOMETHING_TO_DO = 10;

export function define(command: Command, context: Context): void {
  addDefinitionOptions(addFileArgument(command))
    .option("--json", "print the plan as one JSON object")
    .option("--markdown", "print it as Markdown, for a comment on a change")
    .option("--exit-code", "end with 0 when nothing would run, 10 when something would")
    .addHelpText(
      "after",
      "\nExample:\n  stepwell plan pipeline.yml --set jobs.train.inputs.alpha=0.2",
    )
    .action((file: string | undefined, flags: PlanFlags) =>
      planFile(context, definitionFile(context, file, flags), flags),
    );
}

async function planFile(context: Context, file: string, flags: PlanFlags): Promise<void> {
  const json = flags.json ?? false;
  await writeMissing(context, file, flags);
  const workspace = await context.open({ create: "pretend" });
  try {
    const prepared = await prepareFile(context, workspace, file, flags, false);
    const { plan, problems, exitCode, unresolved } = prepared;
    if (plan === null) return context.refuse({ ...refuseInvalid(problems), exitCode }, json);
    printProblems(context.terminal, problems);
    warnOfVariables(context, workspace, flags);
    const forecast = await forecastRun(workspace, plan, unresolved);
    if (json) context.terminal.out(planJson(forecast, problems));
    else if (flags.markdown)
      context.terminal.out(
        planMarkdown({ file: path.relative(context.currentFolder, file), forecast }),
      );
    else print(context, forecast);
    const idle = forecast.counts.run + forecast.counts.depends === 0;
    context.exit(flags.exitCode && !idle ? SOMETHING_TO_DO : 0);
  } finally {
    await workspace.close();
  }
}

function planJson(forecast: RunForecast, problems: readonly Problem[]): string {
  return JSON.stringify({
    schema: 1,
    valid: true,
    ...forecast,
    warnings: warningTexts(problems),
  });
}

/** A plan of more steps shows only what would run. */
const ALL_SHOWN = 200;

function print(context: Context, forecast: RunForecast): void {
  const { terminal } = context;
  const shown =
    forecast.steps.length <= ALL_SHOWN
      ? forecast.steps
      : forecast.steps.filter((step) => step.decision !== "reuse").slice(0, ALL_SHOWN);
  if (shown.length > 0) terminal.out(table(shown.map(rowOf)));
  for (const step of forecast.steps)
    for (const warning of step.warnings) terminal.note(`warning: ${warning}`);
  for (const note of forecast.notes) terminal.note(`note: ${note}`);
  terminal.out(planSummary(forecast));
}

function rowOf(step: StepForecast): readonly string[] {
  const forecast =
    step.forecastS === null || step.forecastS === 0 ? "" : `~${duration(step.forecastS * 1000)}`;
  return [step.decision, step.name, forecast, step.reason.detail];
}
