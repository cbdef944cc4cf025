// A recorded run as it stands: its row, plan, folded state, and the results of its steps wherever they were made.
// Reads only; never waits for anything and never adopts.

import type { ResultReference, RunEvent } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { Plan } from "../../core/plan.ts";
import { evolve, initialState, type RunState, wire } from "../../core/run-state.ts";
import { isEndedRun, type ShownRunStatus } from "../../core/status.ts";
import type { ResultRow, RunRow } from "../../ports/records.ts";
import { resultOfEvent } from "../../ports/result-of-event.ts";
import { own } from "../../spec/own-keys.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { shownStatus } from "./shown-status.ts";

export interface RecordedRun {
  readonly row: RunRow;
  readonly plan: Plan;
  readonly state: RunState;
  readonly status: ShownRunStatus;
  /** Index of each step by its path. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** Recorded result of each completed step, by index. */
  readonly results: ReadonlyMap<number, ResultRow>;
}

export async function readRun(workspace: Workspace, name: string): Promise<RecordedRun | Refusal> {
  const row = await workspace.records.run(name);
  if (row === null)
    return refuse("unknown_run", `no run named ${name}`, "see what there is: stepwell runs");
  const plan = await workspace.plans.plan(row.planId);
  if (plan === null) return damaged(row, "the plan of");
  const state = initialState(name, wire(plan));
  const made = new Map<number, ResultRow>();
  for (const event of await workspace.records.events(name, 0)) {
    if (event === null) return damaged(row, "what was recorded of");
    foldEvent(plan, state, made, event);
  }
  const results = await resultsOf(workspace, state, made);
  const indexOf = new Map(plan.graph.steps.map((step, index) => [step.path, index]));
  const status = await shownStatus(workspace, row, state);
  return { row, plan, state, status, indexOf, results };
}

/** What a step made, or took over, under the name of one of its outputs. */
export function findRecord(run: RecordedRun, step: string, output: string): OutputRecord | null {
  const index = run.indexOf.get(step);
  return index === undefined
    ? null
    : (own(run.results.get(index)?.result.outputs ?? {}, output) ?? null);
}

function damaged({ name, status }: RunRow, what: string): Refusal {
  return refuse(
    "damaged_record",
    `${what} run ${name} cannot be read: it is damaged, missing, or of a newer version of Stepwell`,
    isEndedRun(status)
      ? `remove it: stepwell delete ${name} --record`
      : `end it: stepwell cancel ${name}; then remove it: stepwell delete ${name} --record`,
    4,
  );
}

/** A reader's own copy of a run, which follows what is recorded. */
export interface FollowedRun extends RecordedRun {
  readonly results: Map<number, ResultRow>;
}

/** From now on it changes with what is recorded; `run` is of no use any more. */
export function followed(run: RecordedRun): FollowedRun {
  return { ...run, results: new Map(run.results) };
}

/** Folds an event that has just been recorded. */
export function takeEvent({ plan, state, results }: FollowedRun, event: RunEvent): void {
  foldEvent(plan, state, results, event);
}

/** A result that an event brings need not be read again. */
function foldEvent(
  plan: Plan,
  state: RunState,
  results: Map<number, ResultRow>,
  event: RunEvent,
): void {
  evolve(plan, wire(plan), state, event);
  if (event.kind !== "step_completed") return;
  const source = state.steps[event.step]?.result ?? null;
  if (source?.run !== state.run || source.seq !== state.seq) return;
  results.set(event.step, resultOfEvent(source, event));
}

/**
 * A run that somebody has followed to its end, with what else was recorded meanwhile; read anew when the end is missing.
 */
export async function readEnd(
  workspace: Workspace,
  run: RecordedRun,
): Promise<RecordedRun | Refusal> {
  const row = await workspace.records.run(run.row.name);
  if (row === null || run.state.endedAt === null) return readRun(workspace, run.row.name);
  const results = await resultsOf(workspace, run.state, run.results);
  return { ...run, row, status: await shownStatus(workspace, row, run.state), results };
}

/** In the order of the steps; those that are not `known` were made by other runs. */
async function resultsOf(
  workspace: Workspace,
  state: RunState,
  known: ReadonlyMap<number, ResultRow>,
): Promise<ReadonlyMap<number, ResultRow>> {
  const unknown = new Map<number, ResultReference>();
  for (const [index, { result }] of state.steps.entries())
    if (result !== null && !known.has(index)) unknown.set(index, result);
  const references = [...unknown.values()];
  const rows = references.length === 0 ? [] : await workspace.records.resultsAt(references);
  const read = new Map([...unknown.keys()].map((index, at) => [index, rows[at] ?? null]));
  const results = new Map<number, ResultRow>();
  for (const index of state.steps.keys()) {
    const row = known.get(index) ?? read.get(index) ?? null;
    if (row !== null) results.set(index, row);
  }
  return results;
}
