// Turns a validated graph into a plan: data found and identified, code snapshot, environments known, demands checked.
// Everything that can be wrong is said here, all of it at once, before anything starts.

import type { CodeSnapshot } from "../../core/content.ts";
import { packGraph } from "../../core/packed-graph.ts";
import {
  NO_ENVIRONMENT,
  PLAN_FORMAT,
  type Plan,
  type PlannedStep,
  type ResolvedData,
  type RunOptions,
} from "../../core/plan.ts";
import type { CodeReference, DataType, Graph, StepNode } from "../../spec/graph.ts";
import { put } from "../../spec/own-keys.ts";
import type { Problem } from "../../spec/problem.ts";
import {
  type Datastore,
  findDatastore,
  listDatastores,
  OWN_DATASTORE,
} from "../data/datastores.ts";
import { createDataResolver } from "../data/resolve-data.ts";
import {
  createFieldPlaces,
  type Field,
  type FieldPlaces,
  type GivenOptions,
} from "../definitions/field-places.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { copiesInCode } from "./copies-in-code.ts";
import { notRunnable } from "./not-runnable.ts";
import { outputPlaces } from "./output-places.ts";
import { planTransfers } from "./plan-transfers.ts";
import { pointersOfLfs } from "./pointers-of-lfs.ts";
import { createCodeResolver } from "./resolve-code.ts";
import { demandOf } from "./resolve-demand.ts";
import { createEnvironmentResolver } from "./resolve-environment.ts";
import { scriptNotInCode } from "./started-script.ts";

export interface PrepareOptions extends RunOptions {
  /**
   * The plan is to be run: environments without a lock are resolved over the network, and data must be there. Else it is
   * only looked at, and neither is needed.
   */
  readonly mayResolve: boolean;
  /** Nothing is asked over a network: data that lies elsewhere is only a warning. */
  readonly nearOnly?: boolean;
  readonly locked: boolean;
  /** The options of the definition, which give what stands in no file. */
  readonly given?: GivenOptions;
}

export interface Prepared {
  /** Null when a problem is an error. */
  readonly plan: Plan | null;
  readonly problems: readonly Problem[];
  /** 4 when the only errors are environments that cannot be made, else 2. */
  readonly exitCode: 2 | 4;
  /** Steps whose environment is yet to be resolved, and why: only when `mayResolve` is off. */
  readonly unresolved: ReadonlyMap<number, string>;
}

/** Codes of refusals that say nothing of the data, only that it could not be asked for now. */
const OUT_OF_REACH: ReadonlySet<string> = new Set(["download_failed", "storage_unreachable"]);

const NOT_RESOLVED = "environment_not_resolved";
/** Codes of environments that are known and cannot be made. */
const CANNOT_BE_MADE: ReadonlySet<string> = new Set([
  "unsupported_environment",
  NOT_RESOLVED,
  "environment_build_failed",
  "environment_disk_full",
]);

/** What is wrong with a step, and in which field of it. */
type Report = (step: StepNode | null, refusal: Refusal, field?: Field, asError?: boolean) => void;

export async function preparePlan(
  workspace: Workspace,
  written: Graph,
  asked: PrepareOptions,
): Promise<Prepared> {
  const problems: Problem[] = notRunnable(written, asked);
  // A run that is refused anyway needs no network either.
  const options = { ...asked, mayResolve: asked.mayResolve && !problems.some(isError) };
  const places = createFieldPlaces(workspace.config.limits, asked.given);
  const skipped = new Set(asked.skip);
  const isLeftOut = (step: StepNode | null): boolean => step !== null && skipped.has(step.path);
  const report: Report = (step, refusal, field = [], asError = true) => {
    const severity = asError && !isLeftOut(step) ? "error" : "warning";
    problems.push({ ...placed(step, refusal, field, places), severity });
  };
  const data = createDataResolver(workspace, { nearOnly: asked.nearOnly ?? false });
  const code = createCodeResolver(workspace);
  const environments = createEnvironmentResolver(workspace, options);
  const graph = await planTransfers(workspace, written, report);
  const { nodeIds } = packGraph(graph);
  const steps: PlannedStep[] = [];
  const unresolved = new Map<number, string>();
  const toldOf = new Map<string, string>();
  for (const [index, step] of graph.steps.entries()) {
    const resolved = await resolveInputs(step, data, (one, refusal, field) => {
      const isMissed = options.mayResolve || !OUT_OF_REACH.has(refusal.code);
      report(one, refusal, field, isMissed);
    });
    const snapshot = step.code === null ? null : await code.resolve(step.code);
    if (isRefusal(snapshot)) report(step, snapshot, ["code"]);
    else problems.push(...scriptWarning(workspace, step, code.snapshots[snapshot ?? -1], places));
    // Of a step that is left out nobody needs to know.
    const environment = isLeftOut(step) ? NO_ENVIRONMENT : await environments.of(step);
    for (const message of environments.takeWarnings())
      problems.push(environmentWarning(step, message));
    if (isRefusal(environment)) {
      // With --locked a run would stop here: then so does its plan.
      const isOpen = !options.mayResolve && !options.locked && environment.code === NOT_RESOLVED;
      if (isOpen) unresolved.set(index, environment.message);
      else report(step, toldOnce(environment, step, toldOf), ["environment"]);
    }
    steps.push({
      nodeId: nodeIds[index] as string,
      code: typeof snapshot === "number" ? snapshot : null,
      environment: typeof environment === "number" ? environment : NO_ENVIRONMENT,
      data: resolved,
      demand: demandOf(workspace, step, (problem) =>
        problems.push(isLeftOut(step) ? { ...problem, severity: "warning" } : problem),
      ),
    });
  }
  problems.push(...(await outputPlaces(workspace, graph, places, isLeftOut)));
  problems.push(...code.warnings(), ...(await doubts(workspace, graph, steps, places)));
  const errors = problems.filter(isError);
  const defaultDatastore = await defaultDatastoreOf(workspace, graph, places, problems);
  const plan: Plan = {
    format: PLAN_FORMAT,
    graph: defaultDatastore === graph.defaultDatastore ? graph : { ...graph, defaultDatastore },
    codes: code.snapshots,
    environments: environments.identities,
    steps,
    options: recordedOptions(options, workspace.config.sourceDateEpoch),
  };
  const exitCode = errors.every(({ code }) => CANNOT_BE_MADE.has(code)) ? 4 : 2;
  return { plan: errors.length > 0 ? null : plan, problems, exitCode, unresolved };
}

/** What may be meant so, and mostly is not. */
async function doubts(
  workspace: Workspace,
  graph: Graph,
  steps: readonly PlannedStep[],
  places: FieldPlaces,
): Promise<readonly Problem[]> {
  const copies = copiesInCode(workspace.contents, graph);
  return [...copies, ...(await pointersOfLfs(workspace, graph, steps, places))];
}

function recordedOptions(
  options: PrepareOptions,
  sourceDateEpoch: RunOptions["sourceDateEpoch"],
): RunOptions {
  const { force, skip, taken, onlyCached, strict, keepWork, passEnv } = options;
  return {
    force,
    skip,
    taken,
    onlyCached,
    passEnv,
    ...(strict ? { strict } : {}),
    ...(keepWork ? { keepWork } : {}),
    ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }),
  };
}

/** A warning at the command, wherever it is written. */
function scriptWarning(
  { contents }: Workspace,
  step: StepNode,
  snapshot: CodeSnapshot | undefined,
  places: FieldPlaces,
): readonly Problem[] {
  const ignored = (code: CodeReference, file: string) => contents.ignored(code, file);
  const missing = scriptNotInCode(step, { parts: snapshot?.parts ?? {}, ignored });
  if (missing === null) return [];
  const problem = problemOf(step, missing);
  const position = places.inCommand(step, 0) ?? problem.position;
  return [{ ...problem, severity: "warning", position }];
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}

/** Its step alone is named as its place: to find the field, the file would be read again in each run. */
function environmentWarning({ position }: StepNode, message: string): Problem {
  return { severity: "warning", code: "environment", message, hint: null, position };
}

/** What is wrong with an environment in full for its first step, and in a line for the others that share it. */
function toldOnce(refusal: Refusal, step: StepNode, toldOf: Map<string, string>): Refusal {
  const first = toldOf.get(refusal.message);
  toldOf.set(refusal.message, first ?? step.path);
  if (first === undefined) return refusal;
  const line = (refusal.message.split("\n", 1)[0] as string).replace(/[.:]$/, "");
  return { ...refusal, message: `${line}, as told of step ${first}`, hint: null };
}

/** The datastore that `${{default_datastore}}` means; null is the workspace's own. */
async function defaultDatastoreOf(
  workspace: Workspace,
  graph: Graph,
  places: FieldPlaces,
  problems: Problem[],
): Promise<string | null> {
  const named = graph.defaultDatastore;
  const found =
    named === null ? await workspaceDefault(workspace) : await findDatastore(workspace, named);
  if (!isRefusal(found)) return found.name === OWN_DATASTORE ? null : found.name;
  const message = `${found.message}; outputs stay in the workspace`;
  const position = places.ofJob(graph, ["settings", "default_datastore"], message);
  problems.push({ ...problemOf(null, { ...found, message }), severity: "warning", position });
  return null;
}

async function workspaceDefault(workspace: Workspace): Promise<Datastore | Refusal> {
  const { defaultDatastore } = workspace.config;
  if (defaultDatastore !== null) return findDatastore(workspace, defaultDatastore);
  const all = await listDatastores(workspace);
  return all.find((one) => one.isDefault) ?? findDatastore(workspace, OWN_DATASTORE);
}

/** At the field, or at the option that gave it; of what neither has, a component's, at the step. */
function placed(
  step: StepNode | null,
  refusal: Refusal,
  field: Field,
  places: FieldPlaces,
): Problem {
  const problem = problemOf(step, refusal);
  if (step === null || field.length === 0) return problem;
  const option = places.option(step, field);
  if (option !== null)
    return { ...problem, message: `${option}: ${problem.message}`, position: null };
  const position = places.of(step, field, refusal.message);
  return position === null ? problem : { ...problem, position };
}

export function problemOf(step: StepNode | null, refusal: Refusal): Problem {
  const where = step === null || step.path === "." ? "" : `step ${step.path}: `;
  return {
    severity: "error",
    code: refusal.code,
    message: `${where}${refusal.message}`,
    hint: refusal.hint,
    position: step?.position ?? null,
  };
}

async function resolveInputs(
  step: StepNode,
  data: ReturnType<typeof createDataResolver>,
  report: Report,
): Promise<Record<string, ResolvedData>> {
  const resolved: Record<string, ResolvedData> = {};
  for (const [name, input] of Object.entries(step.inputs)) {
    if (input.source.kind !== "data") continue;
    const answer = data.resolve(input.source.reference, input.type as DataType, input.mode);
    const found = answer instanceof Promise ? await answer : answer;
    if (isRefusal(found))
      report(step, { ...found, message: `input ${name}: ${found.message}` }, ["inputs", name]);
    else put(resolved, name, found);
  }
  return resolved;
}
