// Recorded results whose outputs are still there, with everything that refers to them: runs that made, took over or read them,
// registered versions, pins. Reads the record; decides nothing.

import path from "node:path";
import type { ResultReference } from "../../core/event.ts";
import { idsOf, recordedOutputs } from "../../core/output.ts";
import type { Untouchable } from "../../core/retention.ts";
import type { Pin } from "../../ports/keeping-records.ts";
import type { ResultRow, RunRow } from "../../ports/records.ts";
import type { DataDefinition } from "../data/resolve-data.ts";
import { allRuns } from "../recorded/all-runs.ts";
import { findOutputRow } from "../recorded/find-output.ts";
import { outputFolders } from "../recorded/recorded-bytes.ts";
import { isRefusal } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";

export interface ReferredResult extends ResultReference {
  readonly step: string;
  readonly sizeBytes: number;
  /** Ids of all that it left, in one text: equal ones lie on the disk once. */
  readonly bytes: string;
  readonly ids: readonly string[];
  readonly folders: readonly string[];
  /** How each run refers to it. */
  readonly runs: Map<string, "made" | "took over" | "read">;
  /** Versions and pins: `model trees:1`. */
  readonly heldBy: Set<string>;
}

/** What is kept of each run while all of them are looked at: there may be a million. */
export type KnownRun = Pick<
  RunRow,
  "name" | "pipeline" | "createdAt" | "endedAt" | "tags" | "planId"
>;

/** Newest first. */
export async function runsOf({ records }: Pick<Workspace, "records">): Promise<KnownRun[]> {
  const runs: KnownRun[] = [];
  // The many runs of one plan share its texts.
  const texts = new Map<string, string>();
  const shared = (text: string): string => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
  for await (const { name, pipeline, createdAt, endedAt, tags, planId } of allRuns(records))
    runs.push({
      name,
      pipeline: shared(pipeline),
      createdAt,
      endedAt,
      tags: Object.keys(tags).length === 0 ? NO_TAGS : tags,
      planId: shared(planId),
    });
  return runs;
}

const NO_TAGS: RunRow["tags"] = {};

export function untouchable(pins: readonly Pin[]): Untouchable {
  const pinned = new Set(pins.filter(({ kind }) => kind === "run").map(({ name }) => name));
  return (run) => run.endedAt === null || pinned.has(run.name);
}

/** Results of the runs `of`, which may be fewer than all `runs`. */
export async function readReferences(
  workspace: Workspace,
  runs: readonly KnownRun[],
  of: readonly string[],
): Promise<readonly ReferredResult[]> {
  const found = new Map<string, ReferredResult>();
  for (const run of of)
    for (const result of await resultsIn(workspace, run)) found.set(keyOf(result), result);
  const reusers = of.length === 1 ? await workspace.records.reusersOf(of[0] as string) : null;
  for (const run of reusers ?? runs.map(({ name }) => name))
    for (const taken of await workspace.records.reusedBy(run))
      found.get(keyOf(taken))?.runs.set(run, "took over");
  const results = [...found.values()];
  const find = byPath(results);
  await noteReaders(workspace, runs, find);
  await noteHolders(workspace, results, find);
  return results;
}

function keyOf({ run, seq }: ResultReference): string {
  return `${run}\n${seq}`;
}

async function resultsIn(workspace: Workspace, run: string): Promise<readonly ReferredResult[]> {
  const rows = await workspace.records.resultsOf(run);
  const removals = await workspace.records.removals(rows);
  return rows.flatMap((row, index) =>
    removals[index] === null ? (referred(workspace, row) ?? []) : [],
  );
}

/** Null: it left nothing in the store. */
function referred(workspace: Workspace, row: ResultRow): ReferredResult | null {
  const folders = outputFolders(workspace, row);
  if (folders.length === 0) return null;
  const outputs = recordedOutputs(row.result).map(([, record]) => record);
  return {
    run: row.run,
    seq: row.seq,
    step: row.path,
    sizeBytes: outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    bytes: outputs.map(({ id }) => id).join(" "),
    ids: outputs.flatMap(idsOf),
    folders,
    runs: new Map([[row.run, "made"]]),
    heldBy: new Set(),
  };
}

type FindByPath = (at: string) => ReferredResult | null;

function byPath(results: readonly ReferredResult[]): FindByPath {
  const folders = new Map<string, ReferredResult>();
  for (const result of results) for (const folder of result.folders) folders.set(folder, result);
  return (at) => {
    for (let above = path.resolve(at); ; above = path.dirname(above)) {
      const found = folders.get(above);
      if (found !== undefined) return found;
      if (above === path.dirname(above)) return null;
    }
  };
}

/** A run that read an output as data needs it to be repeated. */
async function noteReaders(
  workspace: Workspace,
  runs: readonly KnownRun[],
  find: FindByPath,
): Promise<void> {
  const store = path.join(places.store(workspace.folder), "azureml") + path.sep;
  const read = new Map<string, readonly string[]>();
  for (const { name, planId } of runs) {
    const paths = read.get(planId) ?? (await pathsRead(workspace, planId, store));
    read.set(planId, paths);
    for (const at of paths) {
      const result = find(at);
      if (result !== null && !result.runs.has(name)) result.runs.set(name, "read");
    }
  }
}

async function pathsRead(
  { plans }: Workspace,
  planId: string,
  store: string,
): Promise<readonly string[]> {
  const plan = await plans.plan(planId);
  const paths = (plan?.steps ?? []).flatMap((step) =>
    Object.values(step.data).map((data) => data.path),
  );
  return [...new Set(paths.filter((at) => at.startsWith(store)))];
}

/** Versions hold their bytes, and the output that they lie in; pins of content theirs. */
async function noteHolders(
  workspace: Workspace,
  results: readonly ReferredResult[],
  find: FindByPath,
): Promise<void> {
  const { records, folder } = workspace;
  const byId = new Map<string, ReferredResult[]>();
  for (const result of results)
    for (const id of result.ids) {
      const others = byId.get(id);
      if (others === undefined) byId.set(id, [result]);
      else others.push(result);
    }
  const hold = (id: string, by: string): void => {
    for (const result of byId.get(id) ?? []) result.heldBy.add(by);
  };
  for (const { kind, name } of await records.pins())
    if (kind === "content") hold(name, `the pin of ${name}`);
  for (const kind of ["data", "model"] as const)
    for (const asset of await records.assets(kind, null)) {
      const name = `${kind} ${asset.name}:${asset.version}`;
      hold(asset.contentId, name);
      const at = await placeOf(workspace, JSON.parse(asset.definition) as DataDefinition);
      if (at?.startsWith(places.store(folder))) find(at)?.heldBy.add(name);
    }
}

/** Where a version lies, when that is inside of an output: its bytes then have an id of their own. */
async function placeOf(
  workspace: Workspace,
  { reference }: DataDefinition,
): Promise<string | null> {
  if (reference.kind === "local") return reference.path;
  if (reference.kind !== "run_output" || reference.path === undefined) return null;
  const found = await findOutputRow(workspace, reference.run, reference.output);
  if (isRefusal(found)) return null;
  const outputs = recordedOutputs(found.row.result);
  return outputs.find(([name]) => name === found.output)?.[1].path ?? null;
}
