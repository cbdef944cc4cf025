// Lists runs by what they were given and what they measured: chosen columns, a condition, an order. Reads a run only where
// the list of runs does not know the answer by itself.

import type { ShownRunStatus } from "../core/status.ts";
import type { RunFilter, RunRow } from "../ports/records.ts";
import { allRuns } from "./all-runs.ts";
import { readRun } from "./read-run.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { type Fact, isRowFact, type RunFacts, rowFacts, stepFacts } from "./run-facts.ts";
import { compareFacts, parseQuery } from "./run-query.ts";
import type { Workspace } from "./workspace.ts";

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
  /** One for each column. */
  readonly values: readonly Fact[];
}

/** With a condition or an order so many runs are looked at, newest first. */
const MOST_LOOKED_AT = 10_000;
export async function listRuns(
  workspace: Workspace,
  { filter, status, columns, where, sort }: ListOptions,
): Promise<readonly ListedRun[] | Refusal> {
  const query = where === null ? null : parseQuery(where);
  if (isRefusal(query)) return query;
  const key = sort?.replace(/^-/, "") ?? null;
  const wanted = [...columns, ...(query?.names ?? []), ...(key === null ? [] : [key])];
  const needsRuns = !wanted.every(isRowFact);
  const found: { row: RunRow; facts: RunFacts }[] = [];
  let looked = 0;
  for await (const row of allRuns(workspace.records, filter)) {
    looked += 1;
    if (looked > MOST_LOOKED_AT) break;
    const facts = await factsOf(workspace, row, needsRuns);
    if (status !== null && facts.get("status") !== status) continue;
    if (query !== null && !query.holds(facts)) continue;
    found.push({ row, facts });
    // In another order than by age the best may be the oldest.
    if (key === null && found.length === filter.limit) break;
  }
  if (key !== null)
    found.sort((a, b) =>
      compareFacts(a.facts.get(key) ?? null, b.facts.get(key) ?? null, sort !== key),
    );
  return found.slice(0, filter.limit).map(({ row, facts }) => ({
    row,
    values: columns.map((column) => facts.get(column) ?? null),
  }));
}

async function factsOf(workspace: Workspace, row: RunRow, whole: boolean): Promise<RunFacts> {
  const facts = rowFacts(workspace, row);
  if (!whole) return facts;
  const run = await readRun(workspace, row.name);
  if (!isRefusal(run)) for (const [name, value] of stepFacts(run)) facts.set(name, value);
  return facts;
}
