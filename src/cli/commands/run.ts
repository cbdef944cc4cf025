// `stepwell run FILE`: validates, plans, runs to the end (or hands over with --detach), and says how it ended.

import { type Command, InvalidArgumentError } from "commander";
import { isRefusal, refuse, refuseInvalid } from "../../operations/refusal.ts";
import { takeUp } from "../../operations/resume-run.ts";
import { submitRun } from "../../operations/submit-run.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { RunRow } from "../../ports/records.ts";
import type { Context } from "../context.ts";
import {
  addFileArgument,
  definitionFile,
  type FileFlag,
  workspaceFor,
} from "../definition-file.ts";
import { printProblems } from "../print-problems.ts";
import { runEach } from "../run-each.ts";
import {
  addDefinitionOptions,
  collect,
  type DefinitionFlags,
  givenVariables,
  prepareFile,
  warnOfVariables,
} from "../run-options.ts";
import { detach, resume, type SeeOptions, seeThrough } from "../see-through.ts";
import { writeMissing } from "../write-missing.ts";

export interface RunFlags extends DefinitionFlags, FileFlag {
  readonly name?: string;
  readonly experiment?: string;
  readonly tag?: readonly string[];
  readonly detach?: boolean;
  readonly priority: string;
  readonly json?: boolean;
  readonly onlyCached?: boolean;
  readonly strict?: boolean;
  readonly keepWork?: boolean;
  readonly logs?: boolean;
  readonly stream?: boolean;
  readonly resume?: string;
  readonly each?: readonly string[];
  readonly maxConcurrent?: string;
  readonly idempotencyKey?: string;
}

/** The options of `run` and `rerun` that say how a run is recorded and followed. */
export function addRunOptions(command: Command): Command {
  return command
    .option("--name <name>", "name of the run (default: the pipeline's name and a number)")
    .option("--experiment <name>", "experiment to file it under")
    .option("--tag <key=value>", "tag of the run", collectTag)
    .option("--priority <n>", "-10 … 10; higher goes first", "0")
    .option("--detach", "submit, print the name, and let it go on by itself")
    .option("--only-cached", "fail at the first step that would run")
    .option("--strict", "fail steps that read files or ask hosts which they do not declare")
    .option("--keep-work", "keep the work folder of every step")
    .option("--logs", "show what steps print, as it comes (default when one step runs)")
    .option("--no-logs", "do not show it")
    .option("--stream", "the same as --logs, as az ml writes it")
    .option("--idempotency-key <key>", "submitting again with the same key gives the same run")
    .option("--json", "print one JSON object at the end");
}

export function define(command: Command, context: Context): void {
  addRunOptions(addDefinitionOptions(addFileArgument(command)))
    .option(
      "--each <name=values>",
      "one run for each value: --each alpha=0.01,0.1 --each seed=1..10 (an input, or a path as in --set)",
      collect,
    )
    .option("--max-concurrent <n>", "with --each: at most so many runs at once (default: all)")
    .option("--resume <run>", "go on with an interrupted run (a name, last, …)")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string | undefined, flags: RunFlags) => {
      if (flags.resume !== undefined) {
        refuseOfNewRuns(context, command, file, flags);
        await resume(context, flags.resume, {
          ...seeOptions(flags),
          detach: flags.detach ?? false,
        });
      } else if (flags.each === undefined && flags.maxConcurrent !== undefined)
        context.refuse(
          refuse("wrong_usage", "--max-concurrent goes with --each", "one run needs no limit"),
          flags.json,
        );
      else if (flags.each !== undefined)
        await runEach(context, definitionFile(context, file, flags), flags);
      else await runFile(context, definitionFile(context, file, flags), flags);
    });
}

/** What says how a run that goes on is followed; everything else was said when it was submitted. */
const AT_RESUME: ReadonlySet<string> = new Set(["resume", "detach", "logs", "stream", "json"]);

function refuseOfNewRuns(
  context: Context,
  command: Command,
  file: string | undefined,
  { json }: RunFlags,
): void {
  const ofNewRuns = command.options.find((option) => {
    const name = option.attributeName();
    return !AT_RESUME.has(name) && command.getOptionValueSource(name) === "cli";
  });
  const given = file ?? ofNewRuns?.long;
  if (given === undefined) return;
  context.refuse(
    refuse(
      "wrong_usage",
      `${given} does not go with --resume, which goes on with the run as it was submitted`,
      "leave it out; a new run of what was recorded: stepwell rerun RUN",
    ),
    json,
  );
}

const EXAMPLES = `
Examples:
  stepwell run
  stepwell run pipeline.yml --logs
  stepwell run pipeline.yml --set jobs.train.inputs.alpha=0.2 --tag team=vision
  stepwell run pipeline.yml --until train --json
  stepwell run --each alpha=0.01,0.1,1 --each seed=1..10 --max-concurrent 4
  stepwell run --resume taxi-17`;

/** Runs a definition file to its end, as the flags say. */
export async function runFile(context: Context, file: string, flags: RunFlags): Promise<void> {
  const json = flags.json ?? false;
  await writeMissing(context, file, flags);
  const workspace = await context.open(workspaceFor(context, file));
  try {
    const row = await submitFile(context, workspace, file, flags);
    if (flags.detach) await detach(context, workspace, row, json);
    else await seeThrough(context, workspace, row.name, seeOptions(flags));
  } finally {
    await workspace.close();
  }
}

/** How a run is followed, as `run` and `rerun` are asked to. */
export function seeOptions(flags: RunFlags): SeeOptions {
  return {
    json: flags.json ?? false,
    logs: flags.logs ?? flags.stream ?? null,
  };
}

/** Validates, plans and submits; refuses with every problem at once. */
async function submitFile(
  context: Context,
  workspace: Workspace,
  file: string,
  flags: RunFlags,
): Promise<RunRow> {
  const json = flags.json ?? false;
  const { plan, problems, exitCode } = await prepareFile(context, workspace, file, flags, true);
  if (plan === null) return context.refuse({ ...refuseInvalid(problems), exitCode }, json);
  printProblems(context.terminal, problems);
  warnOfVariables(context, workspace, flags);
  const row = await submitRun(workspace, plan, {
    name: flags.name ?? null,
    experiment: flags.experiment ?? null,
    tags: tagsOf(flags.tag),
    priority: priorityOf(context, flags.priority),
    detached: flags.detach ?? false,
    idempotencyKey: flags.idempotencyKey ?? null,
    owner: flags.detach ? null : workspace.self(),
    file,
    commandLine: ["stepwell", ...context.words],
    variables: givenVariables(context, flags),
  });
  if (isRefusal(row)) return context.refuse(row, json);
  // The same key again: nobody may be left who goes on with that run.
  if (flags.idempotencyKey !== undefined) await takeUp(workspace, row, flags.detach ?? null);
  return row;
}

function collectTag(text: string, all: readonly string[] = []): readonly string[] {
  if (/^\s*=/.test(text)) throw new InvalidArgumentError("expected KEY=VALUE");
  return [...all, text];
}

export function tagsOf(tags: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    tags.map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

export function priorityOf(context: Context, text: string): number {
  const priority = Number(text);
  if (Number.isInteger(priority) && Math.abs(priority) <= 10) return priority;
  return context.refuse(
    refuse("wrong_usage", `--priority ${text}: expected a whole number from -10 to 10`),
  );
}
