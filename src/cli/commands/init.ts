// `stepwell init [SCRIPT…]`: a pipeline to run and to change: of two small steps, or of one step for each script, by what
// the script says of its own command line. And a commented `stepwell.yml`. Never overwrites anything.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { initPipeline } from "../../operations/drafts/init-pipeline.ts";
import { writeSchemas } from "../../operations/drafts/pipeline-text.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";
import { STARTER_FILES, WORKSPACE_FILE } from "../starter-files.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[script...]", "scripts to make steps of, in the order in which they run")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell init && stepwell run\n  stepwell init prepare.py train.py",
    )
    .action((scripts: readonly string[]) => {
      const folder = path.resolve(context.currentFolder, context.workspaceOption ?? ".");
      const files = scripts.length === 0 ? STARTER_FILES : ofScripts(context, folder, scripts);
      const taken = Object.keys(files).filter((name) => fs.existsSync(path.join(folder, name)));
      if (taken.length > 0)
        return context.refuse(
          refuse(
            "already_there",
            `${taken.join(", ")} would be overwritten in ${folder}`,
            scripts.length === 0
              ? "go to an empty folder, or move them away"
              : "add to it: stepwell add NAME -- python SCRIPT …",
          ),
        );
      for (const [name, text] of Object.entries(files)) {
        const file = path.join(folder, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, text, { flag: "wx" });
        context.terminal.out(name);
      }
      writeSchemas(folder);
      context.terminal.note(
        scripts.length === 0
          ? "run it: stepwell run"
          : "look at pipeline.yml, then: stepwell validate",
      );
    });
}

function ofScripts(
  context: Context,
  folder: string,
  scripts: readonly string[],
): Readonly<Record<string, string>> {
  const made = initPipeline({
    scripts: scripts.map((script) => path.resolve(context.currentFolder, script)),
    folder,
    shell: context.shell,
  });
  if (isRefusal(made)) return context.refuse(made);
  for (const warning of made.warnings) context.terminal.note(`warning: ${warning}`);
  const hasConfig = fs.existsSync(path.join(folder, "stepwell.yml"));
  return { "pipeline.yml": made.text, ...(hasConfig ? {} : { "stepwell.yml": WORKSPACE_FILE }) };
}
