// The one function that changes a run. It folds an event and answers with the events that must follow from it: what
// can no longer run is skipped, what a cancel stops is canceled, and a run without open steps ends. Pure.

import type { StepNode } from "../spec/graph.ts";
import type { AttemptEnd } from "./attempt.ts";
import type { RunEvent, StepError } from "./event.ts";
import { errorOf, neverRan } from "./failure.ts";
import type { Plan } from "./plan.ts";
import { evolve, liveAttempt, type RunState, type StepState, type Wiring } from "./run-state.ts";
import { isEndedStep } from "./status.ts";

/**
 * Folds `event` into `state` and returns the events that follow. The caller advances with each of them in turn and
 * records them all in the same transaction.
 */
export function advance(
  plan: Plan,
  wiring: Wiring,
  state: RunState,
  event: RunEvent,
): readonly RunEvent[] {
  if (state.endedAt !== null) return [];
  evolve(plan, wiring, state, event);
  const at = event.at;
  switch (event.kind) {
    case "run_started":
      return [...skipUnneeded(plan, state, at), ...endIfDone(state, at)];
    case "step_failed":
    case "steps_skipped":
    case "steps_canceled": {
      // Each of them leads to the next, and the last to what is skipped.
      const tried = event.kind === "step_failed" ? failTried(plan, state, at) : null;
      if (tried !== null) return [tried];
      return [...skipBelow(wiring, state, endedBadly(event), at), ...endIfDone(state, at)];
    }
    case "cancel_requested":
      return [...cancelIdle(state, at), ...endIfDone(state, at)];
    case "steps_reused":
    case "step_completed":
      return endIfDone(state, at);
    case "attempt_ended":
      return event.retryAt !== null && state.cancelRequested
        ? [{ kind: "steps_canceled", at, steps: [event.step] }]
        : [];
    case "attempt_discarded":
      return dropIfNothingStarts(plan, state, event.step, at);
    case "step_attached":
    case "step_detached":
    case "attempt_created":
    case "attempt_started":
    case "attempt_continues":
    case "run_ended":
    case "run_problem":
    case "warned":
      return [];
    default:
      return event satisfies never;
  }
}

/** A step that is ready again in a run that starts nothing more. */
function dropIfNothingStarts(plan: Plan, state: RunState, step: number, at: number): RunEvent[] {
  if (state.cancelRequested) return [{ kind: "steps_canceled", at, steps: [step] }];
  if (state.stoppedBy === null) return [];
  return [failTried(plan, state, at) ?? { kind: "steps_skipped", at, steps: [step] }];
}

function endedBadly(
  event: Extract<RunEvent, { kind: "step_failed" | "steps_skipped" | "steps_canceled" }>,
): readonly number[] {
  return event.kind === "step_failed" ? [event.step] : event.steps;
}

/** `--until`: what the named step does not need. */
function skipUnneeded(plan: Plan, state: RunState, at: number): RunEvent[] {
  const unneeded = new Set(plan.options.skip);
  const steps = [...plan.graph.steps.entries()]
    .filter(([index, step]) => unneeded.has(step.path) && !isEnded(state, index))
    .map(([index]) => index);
  return steps.length === 0 ? [] : [{ kind: "steps_skipped", at, steps }];
}

/** In a run that a failure has stopped, what waits for its next attempt has failed with the last one: the first such step. */
function failTried(plan: Plan, state: RunState, at: number): RunEvent | null {
  if (state.stoppedBy === null) return null;
  for (const [index, step] of state.steps.entries()) {
    const error = isIdle(step) ? failureOf(plan, state, index) : null;
    if (error !== null) return { kind: "step_failed", at, step: index, error };
  }
  return null;
}

/** What has become of a step of which no further attempt is made, since another one's failure has stopped the run; null: no attempt ran. */
export function failureOf(
  { graph: { steps } }: Plan,
  { steps: states, stoppedBy }: RunState,
  index: number,
): StepError | null {
  const end = lastFailure(states[index] as StepState);
  if (end === null) return null;
  const { path, timeoutSeconds } = steps[index] as StepNode;
  const error = errorOf(path, end, timeoutSeconds);
  const why = `it was not tried again, because step ${steps[stoppedBy ?? -1]?.path} failed and stopped the run`;
  return { ...error, hint: error.hint === null ? why : `${error.hint}; ${why}` };
}

/** How the last of its attempts that ran has failed; what was lost since, or never began, says nothing of the step. */
function lastFailure({ attempts }: StepState): AttemptEnd | null {
  const failed = attempts.findLast(
    ({ startedAt, end }) => startedAt !== null && end !== null && !neverRan(end),
  );
  return failed?.end ?? null;
}

function isUntried(step: StepState): boolean {
  return isIdle(step) && lastFailure(step) === null;
}

/** Everything that waits, however far, for a step that did not end well; or all that has not begun. */
function skipBelow(
  wiring: Wiring,
  state: RunState,
  causes: readonly number[],
  at: number,
): RunEvent[] {
  const steps =
    state.stoppedBy !== null
      ? [...state.steps.keys()].filter((index) => isUntried(state.steps[index] as StepState))
      : below(wiring, state, causes);
  return steps.length === 0 ? [] : [{ kind: "steps_skipped", at, steps }];
}

function below(wiring: Wiring, state: RunState, causes: readonly number[]): number[] {
  const seen = new Set<number>();
  const open = [...causes];
  for (let index = open.pop(); index !== undefined; index = open.pop())
    for (const dependent of wiring.dependents[index] ?? []) {
      if (seen.has(dependent) || isEnded(state, dependent)) continue;
      seen.add(dependent);
      open.push(dependent);
    }
  return [...seen].sort((a, b) => a - b);
}

function cancelIdle(state: RunState, at: number): RunEvent[] {
  const steps = [...state.steps.keys()].filter((index) => isIdle(state.steps[index] as StepState));
  return steps.length === 0 ? [] : [{ kind: "steps_canceled", at, steps }];
}

/** No end, and nothing of it runs: a pending retry does not count, because it will not be made. */
function isIdle(step: StepState): boolean {
  const fresh = step.status === "NotStarted" || step.status === "Queued";
  return fresh && liveAttempt(step) === null;
}

function isEnded(state: RunState, index: number): boolean {
  return isEndedStep((state.steps[index] as StepState).status);
}

function endIfDone(state: RunState, at: number): RunEvent[] {
  if (state.open > 0) return [];
  const failed = state.steps.find((step) => step.status === "Failed");
  const canceled = state.cancelRequested && state.steps.some((step) => step.status === "Canceled");
  const error: StepError | null = canceled ? null : (state.error ?? failed?.error ?? null);
  const status = canceled ? "Canceled" : error === null ? "Completed" : "Failed";
  return [{ kind: "run_ended", at, status, error }];
}
