// `stepwell runs`: the newest runs, filtered; or the columns that are asked for, of runs that a condition holds for.

import type { Command } from "commander";
import type { ShownRunStatus } from "../../core/status.ts";
import { type ListedRun, listRuns } from "../../operations/recorded/list-runs.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import type { RunFilter, RunRow } from "../../ports/records.ts";
import type { Context } from "../context.ts";
import { tagOf } from "../define-asset-changes.ts";
import { duration, table } from "../format.ts";
import { collectTag } from "../run-flags.ts";
import { formTable } from "../table-format.ts";
import { formOf } from "./compare.ts";

interface RunsFlags {
  readonly experiment?: string;
  readonly pipeline?: string;
  readonly status?: string;
  readonly tag?: readonly string[];
  readonly limit: string;
  readonly columns?: string;
  readonly where?: string;
  readonly sort?: string;
  readonly csv?: boolean;
  readonly md?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .option("--experiment <name>", "only runs of this experiment")
    .option("--pipeline <name>", "only runs of this pipeline")
    .option("--status <status>", "only runs with this status")
    .option("--tag <key[=value]>", "only runs with this tag (may be repeated)", collectTag)
    .option("--limit <n>", "how many", "20")
    .option(
      "--columns <names>",
      "what to show: name,status,took,tag.team,inputs.alpha,train.inputs.seed,train.auc",
    )
    .option(
      "--where <condition>",
      "only runs for which it holds: 'train.auc > 0.9 and tag.team = x'",
    )
    .option("--sort <column>", "smallest first, with - in front largest first")
    .option("--csv", "print CSV")
    .option("--md", "print a Markdown table")
    .option("--json", "print them as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action((flags: RunsFlags) =>
      showRuns(context, flags, command.getOptionValueSource("limit") === "default"),
    );
}

const EXAMPLES = `
Examples:
  stepwell runs --status Failed --limit 5
  stepwell runs --columns name,inputs.alpha,train.auc --where 'train.auc > 0.9' --sort -train.auc`;

const COLUMNS_HINT = "write them like: --columns name,status,inputs.alpha --sort -took";

/** Of a table for programs, where none are asked for. */
const COLUMNS = ["name", "status", "created", "took", "ran", "reused", "failed", "experiment"];

async function showRuns(context: Context, flags: RunsFlags, isUsualLimit: boolean): Promise<void> {
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_LISTED)
    context.refuse(
      refuse(
        "wrong_usage",
        `--limit ${flags.limit}: expected a whole number from 1 to ${MOST_LISTED}`,
      ),
      flags.json,
    );
  const status = statusOf(flags.status);
  if (status === undefined)
    context.refuse(
      refuse("wrong_usage", `--status ${flags.status}`, `it is one of ${STATUSES.join(", ")}`),
      flags.json,
    );
  const asked = flags.columns?.split(",").map((name) => name.trim()) ?? null;
  if (asked?.includes("") || flags.sort === "" || flags.sort === "-")
    context.refuse(refuse("wrong_usage", "a column has no name", COLUMNS_HINT), flags.json);
  const columns = asked ?? (flags.csv || flags.md ? COLUMNS : []);
  const workspace = await context.open({ create: "refuse" });
  try {
    const found = await listRuns(workspace, {
      filter: filterOf(flags, status, limit),
      columns,
      status,
      where: flags.where ?? null,
      sort: flags.sort ?? null,
    });
    if (isRefusal(found)) return context.refuse(found, flags.json);
    if (found.onlyNewest !== null)
      context.terminal.note(
        `only the newest ${found.onlyNewest} runs were read; narrow them down: --experiment, --pipeline, --status, --tag`,
      );
    for (const { name, near } of found.unknown)
      context.terminal.note(
        `${found.onlyNewest === null ? "no run here" : "none of them"} has ${name}${near === null ? "" : `; did you mean ${near}?`}`,
      );
    print(context, found.runs, { columns, isChosen: asked !== null, flags });
    // Whoever names a limit knows of it.
    if (found.isLimited && isUsualLimit) {
      const which = flags.sort === undefined ? "the newest" : "the first";
      context.terminal.note(`only ${which} ${limit} are listed; more: --limit ${MOST_LISTED}`);
    }
  } finally {
    await workspace.close();
  }
}

const MOST_LISTED = 10_000;

const STATUSES: readonly ShownRunStatus[] = [
  "Queued",
  "Running",
  "Canceling",
  "Completed",
  "Failed",
  "Canceled",
  "Interrupted",
];

/** However it is capitalised; null: none is asked for, undefined: there is no such status. */
function statusOf(asked: string | undefined): ShownRunStatus | null | undefined {
  if (asked === undefined) return null;
  return STATUSES.find((status) => status.toLowerCase() === asked.toLowerCase());
}

function print(
  context: Context,
  found: readonly ListedRun[],
  how: { columns: readonly string[]; isChosen: boolean; flags: RunsFlags },
): void {
  const { terminal } = context;
  const { columns, isChosen, flags } = how;
  if (flags.json) {
    const chosen = ({ values }: ListedRun): unknown =>
      Object.fromEntries(columns.map((name, index) => [name, values[index]]));
    const whole = ({ row, status }: ListedRun): unknown => json(row, status);
    terminal.out(JSON.stringify({ schema: 1, runs: found.map(isChosen ? chosen : whole) }));
  } else if (found.length === 0 && !flags.csv)
    terminal.note(isFiltered(flags) ? "no run fits" : "no runs");
  else if (columns.length > 0)
    terminal.out(
      formTable(
        formOf(flags),
        columns,
        found.map((run) => run.values),
      ),
    );
  else terminal.out(table([HEAD, ...found.map(({ row, status }) => cells(row, status))]));
}

function isFiltered({ where, status, tag, pipeline, experiment }: RunsFlags): boolean {
  return [where, status, tag, pipeline, experiment].some((one) => one !== undefined);
}

function filterOf(flags: RunsFlags, status: ShownRunStatus | null, limit: number): RunFilter {
  return {
    limit,
    ...(flags.experiment === undefined ? {} : { experiment: flags.experiment }),
    ...(flags.pipeline === undefined ? {} : { pipeline: flags.pipeline }),
    ...(status === null || status === "Interrupted" ? {} : { status }),
    ...(flags.tag === undefined ? {} : { tags: flags.tag.map(tagOf) }),
  };
}

const HEAD = ["RUN", "STATUS", "CREATED (UTC)", "TOOK", "RAN", "REUSED", "FAILED", "EXPERIMENT"];

function cells(row: RunRow, status: string): readonly string[] {
  const { ran, reused, failed } = row.counts;
  return [
    row.name,
    status,
    new Date(row.createdAt).toISOString().slice(0, 19).replace("T", " "),
    row.startedAt === null ? "" : duration((row.endedAt ?? Date.now()) - row.startedAt),
    String(ran),
    String(reused),
    String(failed),
    row.experiment,
  ];
}

function json(row: RunRow, status: string): unknown {
  const time = (at: number | null): string | null =>
    at === null ? null : new Date(at).toISOString();
  return {
    name: row.name,
    status,
    pipeline: row.pipeline,
    experiment: row.experiment,
    displayName: row.displayName,
    tags: row.tags,
    created: time(row.createdAt),
    started: time(row.startedAt),
    finished: time(row.endedAt),
    counts: row.counts,
    user: row.origin.user,
  };
}
