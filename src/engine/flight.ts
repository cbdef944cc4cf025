// One attempt on its way: staged, started, ended, captured. Everything slow happens here, between ticks, and comes
// back as a message; nothing here changes a run.

import type { AttemptEnd } from "../core/attempt.ts";
import { changedPaths } from "../core/changed-paths.ts";
import type { ResultReference, StepError } from "../core/event.ts";
import { namesOutput } from "../core/named-outputs.ts";
import { isOutOfSpace } from "../core/out-of-space.ts";
import { ARTIFACTS, type OutputRecord, type StepResult } from "../core/output.ts";
import { sameRule } from "../core/same-output.ts";
import { capacityIn, fitted } from "../core/schedule.ts";
import type { OutputLookup, StepFacts } from "../core/step-facts.ts";
import { undeclaredNotes, unwatchedNotes } from "../core/trust-notes.ts";
import type { ComputeReport } from "../ports/compute.ts";
import type { ContentFailure, Outcome } from "../ports/contents.ts";
import type { StepNode } from "../spec/graph.ts";
import { own, put } from "../spec/own-keys.ts";
import { type ActiveRun, outputOf, poolOfStep } from "./active-run.ts";
import { openCheckpoint } from "./checkpoints.ts";
import { copiedInputs, readsCopy } from "./copied-inputs.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { EngineState } from "./engine-state.ts";
import { readablePlan } from "./readable-plan.ts";

export interface Flight {
  readonly attemptId: string;
  run: ActiveRun;
  readonly step: number;
  readonly number: number;
  readonly facts: StepFacts;
  readonly shared: boolean;
  readonly gpus: readonly string[];
  /** Runs that it was taken over from: their secrets may stand in its log. */
  readonly heirTo: readonly string[];
  /** Null until started, and for attempts of an engine before this one. */
  startedAt: number | null;
  /** A cancel came before it was handed to the compute. */
  cancelled: boolean;
  submitted: boolean;
  /** Its environment is being made, which may take minutes. A cancel ends the wait, and nothing else comes of it then. */
  isWaiting: boolean;
  /** It has ended, and its log is being rid of secrets. */
  masking: boolean;
  /** How its environment was another than planned when it started. */
  environmentChanged: string | null;
}

export type Message =
  | { readonly kind: "compute"; readonly report: ComputeReport }
  /** It goes on from a checkpoint. */
  | { readonly kind: "continues"; readonly attemptId: string; readonly writtenAt: number }
  /** It could not be prepared: environment, code or order. */
  | {
      readonly kind: "not_prepared";
      readonly attemptId: string;
      readonly error: StepError;
      /** The result whose bytes could not be had any more: nobody is to take it again. */
      readonly damaged?: ResultReference;
    }
  /** It has ended, and its log holds no secret, or could not be written without them. */
  | {
      readonly kind: "masked";
      readonly attemptId: string;
      readonly end: AttemptEnd;
      readonly outcome: "done" | "disk_full";
    }
  | {
      readonly kind: "captured";
      readonly attemptId: string;
      readonly outcome: Outcome<StepResult>;
      /** What went wrong with copies elsewhere: the run's problem, not the step's. */
      readonly problems?: readonly StepError[];
    }
  /** What a reused step sends elsewhere has arrived, or could not be sent. */
  | {
      readonly kind: "sent";
      readonly run: string;
      readonly step: number;
      readonly problems: readonly StepError[];
    }
  /** Others were asked for results of these steps. */
  | {
      readonly kind: "looked_up";
      readonly steps: readonly { readonly run: string; readonly step: number }[];
    };

export type Post = (message: Message) => void;

/** Sets an attempt going; what comes of it is posted. */
export function startFlight(state: EngineState, flight: Flight): void {
  launch(state, flight).catch((error: unknown) => state.post(brokenBy(flight.attemptId, error)));
}

/** The same again after a full disk left it half made. */
export function restartFlight(state: EngineState, flight: Flight): void {
  state.ports.contents.discard(flight.attemptId, "no");
  startFlight(state, flight);
}

/** Makes environment and folders, then hands the attempt to the compute. */
async function launch(state: EngineState, flight: Flight): Promise<void> {
  const { ports, compute, epoch, post } = state;
  const { run, step, attemptId } = flight;
  const planned = run.plan.steps[step];
  const identity = run.plan.environments[planned?.environment ?? -1];
  const refuse = (error: StepError): void => post({ kind: "not_prepared", attemptId, error });
  if (planned === undefined || identity === undefined) return;
  if (flight.cancelled) return post(neverStarted(attemptId, ports.clock.now()));
  flight.isWaiting = true;
  const built = await ports.environments.build(identity);
  if (!flight.isWaiting) return;
  flight.isWaiting = false;
  if (!built.ok) return refuse(built.failure);
  flight.environmentChanged = await ports.environments.changed(identity);
  const staged = await ports.contents.stage({
    attemptId,
    snapshotId: planned.code === null ? null : (run.plan.codes[planned.code]?.snapshotId ?? null),
    outputs: declaredOutputs(run.plan.graph.steps[step] as StepNode),
  });
  if (!staged.ok) return refuse(staged.failure);
  const notFetched = await fetchInputs(ports, flight);
  if (notFetched !== null) return post({ kind: "not_prepared", attemptId, ...notFetched });
  const plan = await readablePlan(ports, { plan: run.plan, index: step, attemptId });
  if ("code" in plan) return refuse(plan);
  const known: OutputLookup = (path, output) => outputOf(run, path, output);
  const { folder } = staged.value;
  const inputs = await copiedInputs(
    ports.contents,
    { plan, outputOf: known },
    { index: step, attemptId, folder },
  );
  if ("code" in inputs) return refuse(inputs);
  const checkpoint = await openCheckpoint(state, flight, plan);
  if (checkpoint === "fenced") return;
  if (flight.cancelled) return post(neverStarted(attemptId, ports.clock.now()));
  const order = ports.stepTypes.order({
    run: run.row.name,
    experiment: run.row.experiment,
    ...inputs,
    index: step,
    attemptId,
    number: flight.number,
    epoch,
    staged: staged.value,
    environment: built.value,
    checkpoint: checkpoint.folder,
    logPath: ports.logPath(run.row.name, run.paths[step] as string, flight.number),
    demand: fitted(planned.demand, capacityIn(ports.supply, poolOfStep(ports, run, step))),
    gpus: flight.gpus,
    now: ports.clock.now(),
  });
  if ("code" in order) return refuse(order);
  flight.submitted = true;
  compute.start(order);
}

/** Outputs that others made come here before the step that reads them. */
async function fetchInputs(
  { shared }: EnginePorts,
  { run, step }: Flight,
): Promise<{ readonly error: StepError; readonly damaged?: ResultReference } | null> {
  const node = run.plan.graph.steps[step] as StepNode;
  for (const [name, { source }] of Object.entries(node.inputs)) {
    if (source.kind !== "step") continue;
    const record = outputOf(run, source.step, source.output);
    const said = record?.shared && shared ? await shared.fetch(record) : null;
    if (said === null || record === null) continue;
    const error = { ...said, message: `input ${name}: ${said.message}` };
    const made = run.state.steps[run.indexOf.get(source.step) ?? -1]?.result;
    if (made === undefined || made === null || shared?.gone(record) == null) return { error };
    const hint = `run again: ${source.step} will run then, because its result is not taken any more`;
    return { error: { ...error, hint }, damaged: { run: made.run, seq: made.seq } };
  }
  return null;
}

/** A bug met on the way fails this step alone, with what we need to mend it. */
function brokenBy(attemptId: string, error: unknown): Message {
  if (isOutOfSpace(error))
    return {
      kind: "not_prepared",
      attemptId,
      error: { code: "disk_full", message: (error as Error).message, hint: null },
    };
  const message = `a bug of Stepwell: ${(error as Error)?.stack ?? String(error)}`;
  return {
    kind: "not_prepared",
    attemptId,
    error: { code: "internal", message, hint: "please report it" },
  };
}

export function neverStarted(attemptId: string, now: number): Message {
  const end: AttemptEnd = {
    exitCode: null,
    signal: null,
    reason: "cancelled",
    detail: null,
    startedAt: null,
    finishedAt: now,
  };
  return { kind: "compute", report: { kind: "ended", attemptId, end } };
}

/** Outputs that have a folder of their own. */
export function declaredOutputs(
  node: StepNode,
): Record<string, StepNode["outputs"][string]["type"]> {
  return Object.fromEntries(
    Object.entries(node.outputs)
      .filter(([name]) => name !== ARTIFACTS)
      .map(([name, output]) => [name, output.type]),
  );
}

function sameRules(node: StepNode): Record<string, string> {
  const rules: Record<string, string> = {};
  for (const [name, output] of Object.entries(node.outputs)) {
    const rule = sameRule(output);
    if (rule !== null && name !== ARTIFACTS) put(rules, name, rule);
  }
  return rules;
}

/** Checks that inputs stayed what they were, then captures the outputs of an attempt that ended well. */
export function finish(ports: EnginePorts, flight: Flight, post: Post): void {
  finishing(ports, flight, post).catch((error: unknown) => post(brokenBy(flight.attemptId, error)));
}

async function finishing(ports: EnginePorts, flight: Flight, post: Post): Promise<void> {
  const { attemptId } = flight;
  const node = flight.run.plan.graph.steps[flight.step] as StepNode;
  const written = await checkInputs(ports, flight);
  if ("code" in written) {
    post({ kind: "captured", attemptId, outcome: { ok: false, failure: written } });
    return;
  }
  const environmentChanged = flight.environmentChanged ?? (await changedSince(ports, flight));
  const folders = ports.attemptFolders(attemptId);
  const outputTypes = declaredOutputs(node);
  const captured = await ports.contents.capture({
    attemptId,
    run: flight.run.row.name,
    step: node.path,
    outputs: outputTypes,
    same: sameRules(node),
    unnamed: Object.keys(outputTypes).filter((port) => !namesOutput(node, port)),
    captureArtifacts: true,
    left: ports.stepTypes.artifacts(folders),
  });
  if (!captured.ok) {
    post({ kind: "captured", attemptId, outcome: captured });
    return;
  }
  const { outputs, artifacts } = captured.value;
  const { warnings, ...logged } = ports.stepTypes.collect(folders, outputs, {
    run: flight.run.row.name,
    heirTo: flight.heirTo,
    step: node,
    inputs: inputPaths(flight),
  });
  const result: StepResult = {
    outputs:
      ARTIFACTS in node.outputs && artifacts !== null
        ? { ...outputs, [ARTIFACTS]: artifacts }
        : outputs,
    ...logged,
    artifacts,
    warnings: [...captured.warnings, ...warnings],
    ...(written.length > 0 ? { writtenInputs: written } : {}),
    ...(environmentChanged === null ? {} : { environmentChanged }),
  };
  const refused = flight.run.plan.options.strict ? undeclaredFailure(node, result) : null;
  if (refused !== null) {
    post({ kind: "captured", attemptId, outcome: { ok: false, failure: refused } });
    return;
  }
  const problems = await sendElsewhere(ports, flight, result);
  const outcome = { ok: true, value: result, warnings: [] } as const;
  post({ kind: "captured", attemptId, outcome, problems });
}

async function changedSince(ports: EnginePorts, { run, step }: Flight): Promise<string | null> {
  const identity = run.plan.environments[run.plan.steps[step]?.environment ?? -1];
  return identity === undefined ? null : ports.environments.changed(identity);
}

async function sendElsewhere(
  ports: EnginePorts,
  { run, step: index }: Flight,
  result: StepResult,
): Promise<readonly StepError[]> {
  const { plan, row } = run;
  if (!ports.settler.sends(plan, index, "ran", result)) return [];
  return ports.settler.send(row.name, { plan, index, how: "ran" }, result);
}

/** Where the attempt got the data that it was promised. */
function inputPaths({ run, step }: Flight): readonly string[] {
  const node = run.plan.graph.steps[step] as StepNode;
  const data = Object.values(run.plan.steps[step]?.data ?? {}).map((one) => one.path);
  const made = Object.values(node.inputs).flatMap(({ source }) => {
    const record = source.kind === "step" ? outputOf(run, source.step, source.output) : null;
    return record === null ? [] : [record.path];
  });
  return [...data, ...made];
}

/** With `--strict`: what it relied on without saying so, or that nobody knows it; null when neither. */
export function undeclaredFailure(node: StepNode, result: StepResult): StrictFailure | null {
  const [message] = undeclaredNotes(node, result);
  if (message !== undefined) {
    const hint = "declare what it relies on, or run without --strict";
    return { code: "undeclared_input", message, hint };
  }
  const [unwatched] = unwatchedNotes(node, result);
  if (unwatched === undefined) return null;
  return {
    code: "unwatched_python",
    message: unwatched,
    hint: "let it be watched (trace: true watches any program), then run with --force; or run without --strict",
  };
}

type StrictFailure = ContentFailure & { readonly code: "undeclared_input" | "unwatched_python" };

/** An input whose bytes are not those that the fingerprint names; or those that were written to and are the same again. */
async function checkInputs(
  ports: EnginePorts,
  { run, step, attemptId }: Flight,
): Promise<ContentFailure | readonly string[]> {
  const node = run.plan.graph.steps[step] as StepNode;
  const written: string[] = [];
  for (const [name, input] of Object.entries(node.inputs)) {
    if (input.source.kind === "data") {
      const data = own(run.plan.steps[step]?.data ?? {}, name);
      if (data === undefined || data.remote?.direct || readsCopy(input)) continue;
      const held = await ports.contents.inputHeld(attemptId, name, data);
      if (held === "written") written.push(name);
      if (held !== "changed") continue;
      return {
        code: "changed_while_read",
        message: `input ${name} (${data.written}) changed while it was read: ${data.path}`,
        hint: "run again when nothing writes to it; where the step itself does, let it have a copy of its own: mode: download",
      };
    }
    if (input.source.kind !== "step") continue;
    const record = outputOf(run, input.source.step, input.source.output);
    if (record !== null && !(await ports.contents.verify(record)))
      return upstreamChanged(name, input.source, record, await changedFiles(ports, record));
  }
  return written;
}

function upstreamChanged(
  name: string,
  source: { readonly step: string; readonly output: string },
  record: OutputRecord,
  files: string,
): ContentFailure {
  return {
    code: "upstream_changed",
    message: `input ${name}, the recorded output ${source.output} of step ${source.step}, was changed at ${record.path}${files}`,
    hint: "a step may not write to its inputs: let it have a copy of its own, mode: download, and run again",
  };
}

/** How many changed files a message names. */
const NAMED_FILES = 5;

/** `: a.txt, b.txt`, or nothing where the files cannot be told. */
async function changedFiles(ports: EnginePorts, record: OutputRecord): Promise<string> {
  const now = await ports.contents.identify(record.path, record.type);
  if (!now.ok) return `: ${now.failure.message}`;
  const before = await ports.contents.manifest(record.id);
  const after = await ports.contents.manifest(now.value.id);
  if (before === null || after === null) return "";
  const files = changedPaths(before, after);
  const rest = files.length - NAMED_FILES;
  return `: ${files.slice(0, NAMED_FILES).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
