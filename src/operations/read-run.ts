// A recorded run as it stands: its row, plan, folded state, and the results of its steps wherever they were made.
// Reads only; never waits for anything and never adopts.

import type { RunEvent } from "../core/event.ts";
import type { Plan } from "../core/plan.ts";
import { evolve, initialState, type RunState, wire } from "../core/run-state.ts";
import { isEndedRun, type ShownRunStatus } from "../core/status.ts";
import { createResultLookup } from "../engine/result-lookup.ts";
import type { ResultRow, RunRow } from "../ports/records.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Workspace } from "./workspace.ts";

export interface RecordedRun {
  readonly row: RunRow;
  readonly plan: Plan;
  readonly state: RunState;
  readonly status: ShownRunStatus;
  readonly events: readonly RunEvent[];
  /** Recorded result of each completed step, by index. */
  readonly results: ReadonlyMap<number, ResultRow>;
}

export async function readRun(workspace: Workspace, name: string): Promise<RecordedRun | Refusal> {
  const row = await workspace.records.run(name);
  if (row === null)
    return refuse("unknown_run", `no run named ${name}`, "see what there is: stepwell runs");
  const plan = await workspace.plans.plan(row.planId);
  if (plan === null)
    return refuse("damaged_record", `the plan of run ${name} is missing from the record`, null, 4);
  const wiring = wire(plan);
  const state = initialState(name, wiring);
  const events = await workspace.records.events(name, 0);
  for (const event of events) evolve(plan, wiring, state, event);
  const results = await resultsOf(workspace, state);
  return { row, plan, state, status: shownStatus(workspace, row, state), events, results };
}

/** `Interrupted`: no end, and nobody who may start its next step. */
export function shownStatus(
  workspace: Pick<Workspace, "process">,
  row: RunRow,
  state: Pick<RunState, "status"> = row,
): ShownRunStatus {
  if (isEndedRun(state.status)) return state.status;
  const wanted = row.detached || (row.owner !== null && workspace.process.isAlive(row.owner));
  return wanted ? state.status : "Interrupted";
}

async function resultsOf(
  workspace: Workspace,
  state: RunState,
): Promise<ReadonlyMap<number, ResultRow>> {
  const lookup = createResultLookup(workspace.records);
  const results = new Map<number, ResultRow>();
  for (const [index, step] of state.steps.entries()) {
    if (step.result === null) continue;
    const row = await lookup(step.result);
    if (row !== null) results.set(index, row);
  }
  return results;
}
