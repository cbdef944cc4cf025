// `stepwell gc [--dry-run]`: frees disk space that no run needs, and what the rules of `retention` let go; logs always stay.

import type { Command } from "commander";
import {
  collectGarbage,
  type Garbage,
  type GarbageKind,
} from "../../operations/keeping/collect-garbage.ts";
import { counted } from "../../spec/counted.ts";
import type { Context } from "../context.ts";
import { bytes, table } from "../format.ts";

const WORDS: Readonly<Record<GarbageKind, string>> = {
  outputs: "outputs that no rule of stepwell.yml keeps",
  shared: "bytes that no output names any more",
  work: "work folders of ended attempts",
  attempts: "scratch of ended attempts",
  checkpoints: "checkpoints unused for 30 days",
  code: "code snapshots that no run names",
  kept: "copies of inputs that no run names",
  downloads: "downloads that no run names",
  variables: "variables of shells that no run needs",
  records: "copies of the record by earlier versions",
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
        const garbage = await collectGarbage(workspace, dryRun);
        if (flags.json) context.terminal.out(JSON.stringify(viewOf(garbage, dryRun)));
        else print(context, garbage, dryRun);
      } finally {
        await workspace.close();
      }
    });
}

const KINDS = Object.keys(WORDS) as GarbageKind[];

function totalOf({ kinds }: Garbage): number {
  return KINDS.reduce((sum, kind) => sum + kinds[kind].sizeBytes, 0);
}

function viewOf(garbage: Garbage, dryRun: boolean): object {
  const { kinds: removed, runs, finished } = garbage;
  return { schema: 1, dryRun, removed, runs, finished, sizeBytes: totalOf(garbage) };
}

/** Runs with less are only counted. */
const SHOWN_RUNS = 20;
const SHOWN_STEPS = 5;

function print({ terminal }: Context, garbage: Garbage, dryRun: boolean): void {
  const { kinds, runs, finished } = garbage;
  terminal.out(
    table(
      KINDS.map((kind) => [String(kinds[kind].count), WORDS[kind], bytes(kinds[kind].sizeBytes)]),
    ),
  );
  for (const { run, steps, sizeBytes } of runs.slice(0, SHOWN_RUNS)) {
    const rest = steps.length - SHOWN_STEPS;
    const more = rest > 0 ? ` and ${rest} more` : "";
    const names = steps.map((step) => (step === "." ? "the step" : step)).slice(0, SHOWN_STEPS);
    terminal.out(`outputs of ${run}: ${names.join(", ")}${more} (${bytes(sizeBytes)})`);
  }
  if (runs.length > SHOWN_RUNS)
    terminal.out(`and of ${counted(runs.length - SHOWN_RUNS, "more run")}`);
  if (finished > 0) terminal.out(`finished the removal of ${counted(finished, "result")}`);
  terminal.out(`${dryRun ? "would free" : "freed"} ${bytes(totalOf(garbage))}`);
}
