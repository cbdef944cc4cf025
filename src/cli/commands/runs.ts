// `stepwell runs`: the newest runs, filtered.

import type { Command } from "commander";
import type { RunStatus } from "../../core/status.ts";
import { shownStatus } from "../../operations/read-run.ts";
import { refuse } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { RunFilter, RunRow } from "../../ports/records.ts";
import { own } from "../../spec/own-keys.ts";
import type { Context } from "../context.ts";
import { duration, table } from "../format.ts";
import { tagsOf } from "./run.ts";

interface RunsFlags {
  readonly experiment?: string;
  readonly pipeline?: string;
  readonly status?: string;
  readonly tag?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .option("--experiment <name>", "only runs of this experiment")
    .option("--pipeline <name>", "only runs of this pipeline")
    .option("--status <status>", "only runs with this status")
    .option("--tag <key=value>", "only runs with this tag")
    .option("--limit <n>", "how many", "20")
    .option("--json", "print them as one JSON object")
    .addHelpText("after", "\nExample:\n  stepwell runs --status Failed --limit 5")
    .action((flags: RunsFlags) => listRuns(context, flags));
}

async function listRuns(context: Context, flags: RunsFlags): Promise<void> {
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    context.refuse(
      refuse("wrong_usage", `--limit ${flags.limit}: expected a whole number from 1 to 10000`),
    );
  if (flags.status !== undefined && !STATUSES.includes(flags.status))
    context.refuse(
      refuse("wrong_usage", `--status ${flags.status}`, `it is one of ${STATUSES.join(", ")}`),
    );
  const workspace = await context.open({ create: "refuse" });
  try {
    const rows = await rowsOf(workspace, flags, limit);
    const shown = rows
      .map((row) => ({ row, status: shownStatus(workspace, row) }))
      .filter(({ status }) => flags.status === undefined || status === flags.status);
    if (flags.json)
      context.terminal.out(
        JSON.stringify({ schema: 1, runs: shown.map(({ row, status }) => json(row, status)) }),
      );
    else if (shown.length === 0) context.terminal.note("no runs");
    else context.terminal.out(table([HEAD, ...shown.map(({ row, status }) => cells(row, status))]));
  } finally {
    await workspace.close();
  }
}

const STATUSES: readonly string[] = [
  "Queued",
  "Running",
  "Canceling",
  "Completed",
  "Failed",
  "Canceled",
  "Interrupted",
];

/** `Interrupted` is no stored status: it is looked for among the runs without an end, which are few. */
async function rowsOf(
  workspace: Workspace,
  flags: RunsFlags,
  limit: number,
): Promise<readonly RunRow[]> {
  if (flags.status !== "Interrupted") return workspace.records.runs(filterOf(flags, limit));
  const fits = (row: RunRow): boolean =>
    shownStatus(workspace, row) === "Interrupted" &&
    (flags.tag === undefined || hasTag(row, flags.tag)) &&
    (flags.experiment === undefined || row.experiment === flags.experiment) &&
    (flags.pipeline === undefined || row.pipeline === flags.pipeline);
  const open = (await workspace.records.openRuns()).filter(fits);
  return [...open].reverse().slice(0, limit);
}

function hasTag(row: RunRow, text: string): boolean {
  const [tag] = Object.entries(tagsOf([text]));
  return tag !== undefined && own(row.tags, tag[0]) === tag[1];
}

function filterOf(flags: RunsFlags, limit: number): RunFilter {
  const [tag] = flags.tag === undefined ? [] : Object.entries(tagsOf([flags.tag]));
  return {
    limit,
    ...(flags.experiment === undefined ? {} : { experiment: flags.experiment }),
    ...(flags.pipeline === undefined ? {} : { pipeline: flags.pipeline }),
    ...(flags.status === undefined ? {} : { status: flags.status as RunStatus }),
    ...(tag === undefined ? {} : { tag }),
  };
}

const HEAD = ["RUN", "STATUS", "CREATED", "TOOK", "RAN", "REUSED", "FAILED", "EXPERIMENT"];

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
