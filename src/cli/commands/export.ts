// `stepwell export MODULE`: the pipeline of a TypeScript module as YAML of Azure ML v2.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { isModule, readModule } from "../../operations/definitions/read-module.ts";
import { refuse, refuseInvalid } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";
import { definitionFile, type FileFlag } from "../definition-file.ts";
import { printProblems } from "../print-problems.ts";

interface ExportFlags extends FileFlag {
  readonly to?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[file]", "the module (default: pipeline.ts here)")
    .option("--to <folder>", "write NAME.yml there, and programs of function steps beside it")
    .addHelpText(
      "after",
      "\nExample:\n  stepwell export pipeline.ts > pipeline.yml\n  stepwell export pipeline.ts --to azure",
    )
    .action(async (argument: string | undefined, flags: ExportFlags) => {
      const file = path.resolve(context.currentFolder, moduleFile(context, argument, flags));
      const folder = path.resolve(context.currentFolder, flags.to ?? ".");
      const programs = flags.to === undefined ? null : folder;
      if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
        context.refuse(refuse("wrong_usage", `${flags.to} is a file`, "name a folder"));
      const { report } = await readModule({
        file,
        functions: folder,
        form: programs === null ? "text" : "yaml",
        folder,
        places: false,
      });
      if (report.pipeline === null) context.refuse(refuseInvalid(report.problems));
      printProblems(context.terminal, report.problems);
      if (programs === null) {
        context.terminal.out(report.text.trimEnd());
        return;
      }
      fs.mkdirSync(programs, { recursive: true });
      const target = path.join(folder, `${report.pipeline}.yml`);
      fs.writeFileSync(target, report.text);
      context.terminal.note(`written: ${path.relative(context.currentFolder, target)}`);
    });
}

function moduleFile(context: Context, argument: string | undefined, flags: ExportFlags): string {
  const named = argument ?? flags.file ?? "pipeline.ts";
  const file = named === "pipeline.ts" ? named : definitionFile(context, argument, flags);
  if (!isModule(file))
    return context.refuse(
      refuse(
        "wrong_usage",
        `${file} is no module`,
        "name a .ts or .js file that exports a pipeline",
      ),
    );
  if (!fs.existsSync(path.resolve(context.currentFolder, file)))
    return context.refuse(refuse("missing_path", `there is no ${file}`, "name the module"));
  return file;
}
