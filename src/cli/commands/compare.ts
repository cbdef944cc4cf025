// `stepwell compare RUN…`: what is not the same in all of these runs, one column a run.

import type { Command } from "commander";
import { compareRuns } from "../../operations/recorded/compare-runs.ts";
import { isRefusal } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";
import { formTable, type TableForm } from "../table-format.ts";
import { RUN_HELP, runOf } from "../targets.ts";

interface CompareFlags {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly md?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[run...]", `${RUN_HELP.replace("last (default)", "last")} (default: last~1 last)`)
    .option("--csv", "print CSV")
    .option("--md", "print a Markdown table")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell compare\n  stepwell compare taxi-15 taxi-16 taxi-17 --md",
    )
    .action(async (words: readonly string[], flags: CompareFlags) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const typed = words.length === 0 ? ["last~1", "last"] : words;
        const names: string[] = [];
        for (const word of typed) names.push(await runOf(context, workspace, word, flags.json));
        const found = await compareRuns(workspace, names);
        if (isRefusal(found)) return context.refuse(found, flags.json);
        if (flags.json) context.terminal.out(JSON.stringify(found));
        else if (found.differences.length === 0)
          context.terminal.note("nothing that counts is different");
        else {
          const rows = found.differences.map(({ name, values }) => [name, ...values]);
          context.terminal.out(formTable(formOf(flags), ["", ...names], rows));
        }
      } finally {
        await workspace.close();
      }
    });
}

export function formOf(flags: { readonly csv?: boolean; readonly md?: boolean }): TableForm {
  return flags.csv ? "csv" : flags.md ? "md" : "text";
}
