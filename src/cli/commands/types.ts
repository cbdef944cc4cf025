// `stepwell types COMPONENT…`: TypeScript types of components in YAML or registered ones.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { componentTypes } from "../../operations/definitions/component-types.ts";
import { isRefusal, refuse, refuseInvalid } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";
import { printProblems } from "../print-problems.ts";

const DEFAULT = "stepwell-components.d.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("<component...>", "files of components, or registered ones: train@latest, train:2")
    .option("--out <file>", `the file to write; - for stdout (default: ${DEFAULT})`)
    .addHelpText(
      "after",
      "\nExample:\n  stepwell types train.yml evaluate.yml\n  stepwell types train@latest --out -",
    )
    .action(async (words: readonly string[], flags: { readonly out?: string }) => {
      const out = flags.out ?? DEFAULT;
      const file = path.resolve(context.currentFolder, out === "-" ? "." : out);
      const folder = out === "-" ? file : path.dirname(file);
      const needsWorkspace = words.some(
        (word) => !fs.existsSync(path.resolve(context.currentFolder, word)),
      );
      const workspace = needsWorkspace ? await context.open({ create: "pretend" }) : null;
      try {
        const { currentFolder, terminal } = context;
        const made = await componentTypes(words, workspace, { folder, currentFolder });
        if (isRefusal(made)) context.refuse(made);
        if (made.problems.some((one) => one.severity === "error"))
          context.refuse(refuseInvalid(made.problems));
        printProblems(terminal, made.problems);
        if (out === "-") terminal.out(made.text.trimEnd());
        else write(context, file, made.text);
      } finally {
        await workspace?.close();
      }
    });
}

function write(context: Context, file: string, text: string): void {
  if (!fs.existsSync(path.dirname(file)))
    context.refuse(
      refuse("missing_path", `there is no folder ${path.dirname(file)}`, "make it first"),
    );
  fs.writeFileSync(file, text);
  context.terminal.note(`written: ${path.relative(context.currentFolder, file)}`);
}
