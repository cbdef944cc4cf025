// `stepwell why RUN STEP`: why a step ran or was reused, in full.

import type { Command } from "commander";
import { isEndedStep } from "../../core/status.ts";
import { type Explanation, whyStep } from "../../operations/explained/why-step.ts";
import { isRefusal } from "../../operations/refusal.ts";
import type { Context } from "../context.ts";
import { RUN_HELP, runOf, stepOf } from "../targets.ts";

interface WhyFlags {
  readonly against?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .argument("[step]", "path of a step")
    .option("--against <run>", "compare with this run instead of the step's latest earlier one")
    .option("--json", "print the explanation as one JSON object")
    .addHelpText("after", "\nExamples:\n  stepwell why train\n  stepwell why taxi-17 train")
    .action(async (first: string | undefined, second: string | undefined, flags: WhyFlags) => {
      const workspace = await context.open({ create: "refuse" });
      try {
        const { run, step } = await stepOf(context, workspace, [first, second], flags.json);
        const against =
          flags.against === undefined
            ? null
            : await runOf(context, workspace, flags.against, flags.json);
        const found = await whyStep(workspace, run, step, against);
        if (isRefusal(found)) return context.refuse(found, flags.json);
        if (flags.json) context.terminal.out(JSON.stringify(found));
        else print(context, found);
      } finally {
        await workspace.close();
      }
    });
}

function decided({ decision, run, from, status }: Explanation): string {
  switch (decision) {
    case "ran":
      return "ran";
    case "reused":
      return "was reused";
    case "attached":
      return `took the result of the same work in ${from?.run === run ? `step ${from.step} of this run` : (from?.run ?? "another run")}`;
    case "none":
      return isEndedStep(status) ? "did not run" : "has not run yet";
    default:
      return decision satisfies never;
  }
}

function print(context: Context, found: Explanation): void {
  const { terminal } = context;
  const reason = found.reason === null ? "" : `: ${found.reason.detail}`;
  terminal.out(`${found.step} ${decided(found)}${reason}`);
  if (found.invalidated !== null) terminal.out(`its result was ${found.invalidated}`);
  if (found.removed !== null) terminal.out(`its outputs were ${found.removed}`);
  for (const warning of found.warnings) terminal.out(`warning: ${warning}`);
  for (const line of watchLines(found)) terminal.out(line);
  printComparison(context, found);
  for (const [kind, id] of Object.entries(found.identity ?? {}))
    if (id !== null) terminal.out(`${kind} ${id}`);
}

const UNWATCHED =
  "what it read was not watched: no Python that can be watched ran in it (trace: true watches any program)";

/** More undeclared files are counted. */
const SHOWN_FILES = 20;

/** What it relied on beside its inputs, and what nobody could see. */
function watchLines({ undeclared, watchedBy, isFunction, status }: Explanation): string[] {
  // Of an attempt that failed nothing is kept.
  if (status !== "Completed") return [];
  const unwatched = watchedBy === null && !isFunction ? [UNWATCHED] : [];
  if (undeclared === null) return unwatched;
  const { files, more, hosts, programs } = undeclared;
  const rest = files.length + more - SHOWN_FILES;
  return [
    ...unwatched,
    ...files.slice(0, SHOWN_FILES).map((file) => `undeclared ${file.path}`),
    ...(rest > 0 ? [`undeclared and ${rest} more`] : []),
    ...hosts.map((host) => `undeclared host ${host}`),
    ...(programs.length > 0
      ? [`it started ${programs.join(", ")}: what these read is not seen`]
      : []),
  ];
}

function printComparison({ terminal }: Context, found: Explanation): void {
  if (found.against === null) {
    terminal.out("there is no earlier run of this step to compare with");
    return;
  }
  if (found.identity === null && found.decision === "none") {
    const why =
      found.status === "Failed"
        ? "it failed before it began"
        : "its turn did not come, so nobody knows what it would have read";
    terminal.out(`not compared with ${found.against}: ${why}`);
    return;
  }
  terminal.out(`compared with ${found.against}:`);
  if (found.differences.length === 0) terminal.out("  nothing that counts is different");
  for (const difference of found.differences) terminal.out(`  ${difference.detail}`);
  for (const change of found.outputs) {
    const fields = change.fields.length === 0 ? [] : [`in MLmodel: ${change.fields.join(", ")}`];
    const named = [change.files.join(", "), ...fields].filter((part) => part !== "");
    const files = named.length === 0 ? "" : ` (${named.join("; ")})`;
    const same = change.equivalent ? " that count as the same" : "";
    terminal.out(
      `  output ${change.output}: ${change.same ? "the same bytes" : `other bytes${same}${files}`}`,
    );
  }
}
