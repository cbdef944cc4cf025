// `stepwell validate FILE`: every mistake at once, with its place and what to do. Of components, data, environments and
// models too.

import path from "node:path";
import type { Command } from "commander";
import { checkAssetFile } from "../../operations/assets/check-asset-file.ts";
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
        const job = await prepareFile(context, workspace, file, flags, false);
        const at = path.resolve(context.currentFolder, file);
        const asset = await checkAssetFile(workspace, at, job.problems);
        const { problems } = asset ?? job;
        if (flags.json) context.terminal.out(problemsJson(problems));
        else printProblems(context.terminal, problems);
        const valid = problems.every((problem) => problem.severity === "warning");
        const what = asset === null ? "" : ` (${asset.what})`;
        if (valid && !flags.json) context.terminal.out(`${file} is valid${what}`);
        context.exit(valid ? 0 : 2);
      } finally {
        await workspace.close();
      }
    });
}
