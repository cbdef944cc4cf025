// `stepwell unpin WHAT`: the rules and `delete` may remove it again. Removes nothing itself.

import type { Command } from "commander";
import { describePin, unpin } from "../../operations/lineage/pins.ts";
import { isRefusal } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("<what...>", "what was pinned, as `stepwell pin` lists it or as it was pinned")
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExample:\n  stepwell unpin taxi-17")
    .action(async (words: readonly string[], flags: { readonly json?: boolean }) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const target = await unpin(workspace, { words, folder: context.currentFolder });
        if (isRefusal(target)) return context.refuse(target, flags.json);
        if (flags.json) context.terminal.out(JSON.stringify({ schema: 1, ...target }));
        else context.terminal.out(`unpinned ${describePin(target)}`);
      } finally {
        await workspace.close();
      }
    });
}
