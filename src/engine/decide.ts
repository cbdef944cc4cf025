// Decides ready steps: take a recorded result, wait for the same work in flight, or queue it to run. Looks all of a
// tick's steps up at once. Knows nothing of slots or processes.

import type { ReusedSteps, RunEvent, StepError } from "../core/event.ts";
import type { StepResult } from "../core/output.ts";
import type { Reason } from "../core/reason.ts";
import { capacityIn } from "../core/schedule.ts";
import { mustRun, type StepFacts, stepFacts } from "../core/step-facts.ts";
import type { ResultRow } from "../ports/records.ts";
import type { StepNode } from "../spec/graph.ts";
import { type ActiveRun, emit, outputOf, poolOfStep } from "./active-run.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { type Post, undeclaredFailure } from "./flight.ts";
import { isOfOthers } from "./others-bytes.ts";
import { isToTake, takenFrom, takeRecorded } from "./take-recorded.ts";
import { isTooOld, soughtBy, usableResult } from "./usable-result.ts";

/** A step that must run, waiting for its slot; or that runs if its turn comes before that of the same work elsewhere. */
export interface Wanted {
  readonly run: ActiveRun;
  readonly step: number;
  readonly facts: StepFacts;
  /** Why it runs whatever is recorded; null: the difference from its last time says why, looked up when its turn comes. */
  readonly must: Reason | null;
  /** False: it waits for no other attempt of the same fingerprint, but may run beside it. */
  readonly shared: boolean;
}

/** Work that is queued or on its way, and the step that does it. */
export interface Flying {
  readonly run: ActiveRun;
  readonly step: number;
  /** While it is queued: steps that wait for it, each in the queue of its own run too. */
  readonly behind: Wanted[];
}

/** The work in flight in this workspace, by fingerprint. */
export type InFlight = Map<string, Flying>;

export interface Decisions {
  readonly wanted: readonly Wanted[];
  readonly damaged: readonly { readonly run: string; readonly seq: number }[];
}

/** A ready step that is being decided on. */
export interface Candidate {
  readonly run: ActiveRun;
  readonly step: number;
  readonly facts: StepFacts;
  readonly must: Reason | null;
}

/** Decides every ready step of the runs that may start something. Reused and attached ones are emitted here. */
export async function decideReady(
  ports: EnginePorts,
  runs: readonly ActiveRun[],
  {
    inFlight,
    fresh,
    lookedUp,
    post,
  }: {
    readonly inFlight: InFlight;
    readonly lookedUp: Set<string>;
    readonly fresh: ReadonlyMap<string, ResultRow>;
    readonly post: Post;
  },
): Promise<Decisions> {
  const candidates = runs.filter((run) => run.mayStart).flatMap(takeCandidates);
  const fingerprints = candidates
    .filter((candidate) => candidate.must === null)
    .map((candidate) => candidate.facts.fingerprint);
  const newest = await ports.records.newestUsable([...new Set(fingerprints)]);
  const wanted: Wanted[] = [];
  const damaged: { run: string; seq: number }[] = [];
  const reused = new Map<ActiveRun, { step: number; row: ResultRow }[]>();
  const unknown: Candidate[] = [];
  const take = ({ run, step }: Candidate, row: ResultRow): void => {
    const list = reused.get(run) ?? [];
    list.push({ step, row });
    reused.set(run, list);
  };
  for (const candidate of candidates) {
    if (isToTake(candidate)) {
      const row = await takeRecorded(ports, candidate);
      if (row !== null && !isOnItsWay(ports, candidate, row, post)) take(candidate, row);
      continue;
    }
    const { fingerprint } = candidate.facts;
    const first = fresh.get(fingerprint) ?? newest.get(fingerprint) ?? null;
    const mayAsk = othersMayHave(ports, candidate, lookedUp);
    if (mayAsk && first !== null && isOfOthers(first)) {
      unknown.push(candidate);
      continue;
    }
    const answer = wholeResult(ports, candidate, first, damaged);
    const found = answer instanceof Promise ? await answer : answer;
    if (mayAsk && isTooOld(found)) unknown.push(candidate);
    else if (found !== null && "kind" in found)
      await runOrAttach(ports, { ...candidate, must: found }, inFlight, wanted);
    else if (found !== null && refusesUndeclared(ports, candidate, found)) continue;
    else if (found !== null && isOnItsWay(ports, candidate, found, post)) continue;
    else if (found !== null) take(candidate, found);
    else if (mayAsk) unknown.push(candidate);
    else await runOrAttach(ports, candidate, inFlight, wanted);
  }
  askOthers(ports, unknown, lookedUp, post);
  for (const [run, list] of reused) await takeOver(ports, run, list);
  return { wanted, damaged };
}

function takeCandidates(run: ActiveRun): Candidate[] {
  const ready = new Set(run.state.ready);
  run.state.ready = [];
  const candidates: Candidate[] = [];
  for (const step of ready) {
    const state = run.state.steps[step];
    if (state?.status !== "Queued" || run.state.attached.has(step)) continue;
    if (run.state.retrying.has(step)) continue;
    const facts = stepFacts(run.plan, step, (path, output) => outputOf(run, path, output));
    if (facts === null) {
      emitBroken(run, step);
      continue;
    }
    candidates.push({ run, step, facts, must: mustRun(run.plan, step) });
  }
  return candidates;
}

/** A step whose upstream ended well without the output it reads: the definition promised more than was captured. */
function emitBroken(run: ActiveRun, step: number): void {
  const at = run.state.startedAt ?? run.row.createdAt;
  const path = run.paths[step];
  const message = `step ${path}: an output that it reads was not made by the step above it`;
  emit(run, {
    kind: "step_failed",
    at,
    step,
    error: {
      code: "missing_output",
      message,
      hint: "declare the output in the step that makes it",
    },
  });
}

/** The newest result that may be taken; or why none may although there is one; or null. `newest`: the first to look at. */
function wholeResult(
  ports: EnginePorts,
  { run, step, must }: Candidate,
  newest: ResultRow | null,
  damaged: { run: string; seq: number }[],
): ResultRow | Reason | null | Promise<ResultRow | Reason> {
  if (must !== null || newest === null) return null;
  const node = run.plan.graph.steps[step] as StepNode;
  return usableResult(ports, node, newest, (row) => damaged.push({ run: row.run, seq: row.seq }));
}

/** `--strict`: a result that relies on what its step does not declare is no better than a new one would be. */
function refusesUndeclared(ports: EnginePorts, candidate: Candidate, row: ResultRow): boolean {
  const { run, step } = candidate;
  if (!run.plan.options.strict) return false;
  const error = undeclaredFailure(run.plan.graph.steps[step] as StepNode, row.result);
  if (error !== null) emit(run, { kind: "step_failed", at: ports.clock.now(), step, error });
  return error !== null;
}

/** What is said of a result that cannot be taken: the work itself is the same as that of any other run. */
const UNUSABLE: ReadonlySet<Reason["kind"]> = new Set([
  "undeclared_changed",
  "input_written",
  "other_environment",
  "outputs_deleted",
  "too_old",
]);

async function runOrAttach(
  ports: EnginePorts,
  candidate: Candidate,
  inFlight: InFlight,
  wanted: Wanted[],
): Promise<void> {
  const { run, step, facts } = candidate;
  // What is on its way now is younger than any `max_age`.
  const shared = candidate.must === null || UNUSABLE.has(candidate.must.kind);
  const flying = shared ? inFlight.get(facts.fingerprint) : undefined;
  if (flying !== undefined) {
    emit(run, {
      kind: "step_attached",
      at: ports.clock.now(),
      step,
      fingerprint: facts.fingerprint,
      run: flying.run.row.name,
      path: flying.run.paths[flying.step] as string,
    });
    const isQueued = flying.run.state.steps[flying.step]?.status === "Queued";
    if (!isQueued || flying.run === run || run.plan.options.onlyCached) return;
  }
  if (run.plan.options.onlyCached) {
    emit(run, onlyCachedFailure(ports, run, step, await reasonOf(ports, candidate)));
    return;
  }
  const tooMany = tooManyGpus(ports, run, step);
  if (tooMany !== null) {
    if (flying === undefined) emit(run, tooMany);
    return;
  }
  const one: Wanted = { ...candidate, shared };
  if (flying !== undefined) flying.behind.push(one);
  else if (shared) inFlight.set(facts.fingerprint, { run, step, behind: [] });
  wanted.push(one);
}

/** Why a step runs. Costs some small reads: asked for what runs now, not for all that waits. */
export async function reasonOf(
  { explainer }: Pick<EnginePorts, "explainer">,
  { run, step, facts, must }: Candidate,
): Promise<Reason> {
  return must ?? explainer.reason(run.row.name, run.plan, step, facts);
}

/** There were as many when it was submitted; without them it would do something else than it was to do. */
function tooManyGpus(ports: EnginePorts, run: ActiveRun, step: number): RunEvent | null {
  const asked = run.plan.steps[step]?.demand.gpus ?? 0;
  const { gpus } = capacityIn(ports.supply, poolOfStep(ports, run, step));
  if (asked <= gpus) return null;
  const message = `step ${run.paths[step]} asks for ${asked} GPU${asked === 1 ? "" : "s"}, and the process that runs it may use ${gpus}`;
  const hint =
    "look at gpus of the compute in stepwell.yml, and at CUDA_VISIBLE_DEVICES where the first of the runs going on was started; then run again";
  const error = { code: "too_many_gpus", message, hint };
  return { kind: "step_failed", at: ports.clock.now(), step, error };
}

function onlyCachedFailure(
  ports: EnginePorts,
  run: ActiveRun,
  step: number,
  reason: Reason,
): RunEvent {
  const message = `step ${run.paths[step]} would run: ${reason.detail}`;
  const hint = "run without --only-cached to run it";
  return {
    kind: "step_failed",
    at: ports.clock.now(),
    step,
    error: { code: "only_cached", message, hint },
  };
}

function othersMayHave(
  { shared }: EnginePorts,
  { must, facts }: Candidate,
  lookedUp: ReadonlySet<string>,
): boolean {
  return shared?.asks === true && must === null && !lookedUp.has(facts.fingerprint);
}

/** They stay queued until the answer is there, and are decided on again then. */
function askOthers(
  ports: EnginePorts,
  candidates: readonly Candidate[],
  lookedUp: Set<string>,
  post: Post,
): void {
  const { shared } = ports;
  if (shared === null || candidates.length === 0) return;
  const sought = candidates.map(({ run, step, facts }) =>
    soughtBy(ports, run.plan.graph.steps[step] as StepNode, facts.fingerprint),
  );
  const steps = candidates.map(({ run, step }) => ({ run: run.row.name, step }));
  const done = (): void => {
    for (const { fingerprint } of sought) lookedUp.add(fingerprint);
    post({ kind: "looked_up", steps });
  };
  shared.lookUp(sought).then(done, done);
}

/** A reused step that sends copies elsewhere is done when they have arrived; it is decided on again then. */
function isOnItsWay(
  { settler }: EnginePorts,
  { run, step: index }: Candidate,
  { result }: ResultRow,
  post: Post,
): boolean {
  const { plan, sent, row } = run;
  if (sent.get(index) === "arrived" || !settler.sends(plan, index, "reused", result)) return false;
  if (sent.has(index)) return true;
  sent.set(index, "on its way");
  const done = (problems: readonly StepError[]): void =>
    post({ kind: "sent", run: row.name, step: index, problems });
  settler.send(row.name, { plan, index, how: "reused" }, result).then(done, (error: unknown) =>
    done([
      {
        code: "internal",
        message: `a bug of Stepwell: ${String(error)}`,
        hint: "please report it",
      },
    ]),
  );
  return true;
}

/** Emits one packed event for all results that a run takes over in this tick. */
async function takeOver(
  ports: EnginePorts,
  run: ActiveRun,
  list: readonly { readonly step: number; readonly row: ResultRow }[],
): Promise<void> {
  type Group = { run: string; reason: Reason; steps: number[]; results: number[] };
  const groups = new Map<string, Group>();
  for (const { step, row } of list) {
    run.results.set(step, row.result);
    const reason = isToTake({ run, step })
      ? takenFrom(row)
      : unchanged(run.plan.graph.steps[step] as StepNode, row.run, (path) =>
          run.results.get(run.indexOf.get(path) ?? -1),
        );
    const key = `${row.run}\n${reason.detail}`;
    const group = groups.get(key) ?? { run: row.run, reason, steps: [], results: [] };
    group.steps.push(step);
    group.results.push(row.seq);
    groups.set(key, group);
    await settle(ports, run, step);
  }
  const from: readonly ReusedSteps[] = [...groups.values()];
  emit(run, { kind: "steps_reused", at: ports.clock.now(), from });
}

/** `resultOf`: what a step of this run came by, as far as it is known. */
export function unchanged(
  step: StepNode,
  since: string,
  resultOf: (path: string) => StepResult | undefined,
): Reason {
  for (const name in step.inputs) {
    const source = step.inputs[name]?.source;
    if (source?.kind !== "step") continue;
    const differs = resultOf(source.step)?.equivalent;
    if (differs === undefined || !Object.hasOwn(differs.outputs, source.output)) continue;
    const detail = `unchanged since ${since}: other bytes of input ${name} count as the same`;
    return { kind: "unchanged", detail };
  }
  return { kind: "unchanged", detail: `unchanged since ${since}` };
}

/** Copies and registers what the step's outputs ask for; problems are kept for the end of the run. */
export async function settle(ports: EnginePorts, run: ActiveRun, step: number): Promise<void> {
  const node = run.plan.graph.steps[step] as StepNode;
  const result = run.results.get(step);
  if (result === undefined || !ports.settler.needed(node)) return;
  const problems = await ports.settler.settle(run.row.name, run.plan, step, result);
  for (const error of problems) emit(run, { kind: "run_problem", at: ports.clock.now(), error });
}
