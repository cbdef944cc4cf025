// The state of a run: a pure fold of its events over its plan. Owned by whoever folds; `evolve` changes it in place
// because a run may have 100,000 steps. Knows nothing of time, slots or reuse.

import type { Graph } from "../spec/graph.ts";
import type { AttemptEnd, ProcessIdentity } from "./attempt.ts";
import type { ResultReference, RunEvent, StepError } from "./event.ts";
import type { LoggedValues } from "./output.ts";
import type { Plan } from "./plan.ts";
import type { Reason } from "./reason.ts";
import { isEndedStep, type RunStatus, type StepStatus } from "./status.ts";

/** One try as far as events tell. */
export interface AttemptState {
  readonly number: number;
  readonly attemptId: string;
  readonly epoch: number;
  readonly bootId: string;
  readonly createdAt: number;
  /** False: it may run beside another attempt of the same fingerprint. */
  readonly shared: boolean;
  /** The run that began it and was cancelled, or null. */
  readonly adoptedFrom: string | null;
  readonly gpus: readonly string[];
  startedAt: number | null;
  /** When what it continued from was written; null where it began anew. */
  checkpointAt: number | null;
  process: ProcessIdentity | null;
  end: AttemptEnd | null;
  /** What it had logged when it did not succeed; null: nothing, or its result has it. */
  logged: LoggedValues | null;
}

export interface StepState {
  status: StepStatus;
  /** How many of the steps it waits for have not ended well. */
  waitingFor: number;
  /** Never added to: most steps have one attempt, and a list that grows keeps room for sixteen. */
  attempts: readonly AttemptState[];
  fingerprint: string | null;
  reason: Reason | null;
  /** How it came by its result; null while it has none. */
  decision: "ran" | "reused" | "attached" | null;
  /** Where its result is recorded, once it is Completed. */
  result: ResultReference | null;
  /** Not before this moment may its next attempt start; null when nothing is pending. */
  retryAt: number | null;
  error: StepError | null;
  endedAt: number | null;
}

export interface RunState {
  /** The run's name. */
  readonly run: string;
  status: RunStatus;
  startedAt: number | null;
  endedAt: number | null;
  cancelRequested: boolean;
  /** The first step that failed where `continue_on_step_failure` is off: nothing new starts since. Null: none has. */
  stoppedBy: number | null;
  error: StepError | null;
  /** What it failed of besides its steps: an output that could not be registered or copied. */
  readonly problems: StepError[];
  readonly steps: StepState[];
  /** Steps that became ready since they were last taken by the reader of this list. */
  ready: number[];
  /** Steps that wait for another run's step, and for which. */
  readonly attached: Map<number, { readonly run: string; readonly path: string }>;
  /** Steps whose next attempt waits for its `retryAt`. */
  readonly retrying: Set<number>;
  /** Number of steps without an end. */
  open: number;
  /** Number of the last event folded. */
  seq: number;
  readonly warnings: string[];
}

/** For each step, the steps that wait for it; and for each, how many it waits for. */
export interface Wiring {
  readonly dependents: readonly (readonly number[])[];
  readonly dependencies: readonly (readonly number[])[];
}

/** Edges of a plan as indices. `depends_on` a pipeline node means every step in it. */
export function wire(plan: Plan): Wiring {
  return wireGraph(plan.graph);
}

/** Wirings by their graph, which never changes. */
const wired = new WeakMap<Graph, Wiring>();

export function wireGraph(graph: Graph): Wiring {
  const wiring = wired.get(graph) ?? makeWiring(graph);
  wired.set(graph, wiring);
  return wiring;
}

function makeWiring(graph: Graph): Wiring {
  const steps = graph.steps;
  const indexOf = new Map(steps.map((step, index) => [step.path, index]));
  const members = membersOf(graph);
  const dependencies = steps.map((step) => {
    const found = new Set<number>();
    for (const input of Object.values(step.inputs))
      if (input.source.kind === "step") found.add(indexOf.get(input.source.step) as number);
    for (const path of step.dependsOn)
      for (const index of members.get(path) ?? [indexOf.get(path) as number]) found.add(index);
    return [...found];
  });
  const dependents: number[][] = steps.map(() => []);
  for (const [index, list] of dependencies.entries())
    for (const dependency of list) dependents[dependency]?.push(index);
  return { dependents, dependencies };
}

function membersOf(graph: Graph): Map<string, number[]> {
  const members = new Map<string, number[]>();
  if (graph.pipelines.length === 0) return members;
  const parents = new Map(graph.pipelines.map((node) => [node.path, node.parent]));
  for (const path of parents.keys()) members.set(path, []);
  for (const [index, step] of graph.steps.entries())
    for (let at = step.parent; at !== null; at = parents.get(at) ?? null)
      members.get(at)?.push(index);
  return members;
}

const NO_ATTEMPTS: readonly AttemptState[] = [];
const NO_GPUS: readonly string[] = [];

/** The state before the first event. */
export function initialState(run: string, wiring: Wiring): RunState {
  return {
    run,
    status: "Queued",
    startedAt: null,
    endedAt: null,
    cancelRequested: false,
    stoppedBy: null,
    error: null,
    problems: [],
    steps: wiring.dependencies.map((list) => ({
      status: "NotStarted",
      waitingFor: list.length,
      attempts: NO_ATTEMPTS,
      fingerprint: null,
      reason: null,
      decision: null,
      result: null,
      retryAt: null,
      error: null,
      endedAt: null,
    })),
    ready: [],
    attached: new Map(),
    retrying: new Set(),
    open: wiring.dependencies.length,
    seq: 0,
    warnings: [],
  };
}

/** The latest attempt of a step that has no end, or null. */
export function liveAttempt(step: StepState): AttemptState | null {
  const last = step.attempts.at(-1);
  return last !== undefined && last.end === null ? last : null;
}

/** Folds one event in. A terminal step or run never changes again, whatever arrives late. */
export function evolve(plan: Plan, wiring: Wiring, state: RunState, event: RunEvent): void {
  state.seq += 1;
  if (state.endedAt !== null) return;
  switch (event.kind) {
    case "run_started":
      if (state.status === "Queued") startRun(state, event.at);
      return;
    case "steps_reused":
      for (const group of event.from)
        for (const [index, step] of group.steps.entries())
          completeStep(wiring, state, step, event.at, {
            decision: state.attached.has(step) ? "attached" : "reused",
            reason: group.reason,
            result: { run: group.run, seq: group.results[index] as number },
          });
      return;
    case "step_completed":
      completeStep(wiring, state, event.step, event.at, {
        decision: "ran",
        reason: null,
        result: { run: state.run, seq: state.seq },
      });
      return;
    case "step_failed":
      failStep(plan, state, event);
      return;
    case "steps_skipped":
      for (const step of event.steps) endStep(state, step, "Skipped", event.at);
      return;
    case "steps_canceled":
      for (const step of event.steps) endStep(state, step, "Canceled", event.at);
      return;
    case "cancel_requested":
      state.cancelRequested = true;
      state.status = "Canceling";
      return;
    case "warned":
      state.warnings.push(event.message);
      return;
    case "run_problem":
      state.error ??= event.error;
      state.problems.push(event.error);
      return;
    case "run_ended":
      state.status = event.status;
      state.error ??= event.error;
      state.endedAt = event.at;
      return;
    default:
      evolveAttempt(state, event);
  }
}

type AttemptEvent = Extract<
  RunEvent,
  {
    kind:
      | "step_attached"
      | "step_detached"
      | "attempt_created"
      | "attempt_started"
      | "attempt_continues"
      | "attempt_ended"
      | "attempt_discarded";
  }
>;

function evolveAttempt(state: RunState, event: AttemptEvent): void {
  const step = state.steps[event.step] as StepState;
  if (isEndedStep(step.status)) return;
  const live = liveAttempt(step);
  switch (event.kind) {
    case "step_attached":
      state.attached.set(event.step, { run: event.run, path: event.path });
      step.fingerprint = event.fingerprint;
      return;
    case "step_detached":
      if (state.attached.delete(event.step)) state.ready.push(event.step);
      return;
    case "attempt_created":
      step.status = "Preparing";
      state.retrying.delete(event.step);
      step.fingerprint = event.fingerprint;
      step.reason = event.reason;
      step.retryAt = null;
      state.attached.delete(event.step);
      step.attempts = step.attempts.concat({
        number: event.number,
        attemptId: event.attemptId,
        epoch: event.epoch,
        bootId: event.bootId,
        createdAt: event.at,
        shared: event.shared,
        adoptedFrom: event.adoptedFrom,
        gpus: event.gpus ?? NO_GPUS,
        startedAt: null,
        checkpointAt: null,
        process: null,
        end: null,
        logged: null,
      });
      return;
    case "attempt_started":
      if (live === null) return;
      live.startedAt = event.at;
      live.process = event.process;
      step.status = "Running";
      return;
    case "attempt_continues":
      if (live !== null) live.checkpointAt = event.writtenAt;
      return;
    case "attempt_discarded":
      discardAttempt(state, event.step, event.at);
      return;
    case "attempt_ended":
      if (live === null) return;
      live.end = event.end;
      live.logged = event.logged ?? null;
      live.startedAt ??= event.end.startedAt;
      step.retryAt = event.retryAt;
      step.status = event.retryAt === null ? "Finalizing" : "Queued";
      if (event.retryAt !== null) state.retrying.add(event.step);
      return;
    default:
      event satisfies never;
  }
}

function discardAttempt(state: RunState, index: number, at: number): void {
  const step = state.steps[index] as StepState;
  const last = step.attempts.at(-1);
  if (last === undefined) return;
  last.end = {
    exitCode: null,
    signal: null,
    reason: "lost",
    detail: "the machine stopped",
    startedAt: null,
    finishedAt: at,
  };
  step.status = "Queued";
  state.ready.push(index);
}

function startRun(state: RunState, at: number): void {
  state.status = "Running";
  state.startedAt = at;
  for (const [index, step] of state.steps.entries())
    if (step.status === "NotStarted" && step.waitingFor === 0) {
      step.status = "Queued";
      state.ready.push(index);
    }
}

interface Completion {
  readonly decision: "ran" | "reused" | "attached";
  readonly reason: Reason | null;
  readonly result: ResultReference;
}

function completeStep(
  wiring: Wiring,
  state: RunState,
  index: number,
  at: number,
  completion: Completion,
): void {
  const step = state.steps[index] as StepState;
  if (isEndedStep(step.status)) return;
  step.decision = completion.decision;
  step.reason = completion.reason ?? step.reason;
  step.result = completion.result;
  endStep(state, index, "Completed", at);
  for (const dependent of wiring.dependents[index] ?? []) {
    const waiting = state.steps[dependent] as StepState;
    waiting.waitingFor -= 1;
    if (waiting.waitingFor > 0 || waiting.status !== "NotStarted") continue;
    waiting.status = "Queued";
    state.ready.push(dependent);
  }
}

function failStep(
  plan: Plan,
  state: RunState,
  { step: index, at, error, logged }: Extract<RunEvent, { kind: "step_failed" }>,
): void {
  const step = state.steps[index] as StepState;
  if (isEndedStep(step.status)) return;
  step.error = error;
  const last = step.attempts.at(-1);
  if (last !== undefined && logged !== undefined) last.logged = logged;
  endStep(state, index, "Failed", at);
  if (!plan.graph.continueOnStepFailure) state.stoppedBy ??= index;
}

function endStep(state: RunState, index: number, status: StepStatus, at: number): void {
  const step = state.steps[index] as StepState;
  if (isEndedStep(step.status)) return;
  step.status = status;
  step.endedAt = at;
  state.attached.delete(index);
  step.retryAt = null;
  state.retrying.delete(index);
  state.open -= 1;
}
