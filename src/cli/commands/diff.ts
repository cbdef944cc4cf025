// `stepwell diff RUN RUN`: what is different between two runs, step by step.

import type { Command } from "commander";
import { oneLine } from "../../core/one-line.ts";
import {
  diffRuns,
  type RunDifference,
  type StepDifference,
} from "../../operations/explained/diff-runs.ts";
import { isRefusal } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";
import { detailLines } from "../difference-lines.ts";
import { number } from "../format.ts";
import { loggedMark } from "../logged-mark.ts";
import { RUN_HELP, runOf } from "../targets.ts";

interface DiffFlags {
  readonly data?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[before]", `${RUN_HELP.replace("last (default)", "last")} (default: last~1)`)
    .argument("[after]", "the run to compare with it (default: last)")
    .option("--data", "say all that is different in outputs: columns, rows, distributions, files")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell diff\n  stepwell diff taxi-16 taxi-17\n  stepwell diff last~1 last --data",
    )
    .action(async (first: string | undefined, second: string | undefined, flags: DiffFlags) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const before = await runOf(context, workspace, first ?? "last~1", flags.json);
        const after = await runOf(context, workspace, second, flags.json);
        const found = await diffRuns(workspace, before, after, flags.data);
        if (isRefusal(found)) return context.refuse(found, flags.json);
        if (flags.json) context.terminal.out(JSON.stringify(found));
        else print(context, found);
      } finally {
        await workspace.close();
      }
    });
}

function print(context: Context, found: RunDifference): void {
  const { terminal } = context;
  terminal.out(`${found.before} (${found.status[0]}) → ${found.after} (${found.status[1]})`);
  for (const { repository, before, after } of found.commits)
    terminal.out(`git ${repository}: ${before ?? "none"} → ${after ?? "none"}`);
  for (const step of found.steps) {
    terminal.out(step.name);
    for (const difference of step.differences) terminal.out(`  ${difference.detail}`);
    for (const { name, before, after } of step.metrics)
      terminal.out(`  metric ${name}: ${shown(before)} → ${shown(after)}${failedMark(step)}`);
    for (const { name, summary, difference } of step.outputs) {
      terminal.out(`  output ${name}: ${oneLine(summary)}`);
      if (difference !== null)
        for (const line of detailLines(difference).flatMap((one) => one.split("\n")))
          terminal.out(`    ${line}`.trimEnd());
    }
  }
  for (const name of found.onlyBefore) terminal.out(`${name}: only in ${found.before}`);
  for (const name of found.onlyAfter) terminal.out(`${name}: only in ${found.after}`);
  if (found.same) terminal.out("nothing that counts is different");
}

/** What an attempt logged before it failed is no result. */
function failedMark({ failed: [before, after] }: StepDifference): string {
  const which = before && after ? "both" : before ? "before" : "after";
  return loggedMark(before || after, which);
}

function shown(value: number | null): string {
  return value === null ? "none" : number(value);
}
