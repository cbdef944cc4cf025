// `stepwell wait RUN`: blocks until a run has its end, says how it ended, and ends with its exit code.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { attach } from "../see-through.ts";
import { RUN_HELP } from "../targets.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .option("--json", "print the run as one JSON object at its end")
    .addHelpText("after", "\nExample:\n  stepwell wait taxi-17 && ./deploy.sh")
    .action((run: string | undefined, flags: { readonly json?: boolean }) =>
      attach(context, run, { ...flags, quiet: true }),
    );
}
