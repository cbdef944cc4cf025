// `stepwell outputs RUN [STEP.]NAME`: the path of a recorded output, or a copy of it with its modes restored.

import path from "node:path";
import type { Command } from "commander";
import { findOutput } from "../../operations/find-output.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("<run>", "name of a run")
    .argument("<name>", "output of the pipeline, or STEP.OUTPUT")
    .option("--to <folder>", "copy it into this folder instead of printing its path")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell outputs taxi-17 train.model\n  stepwell outputs taxi-17 report --to .",
    )
    .action(async (run: string, name: string, flags: { to?: string }) => {
      const workspace = await context.open({ create: false });
      try {
        const record = await findOutput(workspace, run, name);
        if (isRefusal(record)) return context.refuse(record);
        if (flags.to === undefined) {
          context.terminal.out(record.path);
          return;
        }
        const destination = path.resolve(
          context.currentFolder,
          flags.to,
          path.basename(record.path),
        );
        const copied = await workspace.contents.publish(record, destination);
        if (!copied.ok)
          return context.refuse(
            refuse(copied.failure.code, copied.failure.message, copied.failure.hint, 1),
          );
        context.terminal.out(destination);
      } finally {
        await workspace.close();
      }
    });
}
