// The documented JSON form of a run (`--json`, schema 1). Pure over a recorded run: the same record gives the same view.

import fs from "node:fs";
import path from "node:path";
import type { AttemptEnd } from "../../core/attempt.ts";
import type { SourceLocation, StepError } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { AttemptState, StepState } from "../../core/run-state.ts";
import {
  isEndedRun,
  isEndedStep,
  type ShownRunStatus,
  type StepStatus,
} from "../../core/status.ts";
import { equivalenceNotes, trustNotes } from "../../core/trust-notes.ts";
import { readText } from "../../ports/read-file.ts";
import type { ResultRow } from "../../ports/records.ts";
import type { PipelineNode, StepNode } from "../../spec/graph.ts";
import { own, put } from "../../spec/own-keys.ts";
import { places } from "../workspace.ts";
import { gitProperties } from "./git-properties.ts";
import { type DataOf, dataOfSteps, inputViews } from "./input-views.ts";
import { lastLines } from "./log-tail.ts";
import { loggedOf } from "./logged-values.ts";
import { findRecord, type RecordedRun } from "./read-run.ts";
import { type Decision, decisionOf } from "./step-decision.ts";

export interface OutputView {
  readonly type: string;
  readonly path: string;
  readonly id: string;
}

export interface AttemptView {
  readonly number: number;
  readonly status: StepStatus;
  readonly exitCode: number | null;
  /** `SIGSEGV`, where a signal ended it. */
  readonly signal: string | null;
  readonly reason: AttemptEnd["reason"] | "signal" | null;
  readonly started: string | null;
  readonly finished: string | null;
  /** What it continued from: when that was written, and how old it was then. Null where it began anew. */
  readonly checkpoint: { readonly written: string; readonly ageS: number } | null;
  readonly log: string;
}

export interface ReuseView {
  readonly decision: Decision;
  readonly from: string | null;
  readonly reason: { readonly kind: string; readonly detail: string } | null;
}

export interface StepView {
  readonly name: string;
  readonly type: string;
  readonly status: StepStatus;
  readonly reuse: ReuseView;
  readonly attempts: readonly AttemptView[];
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, string>>;
  /** The MLflow server of the user's own that its metrics went to, where the definition names one. */
  readonly tracking: string | null;
  readonly outputs: Readonly<Record<string, OutputView>>;
  readonly log: string | null;
  readonly error: ErrorView | null;
}

export interface ErrorView {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** The user's own file and line, or null where the log names none. */
  readonly location: SourceLocation | null;
  readonly logTail: readonly string[];
}

export interface RunView {
  readonly schema: 1;
  readonly name: string;
  readonly status: ShownRunStatus;
  readonly experiment: string;
  readonly started: string | null;
  readonly finished: string | null;
  readonly steps: readonly StepView[];
  readonly outputs: Readonly<Record<string, OutputView>>;
  /** Where its code came from, under the names that Azure ML gives it. */
  readonly properties: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** What it failed of besides its steps; they are among the warnings too. */
  readonly errors: readonly Pick<ErrorView, "code" | "message" | "hint">[];
}

/** How much of a failing step's log stands in its error. */
export const TAIL_LINES = 20;

export function runView(folder: string, run: RecordedRun): RunView {
  const steps = run.plan.graph.steps.map((_, index) => stepView(folder, run, index));
  return {
    schema: 1,
    name: run.row.name,
    status: run.status,
    experiment: run.row.experiment,
    started: time(run.state.startedAt),
    finished: time(run.state.endedAt),
    steps: withPipelines(run, steps),
    outputs: outputViews(run, run.plan.graph.outputs),
    properties: gitProperties(run.row.origin.git),
    warnings: [
      ...(run.row.origin.warnings ?? []),
      ...warningsOf(run),
      ...untoldOf(folder, run.row.name),
    ],
    errors: problemsOf(run).map(({ code, message, hint }) => ({ code, message, hint })),
  };
}

/** Those of a pipeline that have been made. */
export function outputViews(
  run: RecordedRun,
  outputs: Readonly<Record<string, { readonly step: string; readonly output: string }>>,
): Readonly<Record<string, OutputView>> {
  const views: Record<string, OutputView> = {};
  for (const [name, source] of Object.entries(outputs)) {
    const record = findRecord(run, source.step, source.output);
    if (record !== null) put(views, name, outputView(record));
  }
  return views;
}

/** Those of its definition, told when it was submitted, are not among them. */
export function warningsOf(run: RecordedRun): readonly string[] {
  const steps = run.plan.graph.steps.flatMap((step, index) => {
    const result = run.results.get(index)?.result;
    if (result === undefined) return [];
    const own = result.warnings.map((text) => `step ${step.path}: ${text}`);
    return [...own, ...trustNotes(step, result)];
  });
  const problems = problemsOf(run).map(({ message, hint }) =>
    hint ? `${message}; ${hint}` : message,
  );
  return [...run.state.warnings, ...steps, ...problems];
}

/** What the run failed of besides its steps, each once: two steps may share an output. */
function problemsOf({ state }: RecordedRun): readonly StepError[] {
  const { error, problems, steps } = state;
  const all = error === null ? problems : [...problems, error];
  const told = new Set(steps.map((step) => step.error?.message));
  return all.filter(({ message }) => !told.has(message) && told.add(message));
}

/** Who could not be told of the run's end. */
function untoldOf(folder: string, run: string): readonly string[] {
  try {
    const text = readText(places.toldFile(folder, run));
    return (JSON.parse(text) as { readonly problems: readonly string[] }).problems;
  } catch {
    return [];
  }
}

/** What is good to know and no reason to worry. */
export function notesOf(run: RecordedRun): readonly string[] {
  return run.plan.graph.steps.flatMap((step, index) => {
    const result = run.results.get(index)?.result;
    if (result === undefined || run.state.steps[index]?.decision !== "ran") return [];
    return equivalenceNotes(step, result);
  });
}

export function stepView(folder: string, run: RecordedRun, index: number): StepView {
  const node = run.plan.graph.steps[index] as StepNode;
  const state = run.state.steps[index] as StepState;
  const data = run.plan.steps[index]?.data ?? {};
  const row = run.results.get(index);
  const attempts = attemptViews(folder, run.row.name, node, state);
  const taken = isTaken(state) && row !== undefined ? logOf(folder, row) : null;
  const log = taken ?? attempts.at(-1)?.log ?? (row === undefined ? null : logOf(folder, row));
  const logged = loggedOf(run, index);
  return {
    name: node.path,
    type: node.type,
    status: state.status,
    reuse: reuseView(state),
    attempts,
    inputs: inputViews(run, node.inputs, (name) => own(data, name) ?? null),
    metrics: logged.metrics,
    parameters: logged.loggedParameters,
    tracking: log === null ? null : (node.environmentVariables.MLFLOW_TRACKING_URI ?? null),
    outputs: Object.fromEntries(
      Object.entries(row?.result.outputs ?? {}).map(([name, output]) => [name, outputView(output)]),
    ),
    log,
    error: state.error === null ? null : errorView(state.error, log),
  };
}

function errorView(error: StepError, log: string | null): ErrorView {
  const { code, message, hint, location = null } = error;
  return { code, message, hint, location, logTail: log === null ? [] : lastLines(log, TAIL_LINES) };
}

function reuseView(state: StepState): ReuseView {
  const decision = decisionOf(state);
  if (decision === "none") return { decision, from: null, reason: null };
  const from = isTaken(state) ? (state.result?.run ?? null) : null;
  return { decision, from, reason: state.reason };
}

/** Its result is another's, also when attempts of its own came before. */
function isTaken({ decision }: StepState): boolean {
  return decision === "reused" || decision === "attached";
}

/** It had failed by itself when its step was cancelled, or skipped, before the next one. */
function failedBefore({ status }: StepState, { startedAt, end }: AttemptState): boolean {
  if ((status !== "Canceled" && status !== "Skipped") || startedAt === null) return false;
  return end !== null && end.reason !== "cancelled" && end.exitCode !== 0;
}

function attemptViews(
  folder: string,
  run: string,
  node: StepNode,
  state: StepState,
): readonly AttemptView[] {
  return state.attempts.map((attempt, position) => {
    const isLast = position === state.attempts.length - 1 && !isTaken(state);
    const isOver = isEndedStep(state.status) && !failedBefore(state, attempt);
    const ended =
      attempt.end === null ? state.status : attempt.end.exitCode === 0 ? "Completed" : "Failed";
    return {
      number: attempt.number,
      status: isLast && isOver ? state.status : ended,
      exitCode: attempt.end?.exitCode ?? null,
      signal: attempt.end?.signal ?? null,
      reason: attempt.end === null ? null : reasonOf(attempt.end),
      started: time(attempt.startedAt),
      // One that another run went on with has no end here: it is over for this run when its step is.
      finished: time(attempt.end?.finishedAt ?? state.endedAt),
      checkpoint: checkpointView(attempt),
      log: places.logFile(folder, run, node.path, attempt.number),
    };
  });
}

/** One that a signal ended by itself is recorded as `exited`, without a code. */
function reasonOf({ reason, signal }: AttemptEnd): AttemptView["reason"] {
  return reason === "exited" && signal !== null ? "signal" : reason;
}

function checkpointView({ checkpointAt, createdAt }: AttemptState): AttemptView["checkpoint"] {
  if (checkpointAt === null) return null;
  const ageS = Math.max(0, Math.round(createdAt - checkpointAt)) / 1000;
  return { written: new Date(checkpointAt).toISOString(), ageS };
}

/** The log of the attempt that made a result: the newest one of that step in that run. Those that never began have none. */
function logOf(folder: string, row: ResultRow): string | null {
  const file = (number: number): string => places.logFile(folder, row.run, row.path, number);
  let newest = FEW_ATTEMPTS;
  while (newest > 0 && !fs.existsSync(file(newest))) newest -= 1;
  if (newest === 0) return null;
  while (fs.existsSync(file(newest + 1))) newest += 1;
  return file(newest);
}

/** More are seldom made. */
const FEW_ATTEMPTS = 9;

export function outputView(record: OutputRecord): OutputView {
  return { type: record.type, path: path.resolve(record.path), id: record.id };
}

/** Nested pipelines are steps too: each stands where its first step does, before its children, with a status made of theirs. */
function withPipelines(run: RecordedRun, steps: readonly StepView[]): readonly StepView[] {
  const { pipelines } = run.plan.graph;
  if (pipelines.length === 0) return steps;
  const byPath = new Map(pipelines.map((node) => [node.path, node]));
  const parentOf = new Map<string, string | null>([
    ...pipelines.map((node) => [node.path, node.parent] as const),
    ...run.plan.graph.steps.map((node) => [node.path, node.parent] as const),
  ]);
  const children = new Map<string | null, (StepView | PipelineNode)[]>();
  const placed = new Set<string>();
  const place = (node: StepView | PipelineNode): void => {
    const name = "name" in node ? node.name : node.path;
    if (placed.has(name)) return;
    placed.add(name);
    const parent = parentOf.get(name) ?? null;
    const around = parent === null ? undefined : byPath.get(parent);
    if (around !== undefined) place(around);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  };
  for (const node of [...steps, ...pipelines]) place(node);
  const isEnded = isEndedRun(run.status);
  const unneeded = new Set(run.plan.options.skip);
  const statusOf = (inside: readonly StepView[]) => pipelineStatus(inside, isEnded, unneeded);
  const dataOf = dataOfSteps(run);
  const flatten = (parent: string | null): StepView[] =>
    (children.get(parent) ?? []).flatMap((node) => {
      if ("name" in node) return [node];
      const inside = flatten(node.path);
      return [pipelineView(run, node, { status: statusOf(inside), dataOf }), ...inside];
    });
  return flatten(null);
}

function pipelineView(
  run: RecordedRun,
  node: PipelineNode,
  { status, dataOf }: { readonly status: StepStatus; readonly dataOf: DataOf },
): StepView {
  return {
    name: node.path,
    type: "pipeline",
    status,
    reuse: { decision: "none", from: null, reason: null },
    attempts: [],
    inputs: inputViews(run, node.inputs ?? {}, (_, reference) => dataOf(reference)),
    metrics: {},
    parameters: {},
    tracking: null,
    outputs: outputViews(run, node.outputs),
    log: null,
    error: null,
  };
}

/** Completed: all of it that was asked for is there. */
function pipelineStatus(
  inside: readonly StepView[],
  isEnded: boolean,
  unneeded: ReadonlySet<string>,
): StepStatus {
  const has = (status: StepStatus): boolean => inside.some((step) => step.status === status);
  if (!inside.every((step) => isEndedStep(step.status)) && !isEnded)
    return inside.every((step) => step.status === "NotStarted") ? "NotStarted" : "Running";
  if (has("Failed")) return "Failed";
  if (has("Canceled")) return "Canceled";
  const asked = inside.filter((step) => step.type !== "pipeline" && !unneeded.has(step.name));
  const isThere = asked.length > 0 && asked.every((step) => step.status === "Completed");
  return isThere ? "Completed" : "Skipped";
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
