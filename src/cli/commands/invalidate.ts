// `stepwell invalidate RUN STEP --reason …`: a result is never reused again, and what was made from it is listed.

import type { Command } from "commander";
import { describeInvalidation } from "../../core/invalidation.ts";
import {
  type InvalidatedResult,
  type InvalidationReport,
  type InvalidationTarget,
  invalidateResults,
} from "../../operations/explained/invalidate-results.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { Context } from "../context.ts";
import { mostShown, noteMore } from "../most-shown.ts";
import { RUN_HELP, stepOf } from "../targets.ts";

interface InvalidateFlags {
  readonly reason?: string;
  readonly fingerprint?: string;
  readonly environment?: string;
  readonly code?: string;
  readonly downstream?: boolean;
  readonly json?: boolean;
}

type Words = readonly (string | undefined)[];

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .argument("[step]", "path of a step")
    .option("--reason <text>", "why: shown wherever the result would have been reused")
    .option("--fingerprint <id>", "every result of this fingerprint instead of a step's")
    .option("--environment <id>", "every result made in this environment")
    .option("--code <id>", "every result made by this code")
    .option("--downstream", "everything that was made from it too")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(
      async (first: string | undefined, second: string | undefined, flags: InvalidateFlags) => {
        if (!flags.reason?.trim()) {
          const hint = 'for example: --reason "labels of March are wrong"';
          return context.refuse(refuse("wrong_usage", "say why: --reason TEXT", hint), flags.json);
        }
        const workspace = await context.open({ create: "refuse" });
        try {
          const target = await targetOf(context, workspace, [first, second], flags);
          const found = await invalidateResults(workspace, target, {
            reason: flags.reason.trim(),
            downstream: flags.downstream ?? false,
          });
          if (isRefusal(found)) return context.refuse(found, flags.json);
          if (flags.json) context.terminal.out(JSON.stringify(found));
          else print(context, found);
        } finally {
          await workspace.close();
        }
      },
    );
}

const EXAMPLES = `
Examples:
  stepwell invalidate train --reason "wrong labels"
  stepwell invalidate taxi-17 prepare --reason "wrong labels" --downstream
  stepwell invalidate --environment 3f2a9c01 --reason "broken numpy"`;

async function targetOf(
  context: Context,
  workspace: Workspace,
  words: Words,
  flags: InvalidateFlags,
): Promise<InvalidationTarget> {
  const ids = (["fingerprint", "environment", "code"] as const).flatMap((kind) => {
    const id = flags[kind];
    return id === undefined ? [] : [{ kind, id }];
  });
  const typed = words.filter((word) => word !== undefined);
  if (ids.length + Math.min(1, typed.length) > 1) {
    const message = "name a step, or one of --fingerprint, --environment and --code";
    return context.refuse(refuse("wrong_usage", message), flags.json);
  }
  const [id] = ids;
  if (id !== undefined) return id;
  return { kind: "step", ...(await stepOf(context, workspace, words, flags.json)) };
}

function print(context: Context, report: InvalidationReport): void {
  const { terminal } = context;
  const { invalidated, standing, madeFrom, downstream, assets } = report;
  const all = downstream ? [...invalidated, ...madeFrom] : invalidated;
  const results = all.length === 1 ? "1 result is" : `${all.length} results are`;
  terminal.out(`${results} never reused again:`);
  list(context, all);
  const [first] = standing;
  if (first !== undefined) {
    const more = standing.length === 1 ? "" : `, and ${standing.length - 1} more`;
    terminal.out("what was invalidated before keeps its reason:");
    terminal.out(
      `  ${nameOf(first)}: ${describeInvalidation({ ...first.mark, at: Date.parse(first.mark.at) })}${more}`,
    );
  }
  if (!downstream && madeFrom.length > 0) {
    terminal.out("made from it, and reused as long as it comes out the same:");
    list(context, madeFrom);
    terminal.out("to invalidate these too: the same again with --downstream");
  }
  if (assets.length > 0) terminal.out(`registered from it, and left as they are:`);
  for (const asset of assets) terminal.out(`  ${asset}`);
}

function list({ terminal }: Context, results: readonly InvalidatedResult[]): void {
  const most = mostShown(terminal);
  for (const result of results.slice(0, most)) terminal.out(`  ${nameOf(result)}`);
  noteMore(terminal, results.length - most, "results", "the same again with --json");
}

function nameOf({ run, step }: Pick<InvalidatedResult, "run" | "step">): string {
  return `${step === "." ? "the step" : step} of ${run}`;
}
