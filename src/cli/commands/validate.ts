// `stepwell validate FILE`: every mistake at once, with its place and what to do.

import type { Command } from "commander";
import { loadDefinition } from "../../operations/load-definition.ts";
import { preparePlan } from "../../operations/prepare-plan.ts";
import type { Context } from "../context.ts";
import { printProblems, problemsJson } from "../print-problems.ts";
import {
  addDefinitionOptions,
  type DefinitionFlags,
  definitionOptions,
  prepareOptions,
} from "../run-options.ts";

export function define(command: Command, context: Context): void {
  addDefinitionOptions(command.argument("<file>", "pipeline or job file"))
    .option("--json", "print the problems as one JSON object")
    .addHelpText("after", "\nExample:\n  stepwell validate pipeline.yml")
    .action(async (file: string, flags: DefinitionFlags & { json?: boolean }) => {
      const workspace = await context.open({ create: true });
      try {
        const loaded = await loadDefinition(workspace, definitionOptions(context, file, flags));
        const problems = [...loaded.problems];
        if (loaded.graph !== null) {
          const options = await prepareOptions(
            context,
            workspace,
            loaded.graph,
            flags,
            flags.json ?? false,
          );
          const prepared = await preparePlan(workspace, loaded.graph, {
            ...options,
            mayResolve: false,
          });
          problems.push(...prepared.problems);
        }
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
