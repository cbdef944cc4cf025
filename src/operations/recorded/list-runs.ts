// Lists runs by what they were given and what they measured: chosen columns, a condition, an order. Reads a run only where
// the list of runs does not know the answer by itself.

import type { ShownRunStatus } from "../../core/status.ts";
import type { RunFilter, RunRow } from "../../ports/records.ts";
import { didYouMean } from "../../spec/did-you-mean.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { allRuns } from "./all-runs.ts";
import { readRun } from "./read-run.ts";
import { type Fact, isRowFact, type RunFacts, rowFacts, stepFacts } from "./run-facts.ts";
import { compareFacts, parseQuery } from "./run-query.ts";
import { shownStatus } from "./shown-status.ts";

export interface ListOptions {
  readonly filter: RunFilter;
  /** What is shown counts: no record says `Interrupted`, it is seen only when a run is looked at. Null: any. */
  readonly status: ShownRunStatus | null;
  readonly columns: readonly string[];
  readonly where: string | null;
  /** A column, with `-` in front for the largest first; null: newest first. */
  readonly sort: string | null;
}

export interface ListedRun {
  readonly row: RunRow;
  readonly status: ShownRunStatus;
  /** One for each column. */
  readonly values: readonly Fact[];
}

export interface RunList {
  readonly runs: readonly ListedRun[];
  /** Names that were asked for and that no run which was looked at has, each with the nearest that one has, or null. */
  readonly unknown: readonly { readonly name: string; readonly near: string | null }[];
  /** There are older runs, which were not read: only the newest so many were. Null: all that there are. */
  readonly onlyNewest: number | null;
  /** There are more runs than the limit let through; whether they fit is known only of those that were put in order. */
  readonly isLimited: boolean;
}

/** With a condition or an order so many runs are read, newest first. */
const MOST_READ = 10_000;

export async function listRuns(
  workspace: Workspace,
  { filter, status, columns, where, sort }: ListOptions,
): Promise<RunList | Refusal> {
  const query = where === null ? null : parseQuery(where);
  if (isRefusal(query)) return query;
  const key = sort?.replace(/^-/, "") ?? null;
  const wanted = [...columns, ...(query?.names ?? []), ...(key === null ? [] : [key])];
  const needsRuns = !wanted.every(isRowFact);
  const known = new Set<string>();
  const found: { row: RunRow; status: ShownRunStatus; facts: RunFacts }[] = [];
  const keepBest = (): void => {
    if (key === null) return;
    found.sort((a, b) =>
      compareFacts(a.facts.get(key) ?? null, b.facts.get(key) ?? null, sort !== key),
    );
    found.splice(filter.limit);
  };
  let looked = 0;
  let fitting = 0;
  let isCut = false;
  let isFull = false;
  for await (const row of allRuns(workspace.records, filter)) {
    // In another order than by age the best may be the oldest.
    isFull = key === null && fitting === filter.limit;
    isCut = !isFull && needsRuns && looked === MOST_READ;
    if (isFull || isCut) break;
    looked += 1;
    const shown = await shownStatus(workspace, row);
    const facts = await factsOf(workspace, row, { status: shown, whole: needsRuns });
    for (const name of facts.keys()) known.add(name);
    if (status !== null && shown !== status) continue;
    if (query !== null && !query.holds(facts)) continue;
    fitting += 1;
    found.push({ row, status: shown, facts: only(wanted, facts) });
    if (key !== null && found.length >= 4 * Math.max(filter.limit, 100)) keepBest();
  }
  const unknown = looked === 0 ? [] : unknownNames(wanted, known);
  const typo = unknown.find(({ near }) => near !== null && isRowFact(near));
  if (typo !== undefined)
    return refuse("wrong_usage", `no run has ${typo.name}`, `did you mean ${typo.near}?`);
  keepBest();
  const runs = found.map(({ facts, ...listed }) => ({
    ...listed,
    values: columns.map((column) => facts.get(column) ?? null),
  }));
  const isLimited = isFull || fitting > filter.limit;
  return { runs, unknown, onlyNewest: isCut ? MOST_READ : null, isLimited };
}

/** A run of a thousand steps has ten thousand facts, and thousands of runs are kept for an order. */
function only(wanted: readonly string[], facts: RunFacts): RunFacts {
  return new Map(wanted.map((name) => [name, facts.get(name) ?? null]));
}

function unknownNames(wanted: readonly string[], known: ReadonlySet<string>): RunList["unknown"] {
  const missing = [...new Set(wanted)].filter((name) => !known.has(name));
  return missing.map((name) => ({ name, near: didYouMean(name, known) }));
}

async function factsOf(
  workspace: Workspace,
  row: RunRow,
  { status, whole }: { readonly status: ShownRunStatus; readonly whole: boolean },
): Promise<RunFacts> {
  const facts = rowFacts(row, status);
  if (!whole) return facts;
  const run = await readRun(workspace, row.name);
  if (!isRefusal(run)) for (const [name, value] of stepFacts(run)) facts.set(name, value);
  return facts;
}
