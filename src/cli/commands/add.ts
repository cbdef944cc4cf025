// `stepwell add [NAME] -- COMMAND`: adds a step to the pipeline file, made of a command as it is typed in a shell. Shown
// before it is written; everything else of the file stays as it is.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { type AddedStep, addStep, writeText } from "../../operations/drafts/add-step.ts";
import { nameOfCommand } from "../../operations/drafts/draft-names.ts";
import { INTERPRETER } from "../../operations/drafts/missing-script.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import { canAsk, confirm } from "../ask.ts";
import type { Context } from "../context.ts";
import { DEFAULT_FILES, definitionFile, type FileFlag } from "../definition-file.ts";

interface AddFlags extends FileFlag {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[name]", "name of the step (default: that of its script)")
    .argument("[command...]", "its command, behind --")
    .showHelpAfterError("(the command goes behind --: stepwell add NAME -- python train.py …)")
    .option("-f, --file <file>", "pipeline file (default: pipeline.yml or pipeline.yaml here)")
    .option("--dry-run", "only show the step")
    .option("-y, --yes", "do not ask")
    .option("--json", "print what was added as one JSON object")
    .addHelpText(
      "after",
      "\nExample:\n  stepwell add train -- python train.py --data data/x.csv --alpha 0.1 --out model/",
    )
    .action((first: string | undefined, others: readonly string[], flags: AddFlags) => {
      const all = first === undefined ? [] : [first, ...others];
      return isWithoutName(context, all)
        ? add(context, nameOfCommand(all), all, flags)
        : add(context, first ?? "NAME", others, flags);
    });
}

/** `add -- python train.py`, and `add python train.py`: the first word is no name. */
function isWithoutName({ words }: Context, all: readonly string[]): boolean {
  const at = words.indexOf("--");
  if (at < 0) return all.length > 1 && INTERPRETER.test(all[0] as string);
  return all.length > 0 && all.length === words.length - at - 1;
}

async function add(
  context: Context,
  name: string,
  words: readonly string[],
  flags: AddFlags,
): Promise<void> {
  if (words.length === 0)
    return context.refuse(
      refuse("wrong_usage", "say which command", `stepwell add ${name} -- python train.py …`),
      flags.json,
    );
  const file = path.resolve(context.currentFolder, fileOf(context, flags));
  const { currentFolder, shell } = context;
  const added = addStep({ name, words, file, currentFolder, shell });
  if (isRefusal(added)) return context.refuse(added, flags.json);
  if (flags.json) printJson(context, file, added);
  else show(context, file, added);
  if (flags.dryRun) return;
  if (canAsk() && !flags.yes && !flags.json && !(await confirm("write it?"))) {
    context.terminal.note("nothing was written");
    return;
  }
  writeText(file, added);
  if (!flags.json) context.terminal.note("written; what would run: stepwell plan");
}

function fileOf(context: Context, flags: AddFlags): string {
  const there = DEFAULT_FILES.some((name) => fs.existsSync(path.join(context.currentFolder, name)));
  return flags.file === undefined && !there
    ? DEFAULT_FILES[0]
    : definitionFile(context, undefined, flags);
}

function show(context: Context, file: string, added: AddedStep): void {
  const { terminal } = context;
  const shown = path.relative(context.currentFolder, file);
  terminal.out(`${added.isNew ? "new file " : ""}${shown}`);
  for (const line of added.lines) terminal.out(terminal.colors.green(`+ ${line}`.trimEnd()));
}

function printJson(context: Context, file: string, { isNew, lines }: AddedStep): void {
  context.terminal.out(JSON.stringify({ schema: 1, file, isNew, lines }));
}
