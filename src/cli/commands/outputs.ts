// `stepwell outputs RUN [STEP.]NAME`: the path of a recorded output, or a copy of it with its modes restored.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { isEndedRun } from "../../core/status.ts";
import {
  copyName,
  findOutput,
  isMade,
  outputNames,
} from "../../operations/recorded/find-output.ts";
import { readRun } from "../../operations/recorded/read-run.ts";
import { isRefusal, type Refusal, refuse } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { Context } from "../context.ts";
import { RUN_HELP, targetOf } from "../targets.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .argument("[name]", "output of the pipeline, or STEP.OUTPUT (default: list them)")
    .option(
      "--to <folder>",
      "copy it into this folder, among what is there, instead of printing its path",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell outputs train.model\n  stepwell outputs taxi-17 train.model\n  stepwell outputs taxi-17 report --to .",
    )
    .action(
      async (first: string | undefined, second: string | undefined, flags: { to?: string }) => {
        const workspace = await context.open({ create: "refuse" });
        try {
          const { run, part } = await targetOf(context, workspace, [first, second], "output");
          if (part === null && flags.to !== undefined)
            return context.refuse(unnamed(run, flags.to));
          if (part === null) return await listOutputs(context, workspace, run);
          const record = await findOutput(workspace, run, part);
          if (isRefusal(record)) return context.refuse(record);
          if (flags.to === undefined) {
            context.terminal.out(record.path);
            return;
          }
          const folder = path.resolve(context.currentFolder, flags.to);
          const unusable = noFolder(flags.to, folder);
          if (unusable !== null) return context.refuse(unusable);
          const destination = path.join(folder, copyName(part, record));
          const copied = await workspace.contents.publish(record, destination, "outputs --to");
          if (!copied.ok)
            return context.refuse(
              refuse(copied.failure.code, copied.failure.message, copied.failure.hint, 1),
            );
          context.terminal.out(destination);
        } finally {
          await workspace.close();
        }
      },
    );
}

/** What stands where the folder, or one above it, would be; null where it can be. */
function noFolder(written: string, folder: string): Refusal | null {
  const hint = "name the folder that the copy goes into: --to .";
  if (written === "") return refuse("wrong_usage", "--to names no folder", hint);
  for (let at = folder; ; at = path.dirname(at)) {
    const is = statOrNull(at);
    if (is === null && at !== path.dirname(at)) continue;
    if (is === null || is.isDirectory()) return null;
    return refuse("wrong_usage", `--to names a folder, and ${at} is a file`, hint);
  }
}

/** Null for nothing, and for a place below a file. */
function statOrNull(at: string): fs.Stats | null {
  try {
    return fs.statSync(at, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function unnamed(run: string, to: string): Refusal {
  const hint = `name it: stepwell outputs ${run} NAME --to ${to}; which there are: stepwell outputs ${run}`;
  return refuse("wrong_usage", "--to copies one output, and none is named", hint);
}

async function listOutputs(context: Context, workspace: Workspace, name: string): Promise<void> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return context.refuse(run);
  const names = outputNames(run);
  if (names.length === 0) context.terminal.note(`${name} has no outputs`);
  for (const output of names) if (isMade(run, output)) context.terminal.out(output);
  const others = names.filter((output) => !isMade(run, output));
  if (others.length === 0) return;
  const yet = isEndedRun(run.row.status) ? "" : " yet";
  context.terminal.note(`not made${yet}: ${others.join(", ")}`);
}
