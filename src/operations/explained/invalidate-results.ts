// Marks results so that they are never reused again, and finds everything that was made from them: results of other
// steps, and assets registered from them. Removes nothing and starts nothing.

import path from "node:path";
import type { ResultReference } from "../../core/event.ts";
import type { Invalidation } from "../../core/invalidation.ts";
import type { AssetRow, PreImagePart, ResultRow } from "../../ports/records.ts";
import { type RecordedRun, readRun } from "../recorded/read-run.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { stepIndex } from "./why-step.ts";

/** One step's result in a run, or every result with this (beginning of an) id. */
export type InvalidationTarget =
  | { readonly kind: "step"; readonly run: string; readonly step: string }
  | { readonly kind: "fingerprint" | "environment" | "code"; readonly id: string };

export interface InvalidatedResult {
  readonly run: string;
  readonly step: string;
  readonly fingerprint: string;
}

type ToldMark = Omit<Invalidation, "at"> & { readonly at: string };

export interface InvalidationReport {
  readonly schema: 1;
  /** When (ISO 8601), by whom and why. */
  readonly mark: ToldMark;
  readonly invalidated: readonly InvalidatedResult[];
  /** Of all that is marked now, what was so already: that mark stays, with its reason. */
  readonly standing: readonly (InvalidatedResult & { readonly mark: ToldMark })[];
  /** Made from these, however far; invalidated as well with `downstream`. */
  readonly madeFrom: readonly InvalidatedResult[];
  readonly downstream: boolean;
  /** `model trees:2`: versions that are registered of any of it. They stay. */
  readonly assets: readonly string[];
}

export async function invalidateResults(
  workspace: Workspace,
  target: InvalidationTarget,
  { reason, downstream }: { readonly reason: string; readonly downstream: boolean },
): Promise<InvalidationReport | Refusal> {
  const rows = await resultsOf(workspace, target);
  if (isRefusal(rows)) return rows;
  const made = await madeFrom(workspace, rows);
  const mark = { at: workspace.clock.now(), by: workspace.user, reason };
  const all = downstream ? [...rows, ...made] : rows;
  const marks = await workspace.records.invalidations(all);
  await workspace.records.invalidate(all, mark);
  return {
    schema: 1,
    mark: told(mark),
    invalidated: rows.map(named),
    standing: all.flatMap((row, index) => {
      const before = marks[index] ?? null;
      return before === null ? [] : [{ ...named(row), mark: told(before) }];
    }),
    madeFrom: made.map(named),
    downstream,
    assets: await assetsOf(workspace, [...rows, ...made]),
  };
}

function told(mark: Invalidation): ToldMark {
  return { ...mark, at: new Date(mark.at).toISOString() };
}

function named({ run, path: step, fingerprint }: ResultRow): InvalidatedResult {
  return { run, step, fingerprint };
}

async function resultsOf(
  workspace: Workspace,
  target: InvalidationTarget,
): Promise<readonly ResultRow[] | Refusal> {
  if (target.kind !== "step") return resultsById(workspace, target);
  const run = await readRun(workspace, target.run);
  if (isRefusal(run)) return run;
  const index = stepIndex(run, target.step);
  if (isRefusal(index)) return index;
  const row = run.results.get(index);
  if (row === undefined) {
    const status = run.state.steps[index]?.status ?? "NotStarted";
    const message = `step ${target.step} has no result in run ${target.run}: it is ${status}`;
    return refuse("no_result", message, "only what was recorded as made can be invalidated");
  }
  // Any other result of the same fingerprint would be taken in its place.
  const part = { kind: "fingerprint", id: row.fingerprint } as const;
  return workspace.records.resultsWith(part);
}

/** Shorter beginnings of ids are rather a slip than a choice. */
const SHORTEST_ID = 8;

async function resultsById(
  workspace: Workspace,
  { kind, id }: Extract<InvalidationTarget, { readonly id: string }>,
): Promise<readonly ResultRow[] | Refusal> {
  const hint = `see the ids of a step: stepwell why STEP`;
  const digits = id.replace(/^sha256:/, "");
  if (digits.length < SHORTEST_ID || !/^[0-9a-f]+$/.test(digits))
    return refuse(
      "wrong_usage",
      `--${kind} ${id}: expected ${SHORTEST_ID} hex digits or more`,
      hint,
    );
  const part: PreImagePart = { kind, id: `sha256:${digits}` };
  const rows = await workspace.records.resultsWith(part);
  if (rows.length === 0) return refuse("no_result", `no result has the ${kind} ${id}`, hint);
  const ids = new Set<string>();
  for (const row of rows) ids.add(await idOf(workspace, kind, row));
  if (ids.size === 1) return rows;
  return refuse(
    "ambiguous_word",
    `several ids begin with ${id}: ${[...ids].slice(0, 3).join(", ")}`,
    "write more of it",
  );
}

async function idOf(
  workspace: Workspace,
  kind: "fingerprint" | "environment" | "code",
  row: ResultRow,
): Promise<string> {
  if (kind === "fingerprint") return row.fingerprint;
  return (await workspace.records.preImage(row.fingerprint))?.moment[kind] ?? "";
}

/**
 * Results that read an output of these, or of what was made from them. Equal bytes alone do not count: the run that made
 * the result says whose they were.
 */
async function madeFrom(
  workspace: Workspace,
  roots: readonly ResultRow[],
): Promise<readonly ResultRow[]> {
  const known: Known = { results: new Set(), paths: new Set() };
  for (const row of roots) know(known, row);
  const runs = new Map<string, RecordedRun | null>();
  const made: ResultRow[] = [];
  for (let open = roots; open.length > 0; ) {
    const outputs = open.flatMap((row) => Object.values(row.result.outputs));
    const ids = outputs.flatMap(({ id, same }) => (same === undefined ? [id] : [id, same.id]));
    const rows = await workspace.records.resultsWith({ kind: "contents", ids });
    const next: ResultRow[] = [];
    for (const [run, own] of byRun(rows.filter((row) => !known.results.has(keyOf(row))))) {
      const recorded = await runOf(workspace, runs, run);
      if (recorded === null) continue;
      for (const row of own.filter((one) => reads(recorded, one, known))) {
        know(known, row);
        next.push(row);
      }
    }
    for (const row of next) made.push(row);
    open = next;
  }
  return made;
}

/** A run is asked for all of its results at once: it may not be kept. */
function byRun(rows: readonly ResultRow[]): ReadonlyMap<string, readonly ResultRow[]> {
  const found = new Map<string, ResultRow[]>();
  for (const row of rows) {
    const others = found.get(row.run);
    if (others === undefined) found.set(row.run, [row]);
    else others.push(row);
  }
  return found;
}

/** Results by their key, and the paths of all their outputs. */
interface Known {
  readonly results: Set<string>;
  readonly paths: Set<string>;
}

function know({ results, paths }: Known, row: ResultRow): void {
  results.add(keyOf(row));
  for (const output of Object.values(row.result.outputs)) paths.add(output.path);
}

function keyOf({ run, seq }: ResultReference): string {
  return `${seq} ${run}`;
}

/** Steps of the runs that are kept in memory: about 300 MB. */
const KEPT_STEPS = 300_000;

async function runOf(
  workspace: Workspace,
  runs: Map<string, RecordedRun | null>,
  name: string,
): Promise<RecordedRun | null> {
  const known = runs.get(name);
  if (known !== undefined) return known;
  const read = await readRun(workspace, name);
  const run = isRefusal(read) ? null : read;
  runs.set(name, run);
  const steps = [...runs.values()].reduce((sum, one) => sum + (one?.indexOf.size ?? 0), 0);
  if (steps > KEPT_STEPS) runs.delete(runs.keys().next().value as string);
  return run;
}

/** Did this step of the run read an output of a known result: by a binding, or by the path of the recorded output? */
function reads(run: RecordedRun, row: ResultRow, known: Known): boolean {
  const index = run.indexOf.get(row.path);
  if (index === undefined) return false;
  const step = run.plan.graph.steps[index];
  const sources = Object.values(step?.inputs ?? {}).map((input) => input.source);
  const bound = sources.some((source) => {
    if (source.kind !== "step") return false;
    const result = run.results.get(run.indexOf.get(source.step) ?? -1);
    return result !== undefined && known.results.has(keyOf(result));
  });
  if (bound) return true;
  const data = Object.values(run.plan.steps[index]?.data ?? {});
  return data.some((one) => isInside(one.path, known.paths));
}

function isInside(inner: string, outer: ReadonlySet<string>): boolean {
  for (let at = inner; ; at = path.dirname(at)) {
    if (outer.has(at)) return true;
    if (at === path.dirname(at)) return false;
  }
}

async function assetsOf(
  workspace: Workspace,
  rows: readonly ResultRow[],
): Promise<readonly string[]> {
  const outputs = rows.flatMap(({ result }) => Object.values(result.outputs));
  const ids = new Set<string>(outputs.map(({ id }) => id));
  const found: string[] = [];
  for (const kind of ["data", "model"] as const)
    for (const asset of await workspace.records.assets(kind, null))
      if (isMadeBy(asset, ids)) found.push(`${kind} ${asset.name}:${asset.version}`);
  return found;
}

/** Registered by a run, with the very bytes. */
function isMadeBy(asset: AssetRow, ids: ReadonlySet<string>): boolean {
  const definition = JSON.parse(asset.definition) as { readonly reference?: { kind?: string } };
  return definition.reference?.kind === "run_output" && ids.has(asset.contentId);
}
