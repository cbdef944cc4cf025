// `stepwell attach RUN`: follows a run that goes on elsewhere, with what its steps print if asked. Ctrl-C leaves it running.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { attach } from "../see-through.ts";
import { RUN_HELP } from "../targets.ts";

interface AttachFlags {
  readonly logs?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .option("--logs", "show what steps print, as it comes (default when one step runs)")
    .option("--no-logs", "do not show it")
    .option("--json", "print the run as one JSON object at its end")
    .addHelpText("after", "\nExamples:\n  stepwell attach\n  stepwell attach taxi-17 --logs")
    .action((run: string | undefined, flags: AttachFlags) =>
      attach(context, run, { ...flags, quiet: false }),
    );
}
