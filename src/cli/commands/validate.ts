// `stepwell validate FILE`: every mistake at once, with its place and what to do.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addFileArgument, definitionFile, type FileFlag } from "../definition-file.ts";
import { printProblems, problemsJson } from "../print-problems.ts";
import { addDefinitionOptions, type DefinitionFlags, prepareFile } from "../run-options.ts";
import { writeMissing } from "../write-missing.ts";

interface ValidateFlags extends DefinitionFlags, FileFlag {
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  addDefinitionOptions(addFileArgument(command))
    .option("--json", "print the problems as one JSON object")
    .addHelpText("after", "\nExample:\n  stepwell validate pipeline.yml")
    .action(async (argument: string | undefined, flags: ValidateFlags) => {
      const file = definitionFile(context, argument, flags);
      await writeMissing(context, file, flags);
      const workspace = await context.open({ create: "pretend" });
      try {
        const { problems } = await prepareFile(context, workspace, file, flags, false);
        if (flags.json) context.terminal.out(problemsJson(problems));
        else printProblems(context.terminal, problems);
        const valid = problems.every((problem) => problem.severity === "warning");
        if (valid && !flags.json) context.terminal.out(`${file} is valid`);
        context.exit(valid ? 0 : 2);
      } finally {
        await workspace.close();
      }
    });
}
