// `stepwell cancel RUN`: asks the engine to cancel, and sees to it that there is an engine to ask.

import type { Command } from "commander";
import { isEndedRun } from "../../core/status.ts";
import { driveRun } from "../../operations/runs/drive-run.ts";
import type { Context } from "../context.ts";
import { unknownRun } from "../see-through.ts";
import { RUN_HELP, runOf } from "../targets.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .option("--kill", "do not wait for steps to end by themselves")
    .addHelpText("after", "\nExample:\n  stepwell cancel taxi-17")
    .action(async (word: string | undefined, flags: { kill?: boolean }) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const name = await runOf(context, workspace, word);
        const row = await workspace.records.run(name);
        if (row === null) return context.refuse(unknownRun(name));
        if (isEndedRun(row.status)) {
          context.terminal.out(`${name} has already ended: ${row.status}`);
          return;
        }
        const kind = flags.kill ? "kill" : "cancel";
        await workspace.records.request(name, kind, workspace.user, workspace.clock.now());
        // Becomes the engine itself when nobody is: nothing of a run that is being cancelled can start.
        await driveRun(workspace, {
          run: name,
          follow: null,
          onNotice: context.terminal.note,
        });
        const ended = await workspace.records.run(name);
        context.terminal.out(`${name} ${ended?.status ?? "is gone"}`);
      } finally {
        await workspace.close();
      }
    });
}
