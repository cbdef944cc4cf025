// What must hold at the end of every story, checked against the record alone and the ledger of what really ran.

import { type RunEvent, readable } from "../../core/event.ts";
import type { Plan } from "../../core/plan.ts";
import { evolve, initialState, type RunState, wire } from "../../core/run-state.ts";
import type { RecordStore } from "../../ports/records.ts";
import { expectationOf, type ScenarioRun } from "./scenario.ts";
import type { World } from "./world.ts";

/** Checks every run of the story; breaks are noted in the world. */
export async function checkInvariants(
  world: World,
  records: RecordStore,
  submitted: readonly ScenarioRun[],
): Promise<void> {
  for (const run of submitted) await checkRun(world, records, run);
  for (const process of world.processes.values())
    if (process.alive)
      world.break_("I12", `attempt ${process.attemptId} of ${process.run} outlived its run`);
}

async function checkRun(world: World, records: RecordStore, run: ScenarioRun): Promise<void> {
  const row = await records.run(run.name);
  if (row === null) return world.break_("I5", `acknowledged run ${run.name} is gone`);
  const events = readable(await records.events(run.name, 0));
  const state = fold(run.plan, run.name, events);
  if (state.status !== row.status)
    world.break_("I1", `${run.name} is ${row.status}, its events say ${state.status}`);
  if (row.endedAt === null) return world.break_("I7", `${run.name} never ended (${row.status})`);
  const end = events.findIndex((event) => event.kind === "run_ended");
  if (end !== events.length - 1) world.break_("I2", `${run.name} has events after its end`);
  await checkOutcome(world, records, run, state, row.status);
  checkStarts(world, run, events);
}

function fold(plan: Plan, name: string, events: readonly RunEvent[]): RunState {
  const wiring = wire(plan);
  const state = initialState(name, wiring);
  for (const event of events) evolve(plan, wiring, state, event);
  return state;
}

/** I6: the outcome is that of the story without faults. A cancelled run may stop anywhere, but not make other bytes. */
async function checkOutcome(
  world: World,
  records: RecordStore,
  run: ScenarioRun,
  state: RunState,
  status: string,
): Promise<void> {
  const expected = expectationOf(run.plan);
  const cancelled = state.cancelRequested;
  if (!cancelled && status !== expected.status)
    world.break_("I6", `${run.name} is ${status}, should be ${expected.status}`);
  for (const [index, step] of state.steps.entries()) {
    const path = run.plan.graph.steps[index]?.path ?? "";
    if (step.status !== "Completed" || step.result === null) {
      if (!cancelled && expected.status === "Completed")
        world.break_("I6", `${run.name} ${path} is ${step.status}`);
      continue;
    }
    const [row = null] = await records.resultsAt([step.result]);
    const id = row?.result.outputs.out?.id;
    if (id === undefined) world.break_("I10", `${run.name} ${path} has no traceable result`);
    else if (id !== expected.contents.get(path))
      world.break_("I6", `${run.name} ${path} made other bytes`);
  }
}

/**
 * I3, I12: nothing starts before what it reads is complete, nor after a cancel; a cancel ends what runs at once, and
 * nothing of another run.
 */
function checkStarts(world: World, run: ScenarioRun, events: readonly RunEvent[]): void {
  const wiring = wire(run.plan);
  const state = initialState(run.name, wiring);
  let cancelledAt: number | null = null;
  const checkStopped = (event: Extract<RunEvent, { kind: "attempt_ended" }>): void => {
    if (world.faults > 0) return;
    const isStopped = event.end.reason === "cancelled";
    if (isStopped && cancelledAt === null)
      world.break_("I12", `${run.name} step ${event.step} was stopped by another run's cancel`);
    if (isStopped || cancelledAt === null) return;
    if (event.end.finishedAt > cancelledAt + STOP_MS)
      world.break_("I12", `${run.name} step ${event.step} went on after its cancel`);
  };
  for (const event of events) {
    if (event.kind === "attempt_created") {
      const waits = wiring.dependencies[event.step] ?? [];
      if (!waits.every((at) => state.steps[at]?.status === "Completed"))
        world.break_("I3", `${run.name} step ${event.step} started before its inputs`);
      if (state.cancelRequested)
        world.break_("I12", `${run.name} started step ${event.step} after its cancel`);
    }
    if (event.kind === "attempt_ended") checkStopped(event);
    if (event.kind === "cancel_requested") cancelledAt = event.at;
    evolve(run.plan, wiring, state, event);
  }
}

/** Longer than any message takes in the simulated world. */
const STOP_MS = 10;
