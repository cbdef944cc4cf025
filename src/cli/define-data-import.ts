// `stepwell data import FILE`: brings rows or files from elsewhere, as a run whose output becomes a data asset.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { refuse, refuseInvalid } from "../operations/refusal.ts";
import { places } from "../operations/workspace.ts";
import { writeWhole } from "../operations/write-whole.ts";
import { readText } from "../ports/read-file.ts";
import { importJob } from "../spec/import-job.ts";
import { runFile } from "./commands/run.ts";
import type { Context } from "./context.ts";
import { printProblems } from "./print-problems.ts";
import { withWorkspace } from "./with-workspace.ts";

interface ImportFlags {
  readonly file?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

export function defineDataImport(command: Command, context: Context): void {
  command
    .command("import")
    .description("bring rows or files from elsewhere, as a run, and register them under a name")
    .argument("[file]", "definition file: name, source, and where a copy goes")
    .option("-f, --file <file>", "the definition file, as az ml writes it")
    .option("--detach", "do not wait for its end")
    .option("--json", "print one JSON object")
    .action((file: string | undefined, flags: ImportFlags) => importData(context, file, flags));
}

async function importData(
  context: Context,
  given: string | undefined,
  { file = given, detach = false, json = false }: ImportFlags,
): Promise<void> {
  if (file === undefined)
    return context.refuse(
      refuse("wrong_usage", "say what to import", "stepwell data import FILE"),
      json,
    );
  const at = path.resolve(context.currentFolder, file);
  if (!fs.existsSync(at))
    return context.refuse(refuse("unreadable_file", `${at} does not exist`), json);
  const { job, name, problems } = importJob(readText(at), at);
  if (job === null) return context.refuse(refuseInvalid(problems), json);
  printProblems(context.terminal, problems);
  let written = "";
  await withWorkspace(context, "make", async ({ folder }) => {
    written = path.join(places.imports(folder), `${name.replaceAll(/[^\w.-]/g, "_")}.yml`);
    fs.mkdirSync(path.dirname(written), { recursive: true });
    writeWhole(written, JSON.stringify(job, null, 1));
  });
  await runFile(context, written, { detach, json, priority: "0" });
}
