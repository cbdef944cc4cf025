// Cancels: what has not begun ends at once, what runs is stopped after the commit that says so. An attempt that
// another run waits for is handed to that run instead of being stopped.

import { liveAttempt } from "../core/run-state.ts";
import type { EngineRequest } from "../ports/records.ts";
import { type ActiveRun, emit } from "./active-run.ts";
import type { EngineState } from "./engine-state.ts";
import { type Flight, neverStarted } from "./flight.ts";
import { waitersOf } from "./receive.ts";
import { endUnreadable } from "./unreadable-run.ts";

/** Takes a client's cancel into the run's events. A second one changes nothing, unless it asks to kill. */
export function cancelRun(state: EngineState, request: EngineRequest): void {
  const run = state.runs.get(request.run);
  if (run === undefined) {
    endUnreadable(state, request);
    return;
  }
  if (request.kind === "kill")
    for (const flight of state.flights.values())
      if (flight.run === run && flight.submitted) state.kills.add(flight.attemptId);
  if (run.state.cancelRequested) return;
  emit(run, { kind: "cancel_requested", at: state.ports.clock.now(), by: request.by });
}

/** Finds the attempts that a cancelled run still has, and hands over or marks each to be stopped. */
export function cancelsAfterCommit(state: EngineState): void {
  if (![...state.runs.values()].some((run) => run.state.cancelRequested)) return;
  for (const flight of [...state.flights.values()]) {
    if (!flight.run.state.cancelRequested || state.cancels.has(flight.attemptId)) continue;
    if (flight.cancelled) continue;
    const step = flight.run.state.steps[flight.step];
    if (step === undefined || liveAttempt(step) === null) continue;
    const heir = waitersOf(state, flight).find((waiter) => waiter.run.mayStart);
    if (heir !== undefined && flight.submitted) handOver(state, flight, heir.run, heir.step);
    else {
      flight.cancelled = true;
      if (flight.submitted) state.cancels.add(flight.attemptId);
      else if (flight.isWaiting) endWait(state, flight);
    }
  }
}

/** The environment may be made for another step: it is left alone. */
function endWait(state: EngineState, flight: Flight): void {
  flight.isWaiting = false;
  state.post(neverStarted(flight.attemptId, state.ports.clock.now()));
}

/** The attempt goes on as the heir's, however hard the cancel was; for its first owner the step is canceled. */
function handOver(state: EngineState, flight: Flight, heir: ActiveRun, step: number): void {
  const at = state.ports.clock.now();
  const owner = flight.run;
  state.kills.delete(flight.attemptId);
  const before = owner.state.steps[flight.step];
  emit(owner, { kind: "steps_canceled", at, steps: [flight.step] });
  owner.queue.running -= 1;
  heir.queue.running += 1;
  const number = (heir.state.steps[step]?.attempts.length ?? 0) + 1;
  const logOf = (run: ActiveRun, index: number, attempt: number): string =>
    state.ports.logPath(run.row.name, run.paths[index] as string, attempt);
  state.ports.linkLog(logOf(owner, flight.step, flight.number), logOf(heir, step, number));
  const others = waitersOf(state, flight).filter((waiter) => waiter.run !== heir);
  emit(heir, {
    kind: "attempt_created",
    at,
    step,
    number,
    attemptId: flight.attemptId,
    fingerprint: flight.facts.fingerprint,
    epoch: state.epoch,
    bootId: state.ports.me.process.bootId,
    reason: { kind: "in_flight", detail: `continued from ${owner.row.name}, which was cancelled` },
    shared: flight.shared,
    // Whoever began it has handed it its variables, however many runs have had it since.
    adoptedFrom: flight.heirTo[0] ?? owner.row.name,
    ...(flight.gpus.length === 0 ? {} : { gpus: flight.gpus }),
  });
  const process = before?.attempts.at(-1)?.process ?? null;
  if (process !== null) emit(heir, { kind: "attempt_started", at, step, process });
  const heirTo = [...flight.heirTo, owner.row.name];
  state.flights.set(flight.attemptId, { ...flight, run: heir, step, number, heirTo });
  state.inFlight.set(flight.facts.fingerprint, { run: heir, step, behind: [] });
  for (const waiter of others)
    emit(waiter.run, {
      kind: "step_attached",
      at,
      step: waiter.step,
      fingerprint: flight.facts.fingerprint,
      run: heir.row.name,
      path: heir.paths[step] as string,
    });
}
