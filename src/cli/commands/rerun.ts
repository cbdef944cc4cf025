// `stepwell rerun RUN`: a new run of the recorded definition, code and versions; with --latest files and labels are
// read again.

import type { Command } from "commander";
import { rerunPlan } from "../../operations/plans/rerun-plan.ts";
import { missingVariables } from "../../operations/recorded/handed-variables.ts";
import { isRefusal } from "../../operations/refusal.ts";
import { takeUp } from "../../operations/runs/resume-run.ts";
import { submitRun } from "../../operations/runs/submit-run.ts";
import type { Context } from "../context.ts";
import { printProblems } from "../print-problems.ts";
import { addRunOptions, priorityOf, type RunFlags, seeOptions, tagsOf } from "../run-flags.ts";
import { collectForced, FORCE_HELP, forced } from "../run-options.ts";
import { detach, seeThrough } from "../see-through.ts";
import { RUN_HELP, recordedRun } from "../targets.ts";

type RerunFlags = RunFlags & {
  readonly latest?: boolean;
  readonly from?: string;
  readonly until?: string;
  readonly force?: true | string;
};

export function define(command: Command, context: Context): void {
  addRunOptions(command.argument("[run]", RUN_HELP))
    .option("--latest", "read files and labels, also of components, as they are now")
    .option("--from <step>", "take everything not below STEP from that run as recorded")
    .option("--until <step>", "skip what STEP does not need")
    .option("--force [steps]", FORCE_HELP, collectForced)
    .addHelpText("after", "\nExample:\n  stepwell rerun taxi-17 --from train")
    .action((run: string | undefined, flags: RerunFlags) => rerun(context, run, flags));
}

async function rerun(context: Context, word: string | undefined, flags: RerunFlags): Promise<void> {
  const json = flags.json ?? false;
  const workspace = await context.open({ create: "refuse" });
  try {
    const run = await recordedRun(context, workspace, word, json);
    const again = await rerunPlan(workspace, run, {
      latest: flags.latest ?? false,
      from: flags.from ?? null,
      until: flags.until ?? null,
      force: forced(flags.force),
      onlyCached: flags.onlyCached ?? false,
      strict: flags.strict ?? false,
      keepWork: flags.keepWork ?? false,
    });
    if (isRefusal(again)) return context.refuse(again, json);
    const { plan, problems, warnings, readFrom } = again;
    printProblems(context.terminal, problems);
    for (const name of missingVariables(workspace, plan))
      context.terminal.note(
        `warning: ${run.row.name} was handed ${name}, which this shell does not have: export it, and rerun`,
      );
    const row = await submitRun(workspace, plan, {
      name: flags.name ?? null,
      experiment: flags.experiment ?? run.row.experiment,
      tags: { ...run.row.tags, ...tagsOf(flags.tag) },
      priority: priorityOf(context, flags.priority),
      detached: flags.detach ?? false,
      idempotencyKey: flags.idempotencyKey ?? null,
      owner: flags.detach ? null : workspace.self(),
      file: run.row.origin.file,
      commandLine: ["stepwell", ...context.words],
      variables: {},
      warnings,
      readFrom,
    });
    if (isRefusal(row)) return context.refuse(row, json);
    if (flags.idempotencyKey !== undefined) await takeUp(workspace, row, flags.detach ?? null);
    if (flags.detach) await detach(context, workspace, row, json);
    else await seeThrough(context, workspace, row.name, seeOptions(flags));
  } finally {
    await workspace.close();
  }
}
