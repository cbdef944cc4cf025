// A run that an engine holds in memory: its plan, its folded state, and the events not yet committed. Changes only
// through `emit`, which lets the core decide what follows.

import { advance } from "../core/advance.ts";
import type { RunEvent } from "../core/event.ts";
import type { OutputRecord, StepResult } from "../core/output.ts";
import type { Plan } from "../core/plan.ts";
import { initialState, type RunState, type Wiring, wire } from "../core/run-state.ts";
import { poolOf, type RunQueue, type Supply } from "../core/schedule.ts";
import type { RunCounts, RunRow, RunUpdate } from "../ports/records.ts";
import type { StepNode } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";

export interface ActiveRun {
  row: RunRow;
  readonly plan: Plan;
  readonly wiring: Wiring;
  readonly state: RunState;
  readonly paths: readonly string[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Results of completed steps, by index. */
  readonly results: Map<number, StepResult>;
  readonly queue: RunQueue;
  /** Events folded but not yet committed. */
  pending: RunEvent[];
  readonly counts: { -readonly [K in keyof RunCounts]: number };
  /** Steps with a result that is on its way elsewhere, or has arrived, before the step counts as reused. */
  readonly sent: Map<number, "on its way" | "arrived">;
  /** False: an interrupted run. Ends of what runs are recorded, nothing new starts. */
  mayStart: boolean;
}

/** Opens a run before its first event. */
export function openRun(row: RunRow, plan: Plan): ActiveRun {
  const wiring = wire(plan);
  const paths = plan.graph.steps.map((step) => step.path);
  return {
    row,
    plan,
    wiring,
    state: initialState(row.name, wiring),
    paths,
    indexOf: new Map(paths.map((path, index) => [path, index])),
    results: new Map(),
    queue: {
      run: row.name,
      priority: row.priority,
      submitted: row.order,
      lanes: new Map(),
      enqueued: 0,
      running: 0,
    },
    pending: [],
    counts: { total: paths.length, ran: 0, reused: 0, failed: 0 },
    sent: new Map(),
    mayStart: false,
  };
}

/** The compute whose own limits a step is held to, or null. */
export function poolOfStep(
  { supply }: { readonly supply: Supply },
  { plan }: Pick<ActiveRun, "plan">,
  step: number,
): string | null {
  return poolOf(supply, (plan.graph.steps[step] as StepNode).compute);
}

/** Folds an event that is already recorded (recovery). */
export function replay(run: ActiveRun, event: RunEvent): void {
  advance(run.plan, run.wiring, run.state, event);
  count(run, event);
  if (event.kind === "step_completed") run.results.set(event.step, event.result);
}

/** Folds a new event and everything that follows from it; all of it waits for the next commit. */
export function emit(run: ActiveRun, event: RunEvent): void {
  const open: RunEvent[] = [event];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (run.state.endedAt !== null) return;
    run.pending.push(next);
    if (next.kind === "step_completed") run.results.set(next.step, next.result);
    open.push(...advance(run.plan, run.wiring, run.state, next));
    count(run, next);
  }
}

function count({ counts }: ActiveRun, event: RunEvent): void {
  if (event.kind === "step_completed") counts.ran += 1;
  else if (event.kind === "step_failed") counts.failed += 1;
  else if (event.kind === "steps_reused")
    for (const group of event.from) counts.reused += group.steps.length;
}

/** The recorded output of a completed step, or null. */
export function outputOf(run: ActiveRun, step: string, output: string): OutputRecord | null {
  const index = run.indexOf.get(step);
  return index === undefined ? null : (own(run.results.get(index)?.outputs ?? {}, output) ?? null);
}

/** What the next commit writes about this run; null when nothing has changed. */
export function takeUpdate(run: ActiveRun): RunUpdate | null {
  if (run.pending.length === 0) return null;
  const events = run.pending;
  run.pending = [];
  return {
    run: run.row.name,
    firstSeq: run.state.seq - events.length + 1,
    events,
    paths: run.paths,
    status: run.state.status,
    startedAt: run.state.startedAt,
    endedAt: run.state.endedAt,
    counts: { ...run.counts },
  };
}
