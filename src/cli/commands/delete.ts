// `stepwell delete WHAT`: the outputs of a run, or a registered version, unless something refers to them.

import type { Command } from "commander";
import { deleteAsset } from "../../operations/assets/delete-asset.ts";
import {
  type Deleted,
  type DeleteOptions,
  deleteRun,
} from "../../operations/keeping/delete-run.ts";
import { findRun } from "../../operations/recorded/find-run.ts";
import { isRefusal, type Refusal, refuse } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { Context } from "../context.ts";
import { bytes } from "../format.ts";

interface DeleteFlags {
  readonly record?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("<what>", "a run, data:NAME:VERSION or model:NAME:VERSION")
    .option("--record", "also what is recorded of it: its lineage is gone then")
    .option("--dry-run", "only say what would be removed")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell delete taxi-17\n  stepwell delete model:trees:3 --dry-run",
    )
    .action(async (what: string, flags: DeleteFlags) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const options = { record: flags.record ?? false, dryRun: flags.dryRun ?? false };
        const deleted = await deleteWhat(workspace, what, options);
        if (isRefusal(deleted)) return context.refuse(deleted, flags.json);
        if (flags.json) context.terminal.out(JSON.stringify({ schema: 1, ...deleted }));
        else context.terminal.out(sentence(deleted));
      } finally {
        await workspace.close();
      }
    });
}

async function deleteWhat(
  workspace: Workspace,
  what: string,
  options: DeleteOptions,
): Promise<Deleted | Refusal> {
  const [, kind, name = ""] = /^(data|model):(.+)$/s.exec(what) ?? [];
  if (kind === "data" || kind === "model") return deleteAsset(workspace, kind, name, options);
  // What is removed is named in full: a word that means another run tomorrow is no name here.
  const run = await findRun(workspace, what);
  if (isRefusal(run)) return run;
  if (run === what) return deleteRun(workspace, run, options);
  return refuse("wrong_usage", `${what} is run ${run}`, `name it in full: stepwell delete ${run}`);
}

function sentence({ what, steps, sizeBytes, record, dryRun }: Deleted): string {
  const done = dryRun ? "would remove" : "removed";
  if (/^(?:data|model) /.test(what)) {
    const rest = record ? " and its record" : "; its lineage stays";
    return `${done} ${what}${rest}`;
  }
  const count = steps.length === 1 ? "1 step" : `${steps.length} steps`;
  const outputs =
    steps.length === 0 ? "no outputs" : `the outputs of ${count} (${bytes(sizeBytes)})`;
  return `${done} ${outputs} of ${what}${record ? " and its record" : "; its record stays"}`;
}
