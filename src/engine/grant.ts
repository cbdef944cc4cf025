// Gives free slots to waiting steps and makes their attempts. The attempt is recorded before anything of it starts.

import type { Reason } from "../core/reason.ts";
import { dequeue, drain, type RunQueue, takeNext, type WaitingStep } from "../core/schedule.ts";
import { isEndedStep } from "../core/status.ts";
import { preImageOf } from "../core/step-facts.ts";
import { type ActiveRun, emit, poolOfStep } from "./active-run.ts";
import { reasonOf, type Wanted } from "./decide.ts";
import { type EngineState, wantedKey } from "./engine-state.ts";
import type { Flight } from "./flight.ts";
import { releaseWaiters, waitersOf } from "./receive.ts";
import { isHeldUnreadably } from "./unreadable-run.ts";

/** Emits `attempt_created` for everything that fits; the answer is to be launched after the commit. */
export async function grant(state: EngineState): Promise<readonly Flight[]> {
  if (state.space.place !== null) return [];
  const runs = [...state.runs.values()].filter((run) => run.mayStart);
  const queues: RunQueue[] = runs.map((run) => run.queue);
  const flights: Flight[] = [];
  const ahead = aheadOf(state);
  // Each grant needs a commit before it may start: refill what waits ahead by halves, not one by one.
  if (-state.slots.free().cpus > ahead / 2) return flights;
  for (;;) {
    const next = takeNext(queues, (pool) => state.slots.room(pool, ahead));
    if (next === null) return flights;
    const key = wantedKey(next.run, next.step);
    const wanted = state.wanted.get(key);
    state.wanted.delete(key);
    if (wanted === undefined || !stillWanted(wanted)) continue;
    const leads = mayLead(state, wanted);
    const shared = leads && !isHeldUnreadably(state, wanted.facts.fingerprint);
    const reason = await reasonOf(state.ports, wanted);
    flights.push(makeAttempt(state, wanted, { shared, reason }));
    if (leads) takeLead(state, wanted);
  }
}

/** How many short steps the compute may have in hand beyond its slots. */
export function aheadOf({ runs, lookAhead }: Pick<EngineState, "runs" | "lookAhead">): number {
  return lookAhead.extraCpus(kindOfWaiting(runs.values()));
}

/**
 * `mixed`: some of what waits asks for more than one cpu, so it matters to the slots which of them runs first. `heavy`:
 * some of it has more code than is written in a moment, and work folders must not pile up.
 */
function kindOfWaiting(runs: Iterable<ActiveRun>): "uniform" | "heavy" | "mixed" {
  let isHeavy = false;
  for (const { queue, plan, mayStart } of runs)
    for (const lane of mayStart ? queue.lanes.values() : [])
      for (let at = 0; at < lane.length && at < LOOKED_AT; at += 1) {
        const { demand, step, pool } = lane[at] as WaitingStep;
        const isPlain = demand.cpus === 1 && demand.memoryBytes === 0 && demand.gpus === 0;
        if (!isPlain || pool !== null) return "mixed";
        const code = plan.steps[step]?.code ?? null;
        if (code !== null && (plan.codes[code]?.files ?? 0) > LIGHT_FILES) isHeavy = true;
      }
  return isHeavy ? "heavy" : "uniform";
}

/** How many waiting steps of a lane are looked at: the rest cannot be granted in this tick. */
const LOOKED_AT = 64;
/** A code folder of more files takes milliseconds to lay out. */
const LIGHT_FILES = 50;

/** Forgets the queued steps of runs that start nothing more; whoever waited for their work decides anew. */
export function withdraw(state: EngineState): void {
  for (const run of state.runs.values()) {
    if (run.mayStart && run.state.stoppedBy === null && !run.state.cancelRequested) continue;
    for (const { step } of drain(run.queue)) {
      // Of an interrupted run it is decided on again when somebody goes on with it.
      run.state.ready.push(step);
      const key = wantedKey(run.row.name, step);
      const wanted = state.wanted.get(key);
      state.wanted.delete(key);
      if (wanted?.shared) leave(state, wanted);
      releaseWaiters(state, { run, step });
    }
  }
}

/** Whoever led the others leaves them without a lead: each of them is decided on anew. */
function leave(state: EngineState, { run, step, facts }: Wanted): void {
  const flying = state.inFlight.get(facts.fingerprint);
  if (flying === undefined) return;
  if (flying.run === run && flying.step === step) {
    state.inFlight.delete(facts.fingerprint);
    for (const other of flying.behind) unqueue(state, other);
    return;
  }
  const at = flying.behind.findIndex((other) => other.run === run && other.step === step);
  if (at >= 0) flying.behind.splice(at, 1);
  if (run.state.attached.has(step))
    emit(run, { kind: "step_detached", at: state.ports.clock.now(), step });
}

/** Others may wait for it. What is forced waits for nobody, and is a result like any other once it is there. */
function mayLead({ inFlight }: EngineState, { shared, must, facts }: Wanted): boolean {
  if (shared || must?.kind !== "forced") return shared;
  const flying = inFlight.get(facts.fingerprint);
  return flying === undefined || flying.run.state.steps[flying.step]?.status === "Queued";
}

/** The step whose turn came first does the work, and those who wait for it, wherever they were queued, need no slot. */
function takeLead(state: EngineState, { run, step, facts }: Wanted): void {
  const { fingerprint } = facts;
  const before = state.inFlight.get(fingerprint);
  state.inFlight.set(fingerprint, { run, step, behind: [] });
  if (before === undefined) return;
  for (const other of before.behind)
    if (other.run !== run || other.step !== step) unqueue(state, other);
  if (before.run === run && before.step === step) return;
  const path = run.paths[step] as string;
  for (const other of [before, ...waitersOf(state, before)]) {
    unqueue(state, other);
    const { clock } = state.ports;
    emit(other.run, {
      kind: "step_attached",
      at: clock.now(),
      step: other.step,
      fingerprint,
      run: run.row.name,
      path,
    });
  }
}

function unqueue(state: EngineState, { run, step }: Pick<Wanted, "run" | "step">): void {
  state.wanted.delete(wantedKey(run.row.name, step));
  dequeue(run.queue, step);
}

/** A cancel or a failure elsewhere may have ended it while it waited. */
function stillWanted(wanted: Wanted): boolean {
  const step = wanted.run.state.steps[wanted.step];
  return step !== undefined && !isEndedStep(step.status);
}

function makeAttempt(
  state: EngineState,
  { run, step, facts }: Wanted,
  { shared, reason }: { readonly shared: boolean; readonly reason: Reason },
): Flight {
  const attemptId = state.ports.random.id();
  const number = (run.state.steps[step]?.attempts.length ?? 0) + 1;
  const demand = run.plan.steps[step]?.demand ?? { cpus: 1, memoryBytes: 0, gpus: 0 };
  const pool = poolOfStep(state.ports, run, step);
  const gpus = state.slots.take(attemptId, { demand, pool });
  run.queue.running += 1;
  emit(run, {
    kind: "attempt_created",
    at: state.ports.clock.now(),
    step,
    number,
    attemptId,
    fingerprint: facts.fingerprint,
    epoch: state.epoch,
    bootId: state.ports.me.process.bootId,
    reason,
    shared,
    adoptedFrom: null,
    ...(gpus.length === 0 ? {} : { gpus }),
  });
  state.preImages.push({
    fingerprint: facts.fingerprint,
    preImage: preImageOf(run.plan, step, facts),
  });
  const flight: Flight = {
    attemptId,
    run,
    step,
    number,
    facts,
    shared,
    gpus,
    heirTo: [],
    startedAt: null,
    cancelled: false,
    submitted: false,
    isWaiting: false,
    masking: false,
    environmentChanged: null,
  };
  state.flights.set(attemptId, flight);
  return flight;
}
