// `stepwell pin [WHAT]`: keeps a run, a registered version or some bytes whatever the rules say; without a word lists the pins.

import type { Command } from "commander";
import { describePin, pin } from "../../operations/lineage/pins.ts";
import { isRefusal } from "../../operations/refusal.ts";
import type { Pin } from "../../ports/keeping-records.ts";
import type { Context } from "../context.ts";
import { table } from "../format.ts";

export function define(command: Command, context: Context): void {
  command
    .argument(
      "[what...]",
      "a run, RUN.STEP.OUTPUT, data:NAME:VERSION, model:NAME:VERSION, sha256:…, a file or folder (default: list them)",
    )
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell pin taxi-17\n  stepwell pin taxi-17.train.model\n  stepwell pin",
    )
    .action(async (words: readonly string[], flags: { readonly json?: boolean }) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        if (words.length === 0) return list(context, await workspace.records.pins(), flags.json);
        const pinned = await pin(workspace, { words, folder: context.currentFolder });
        if (isRefusal(pinned)) return context.refuse(pinned, flags.json);
        if (flags.json) context.terminal.out(JSON.stringify({ schema: 1, ...viewOf(pinned) }));
        else context.terminal.out(`pinned ${describePin(pinned)}`);
      } finally {
        await workspace.close();
      }
    });
}

function list({ terminal }: Context, pins: readonly Pin[], json = false): void {
  const rows = pins.map((one) => [
    describePin(one),
    new Date(one.at).toISOString().slice(0, 16).replace("T", " "),
    one.by,
  ]);
  if (json) terminal.out(JSON.stringify({ schema: 1, pins: pins.map(viewOf) }));
  else if (pins.length === 0) terminal.note("nothing is pinned");
  else terminal.out(table([["PINNED", "SINCE (UTC)", "BY"], ...rows]));
}

function viewOf(one: Pin): object {
  return { ...one, at: new Date(one.at).toISOString() };
}
