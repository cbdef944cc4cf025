// Takes up a run that is already recorded: folds its events, finds its attempts again, and completes what ended while
// nobody watched. The same code serves a new run (no events), a resume, and a take-over.

import { type RunEvent, readable } from "../core/event.ts";
import { liveAttempt } from "../core/run-state.ts";
import { isEndedStep } from "../core/status.ts";
import { type StepFacts, stepFacts } from "../core/step-facts.ts";
import type { RunRow } from "../ports/records.ts";
import { type ActiveRun, emit, openRun, outputOf, poolOfStep, replay } from "./active-run.ts";
import type { EngineState } from "./engine-state.ts";
import { type Flight, finish } from "./flight.ts";
import { readUnreadable } from "./unreadable-run.ts";

/** Adds a run to the engine. A run whose plan or events cannot be read fails alone; the others go on. */
export async function recoverRun(state: EngineState, row: RunRow): Promise<void> {
  const plan = await state.ports.plans.plan(row.planId);
  const recorded = await state.ports.records.events(row.name, 0);
  const events = readable(recorded);
  if (plan === null || events.length < recorded.length) {
    const what = plan === null ? "its recorded plan" : "what was recorded of it";
    const live = await state.ports.records.openAttempts(row.name);
    state.unreadable.set(row.name, readUnreadable(row, recorded, live));
    state.ports.warn(
      `run ${row.name}: ${what} cannot be read; it is left alone until somebody ends it: stepwell cancel ${row.name}`,
    );
    return;
  }
  const run = openRun(row, plan);
  for (const event of events) replay(run, event);
  if (run.state.endedAt !== null) return;
  await loadReusedResults(state, run, events);
  state.runs.set(row.name, run);
  for (const index of run.state.steps.keys()) recoverStep(state, run, index);
}

/** What was taken over from other runs is recorded there. */
async function loadReusedResults(
  state: EngineState,
  run: ActiveRun,
  events: readonly RunEvent[],
): Promise<void> {
  for (const event of events) {
    if (event.kind !== "steps_reused") continue;
    for (const { run: from, steps, results } of event.from) {
      const rows = await state.ports.records.resultsAt(results.map((seq) => ({ run: from, seq })));
      for (const [position, step] of steps.entries()) {
        const row = rows[position] ?? null;
        if (row !== null) run.results.set(step, row.result);
      }
    }
  }
}

function recoverStep(state: EngineState, run: ActiveRun, index: number): void {
  const step = run.state.steps[index];
  if (step === undefined || isEndedStep(step.status)) return;
  const last = step.attempts.at(-1);
  const isOpen = last !== undefined && (liveAttempt(step) !== null || step.status === "Finalizing");
  if (isOpen && last.bootId !== state.ports.me.process.bootId)
    // What was written of its end, and its outputs, may be half of what they were: whatever they say, it is run again.
    emit(run, { kind: "attempt_discarded", at: state.ports.clock.now(), step: index });
  else if (isOpen) {
    const facts = stepFacts(run.plan, index, (path, output) => outputOf(run, path, output));
    if (facts === null) return;
    const flight = flightOf(state, run, index, facts);
    state.flights.set(flight.attemptId, flight);
    if (flight.shared) state.inFlight.set(facts.fingerprint, { run, step: index, behind: [] });
    if (step.status === "Finalizing") finish(state.ports, flight, state.post);
    else {
      const demand = run.plan.steps[index]?.demand ?? NOTHING;
      const pool = poolOfStep(state.ports, run, index);
      state.slots.hold(flight.attemptId, { demand, pool }, last.gpus);
      run.queue.running += 1;
      state.compute.adopt({
        attemptId: flight.attemptId,
        folder: state.ports.attemptFolders(flight.attemptId).folder,
        logPath: state.ports.logPath(run.row.name, run.paths[index] as string, last.number),
        graceMs: state.ports.graceMs,
      });
    }
  } else if (run.state.attached.has(index))
    // Whether the other run still does the work is not known here: decide anew.
    emit(run, { kind: "step_detached", at: state.ports.clock.now(), step: index });
}

const NOTHING = { cpus: 0, memoryBytes: 0, gpus: 0 };

function flightOf(state: EngineState, run: ActiveRun, step: number, facts: StepFacts): Flight {
  const last = run.state.steps[step]?.attempts.at(-1);
  return {
    attemptId: last?.attemptId ?? state.ports.random.id(),
    run,
    step,
    number: last?.number ?? 1,
    facts,
    shared: last?.shared ?? true,
    gpus: last?.gpus ?? [],
    heirTo: last?.adoptedFrom ? [last.adoptedFrom] : [],
    startedAt: last?.startedAt ?? null,
    cancelled: false,
    submitted: true,
    isWaiting: false,
    masking: false,
    environmentChanged: null,
  };
}
