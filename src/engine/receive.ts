// What the engine makes of a message: an attempt that started, ended, could not be prepared, or was captured. Late and
// repeated messages about an attempt that is over are dropped here.

import { failureOf } from "../core/advance.ts";
import type { AttemptEnd, ProcessIdentity } from "../core/attempt.ts";
import type { StepError } from "../core/event.ts";
import { errorOf, neverRan, retryDelay, succeeded } from "../core/failure.ts";
import type { StepResult } from "../core/output.ts";
import { isEndedStep } from "../core/status.ts";
import { describeDoubt } from "../core/trust-notes.ts";
import { resultOfEvent } from "../ports/result-of-event.ts";
import type { StepNode } from "../spec/graph.ts";
import { type ActiveRun, emit } from "./active-run.ts";
import { vouchForCheckpoint } from "./checkpoints.ts";
import { compareWithEarlier } from "./compare-earlier.ts";
import { settle } from "./decide.ts";
import type { Diagnosis } from "./engine-ports.ts";
import type { EngineState } from "./engine-state.ts";
import { type Logged, loggedBy } from "./failed-attempt-values.ts";
import { type Flight, finish, type Message, restartFlight, undeclaredFailure } from "./flight.ts";
import { readInputs } from "./read-inputs.ts";
import { hold, insist, scarcityOf, waitForSpace } from "./space-wait.ts";

export async function receive(state: EngineState, message: Message): Promise<void> {
  if (message.kind === "sent") return sent(state, message);
  if (message.kind === "looked_up") return lookedUp(state, message);
  const attemptId = message.kind === "compute" ? message.report.attemptId : message.attemptId;
  const flight = state.flights.get(attemptId);
  if (flight === undefined) return;
  switch (message.kind) {
    case "compute":
      if (message.report.kind === "started") started(flight, message.report);
      else if (!mask(state, flight, message.report.end)) ended(state, flight, message.report.end);
      return;
    case "continues":
      if (!hasEnd(flight)) continues(state, flight, message.writtenAt);
      return;
    case "masked":
      masked(state, flight, message);
      return;
    case "not_prepared":
      if (message.damaged !== undefined) state.damaged.push(message.damaged);
      notPrepared(state, flight, message.error);
      return;
    case "captured":
      await captured(state, flight, message);
      return;
    default:
      message satisfies never;
  }
}

/** It is decided on again, and counts as reused then. */
function sent(
  state: EngineState,
  { run: name, step, problems }: Extract<Message, { kind: "sent" }>,
): void {
  const run = state.runs.get(name);
  if (run === undefined) return;
  run.sent.set(step, "arrived");
  if (run.state.steps[step]?.status !== "Queued") return;
  const at = state.ports.clock.now();
  for (const error of problems) emit(run, { kind: "run_problem", at, error });
  run.state.ready.push(step);
}

/** They are decided on again, with what others had. */
function lookedUp(state: EngineState, { steps }: Extract<Message, { kind: "looked_up" }>): void {
  for (const { run: name, step } of steps) {
    const run = state.runs.get(name);
    if (run?.state.steps[step]?.status === "Queued") run.state.ready.push(step);
  }
}

function started(
  flight: Flight,
  report: { readonly at: number; readonly process: ProcessIdentity },
): void {
  if (flight.startedAt !== null) return;
  flight.startedAt = report.at;
  emit(flight.run, {
    kind: "attempt_started",
    // Not when it was heard of: a short one has its end by then.
    at: report.at,
    step: flight.step,
    process: report.process,
  });
}

function continues(state: EngineState, { run, step }: Flight, writtenAt: number): void {
  emit(run, { kind: "attempt_continues", at: state.ports.clock.now(), step, writtenAt });
}

/** Its end has been told before, or no longer matters. */
function hasEnd({ run, step: index }: Flight): boolean {
  const step = run.state.steps[index];
  return step === undefined || isEndedStep(step.status) || step.attempts.at(-1)?.end !== null;
}

/** Nobody may read a log that holds secrets: the end is taken when they are out of it. False: there are none. */
function mask(state: EngineState, flight: Flight, end: AttemptEnd): boolean {
  if (flight.masking || hasEnd(flight)) return true;
  const { run, step, number, attemptId } = flight;
  const logPath = state.ports.logPath(run.row.name, run.paths[step] as string, number);
  const masking = state.ports.stepTypes.maskLog([run.row.name, ...flight.heirTo], logPath);
  if (masking === null) return false;
  flight.masking = true;
  masking.then(
    (outcome) => state.post({ kind: "masked", attemptId, end, outcome }),
    (error: unknown) => {
      state.ports.warn(`secrets could not be taken out of ${logPath}: ${(error as Error).message}`);
      state.post({ kind: "masked", attemptId, end, outcome: "done" });
    },
  );
  return true;
}

function masked(
  state: EngineState,
  flight: Flight,
  { end, outcome }: Extract<Message, { kind: "masked" }>,
): void {
  flight.masking = false;
  const report = { kind: "ended", attemptId: flight.attemptId, end } as const;
  const again = (): void => state.post({ kind: "compute", report });
  if (outcome === "done") ended(state, flight, end);
  else insist(state, flight, again);
}

/** A full disk passes; any other reason fails the step. */
function notPrepared(state: EngineState, flight: Flight, error: StepError): void {
  const again = (): void => {
    if (flight.submitted) finish(state.ports, flight, state.post);
    else restartFlight(state, flight);
  };
  if (!hold(state, flight, error.code, again)) fail(state, flight, error);
}

function ended(state: EngineState, flight: Flight, end: AttemptEnd): void {
  const step = flight.run.state.steps[flight.step];
  if (step === undefined || hasEnd(flight)) return;
  const at = state.ports.clock.now();
  const attempts = step.attempts.map((attempt) => ({
    end: attempt.end ?? end,
    epoch: attempt.epoch,
  }));
  const node = flight.run.plan.graph.steps[flight.step];
  const good = succeeded(end);
  const delay =
    good || node === undefined || startsNothing(flight.run)
      ? null
      : retryDelay(node.retry, attempts);
  const retryAt = delay === null ? null : at + delay;
  releaseSlot(state, flight);
  if (end.reason === "disk_full") waitForSpace(state, "workspace");
  if (end.startedAt !== null) state.lookAhead.seen(end.finishedAt - end.startedAt);
  const logged = good ? {} : loggedBy(state.ports, flight);
  emit(flight.run, { kind: "attempt_ended", at, step: flight.step, end, retryAt, ...logged });
  if (good) {
    flight.startedAt ??= end.startedAt;
    finish(state.ports, flight, state.post);
    return;
  }
  vouchForCheckpoint(state, flight);
  land(state, flight, true);
  if (retryAt !== null) releaseWaiters(state, flight);
  else if (flight.run.state.cancelRequested) {
    emit(flight.run, { kind: "steps_canceled", at, steps: [flight.step] });
    releaseWaiters(state, flight);
  } else if (flight.run.state.stoppedBy !== null && neverRan(end)) endUntried(state, flight);
  else {
    const path = flight.run.paths[flight.step] as string;
    const error = errorOf(path, end, node?.timeoutSeconds ?? null);
    const scarcity = scarcityOf(state.ports.space.look("workspace"));
    const { hint, location } = diagnosed(state, flight, end);
    failStep(state, flight, { ...error, hint: scarcity ?? hint ?? error.hint, location });
  }
}

/** This attempt has not run, and there is no next one: the failure that stopped the run has kept it from that. */
function endUntried(state: EngineState, flight: Flight): void {
  const { run, step } = flight;
  const failure = failureOf(run.plan, run.state, step);
  if (failure !== null) {
    failStep(state, flight, failure);
    return;
  }
  emit(run, { kind: "steps_skipped", at: state.ports.clock.now(), steps: [step] });
  releaseWaiters(state, flight);
}

function diagnosed({ ports }: EngineState, flight: Flight, end: AttemptEnd): Diagnosis {
  const { run, step: index, number, attemptId } = flight;
  const logPath = ports.logPath(run.row.name, run.paths[index] as string, number);
  try {
    const { name, origin } = run.row;
    return ports.diagnose({ run: name, origin, plan: run.plan, index, attemptId, end, logPath });
  } catch (error) {
    // What is only said about a failure must not become one.
    ports.warn(`${logPath} could not be looked through: ${(error as Error).message}`);
    return { hint: null, location: null };
  }
}

/** A cancelled run, or one that a failure has stopped, makes no further attempts. */
function startsNothing(run: ActiveRun): boolean {
  return run.state.cancelRequested || run.state.stoppedBy !== null;
}

async function captured(
  state: EngineState,
  flight: Flight,
  { outcome, problems = [] }: Extract<Message, { kind: "captured" }>,
): Promise<void> {
  if (!outcome.ok) {
    const again = (): void => finish(state.ports, flight, state.post);
    if (!hold(state, flight, outcome.failure.code, again)) fail(state, flight, outcome.failure);
    return;
  }
  const { run, step } = flight;
  const current = run.state.steps[step];
  if (current === undefined || isEndedStep(current.status)) return;
  const end = current.attempts.at(-1)?.end;
  const startedAt = end?.startedAt ?? flight.startedAt ?? end?.finishedAt ?? 0;
  if (state.unsynced === "nothing") state.unsynced = "mine";
  const result = await compareWithEarlier(state.ports, flight, outcome.value);
  run.results.set(step, result);
  await settle(state.ports, run, step);
  const at = state.ports.clock.now();
  for (const error of problems) emit(run, { kind: "run_problem", at, error });
  const completed = {
    path: run.paths[step] as string,
    fingerprint: flight.facts.fingerprint,
    staticId: flight.facts.staticId,
    durationMs: Math.max(0, (end?.finishedAt ?? at) - startedAt),
    result,
    inputs: readInputs(run, step, flight.facts.moment.contents),
  };
  emit(run, { kind: "step_completed", at, step, ...completed });
  state.spent.push(flight);
  const source = run.state.steps[step]?.result;
  if (source) state.fresh.set(completed.fingerprint, resultOfEvent(source, { ...completed, at }));
  land(state, flight, false);
  handOver(state, flight, result);
}

/** Gives the result to the steps of other runs that waited for it. */
function handOver(state: EngineState, flight: Flight, result: StepResult): void {
  const source = flight.run.state.steps[flight.step]?.result;
  for (const { run, step } of waitersOf(state, flight)) {
    if (source === null || source === undefined) continue;
    const { settler, clock } = state.ports;
    const node = run.plan.graph.steps[step] as StepNode;
    const isRefused = run.plan.options.strict === true && undeclaredFailure(node, result) !== null;
    const isUnfit = isRefused || describeDoubt(result) !== null;
    // It asks for a copy or a name of its own: decided on anew, it takes this result over as any reused step does.
    if (isUnfit || settler.needed(node) || settler.sends(run.plan, step, "reused", result)) {
      emit(run, { kind: "step_detached", at: clock.now(), step });
      continue;
    }
    run.results.set(step, result);
    const detail = `the same work was running in ${flight.run.row.name}`;
    emit(run, {
      kind: "steps_reused",
      at: state.ports.clock.now(),
      from: [
        {
          run: source.run,
          reason: { kind: "in_flight", detail },
          steps: [step],
          results: [source.seq],
        },
      ],
    });
  }
}

/** It did not deliver: those who waited decide anew. */
export function releaseWaiters(state: EngineState, flight: Pick<Flight, "run" | "step">): void {
  for (const { run, step } of waitersOf(state, flight))
    emit(run, { kind: "step_detached", at: state.ports.clock.now(), step });
}

/** Steps of other runs (or of the same) that wait for this flight. */
export function waitersOf(
  state: EngineState,
  flight: Pick<Flight, "run" | "step">,
): readonly { readonly run: ActiveRun; readonly step: number }[] {
  const path = flight.run.paths[flight.step];
  const waiters: { run: ActiveRun; step: number }[] = [];
  for (const run of state.runs.values())
    for (const [index, step] of run.state.attached)
      if (step.run === flight.run.row.name && step.path === path)
        waiters.push({ run, step: index });
  return waiters;
}

function fail(state: EngineState, flight: Flight, error: StepError): void {
  const step = flight.run.state.steps[flight.step];
  if (step === undefined || isEndedStep(step.status)) return;
  releaseSlot(state, flight);
  land(state, flight, true);
  if (step.attempts.at(-1)?.end === null) emit(flight.run, notStarted(state, flight, error));
  failStep(state, flight, error, loggedBy(state.ports, flight));
}

function notStarted(
  state: EngineState,
  flight: Flight,
  error: StepError,
): Parameters<typeof emit>[1] {
  const at = state.ports.clock.now();
  const end: AttemptEnd = {
    exitCode: null,
    signal: null,
    reason: "not_started",
    detail: error.message,
    startedAt: null,
    finishedAt: at,
  };
  return { kind: "attempt_ended", at, step: flight.step, end, retryAt: null };
}

function failStep(state: EngineState, flight: Flight, error: StepError, logged: Logged = {}): void {
  emit(flight.run, {
    kind: "step_failed",
    at: state.ports.clock.now(),
    step: flight.step,
    error: {
      code: error.code,
      message: error.message,
      hint: error.hint,
      ...(error.location ? { location: error.location } : {}),
    },
    ...logged,
  });
  releaseWaiters(state, flight);
}

function releaseSlot(state: EngineState, flight: Flight): void {
  if (state.slots.release(flight.attemptId)) flight.run.queue.running -= 1;
}

/** The flight is over: nothing refers to it any more. */
function land(state: EngineState, flight: Flight, failed: boolean): void {
  state.flights.delete(flight.attemptId);
  // What was kept of an ended run for the sake of this attempt's log.
  for (const name of flight.heirTo) if (!state.runs.has(name)) state.ports.runEnded(name);
  const flying = state.inFlight.get(flight.facts.fingerprint);
  if (flying?.run === flight.run && flying.step === flight.step)
    state.inFlight.delete(flight.facts.fingerprint);
  const isKept = flight.run.plan.options.keepWork === true;
  state.ports.contents.discard(flight.attemptId, isKept ? "always" : failed ? "newest" : "no");
}
