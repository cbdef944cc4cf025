// `stepwell gc [--dry-run]`: frees disk space that no run needs; recorded outputs and logs always stay.

import type { Command } from "commander";
import { collectGarbage, type GarbageKind } from "../../operations/collect-garbage.ts";
import type { Context } from "../context.ts";
import { bytes, table } from "../format.ts";

const WORDS: Readonly<Record<GarbageKind, string>> = {
  shared: "bytes that no output names any more",
  work: "work folders of ended attempts",
  attempts: "scratch of ended attempts",
  checkpoints: "checkpoints unused for 30 days",
  code: "code snapshots that no run names",
  kept: "copies of inputs that no run names",
  downloads: "downloads that no run names",
  variables: "variables of shells that no run needs",
  environments: "environments unused for 30 days",
};

export function define(command: Command, context: Context): void {
  command
    .option("--dry-run", "only say what would be removed")
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExample:\n  stepwell gc --dry-run")
    .action(async (flags: { dryRun?: boolean; json?: boolean }) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const dryRun = flags.dryRun ?? false;
        const removed = await collectGarbage(workspace, dryRun);
        const kinds = Object.keys(WORDS) as GarbageKind[];
        const total = kinds.reduce((sum, kind) => sum + removed[kind].sizeBytes, 0);
        if (flags.json) {
          context.terminal.out(JSON.stringify({ schema: 1, dryRun, removed, sizeBytes: total }));
          return;
        }
        context.terminal.out(
          table(
            kinds.map((kind) => [
              String(removed[kind].count),
              WORDS[kind],
              bytes(removed[kind].sizeBytes),
            ]),
          ),
        );
        context.terminal.out(`${dryRun ? "would free" : "freed"} ${bytes(total)}`);
      } finally {
        await workspace.close();
      }
    });
}
