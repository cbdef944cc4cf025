// The plan of a rerun: the recorded one, its data checked to be still what was recorded; or with `latest` the recorded
// definition with the files and labels that it names read again.

import fs from "node:fs";
import {
  NO_ENVIRONMENT,
  type Plan,
  type PlannedStep,
  type ResolvedData,
  type RunOptions,
} from "../../core/plan.ts";
import { shellWord } from "../../core/shell-word.ts";
import type { Graph, StepNode } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import {
  type DefinitionSource,
  readerOfSource,
  sourceOf,
} from "../definitions/definition-source.ts";
import { warningTexts } from "../definitions/warning-texts.ts";
import type { RecordedRun } from "../recorded/read-run.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { notRunnable } from "./not-runnable.ts";
import { prepareDefinition } from "./prepare-definition.ts";
import { type Prepared, type PrepareOptions, preparePlan } from "./prepare-plan.ts";
import { createEnvironmentResolver } from "./resolve-environment.ts";
import { selectSteps } from "./select-steps.ts";

export interface RerunOptions {
  readonly latest: boolean;
  readonly from: string | null;
  readonly until: string | null;
  readonly force: "all" | readonly string[];
  readonly onlyCached: boolean;
  readonly strict: boolean;
  readonly keepWork: boolean;
}

export interface Rerun {
  readonly plan: Plan;
  /** What was found when files were read again: warnings. */
  readonly problems: readonly Problem[];
  /** All that is to be recorded of what its definition is warned of: it is that of the recorded run. */
  readonly warnings: readonly string[];
  readonly readFrom: DefinitionSource | null;
}

export async function rerunPlan(
  workspace: Workspace,
  run: RecordedRun,
  options: RerunOptions,
): Promise<Rerun | Refusal> {
  const readFrom = await sourceOf(workspace, run.row);
  return options.latest
    ? readAgain(workspace, run, readFrom, options)
    : asRecorded(workspace, run, readFrom, options);
}

async function asRecorded(
  workspace: Workspace,
  run: RecordedRun,
  readFrom: DefinitionSource | null,
  options: RerunOptions,
): Promise<Rerun | Refusal> {
  const graph = unnamed(run.plan.graph);
  const runOptions = await optionsOf(workspace, run, graph, options);
  if (isRefusal(runOptions)) return runOptions;
  const { skip, taken } = runOptions;
  const later = notRunnable(graph, { skip, mayResolve: true });
  if (later.some(({ severity }) => severity === "error")) return refuseInvalid(later);
  const unread = new Set([...skip, ...Object.keys(taken)]);
  const left = await withLeftOut(workspace, run, unread);
  if (isRefusal(left)) return left;
  const gone = await missingData(workspace, left, unread);
  if (gone !== null) return gone;
  const plan = { ...left, graph, options: runOptions };
  return { plan, problems: [], warnings: run.row.origin.warnings ?? [], readFrom };
}

/** Where what it was read from was not kept, its graph names all that can be read again. */
async function readAgain(
  workspace: Workspace,
  run: RecordedRun,
  readFrom: DefinitionSource | null,
  options: RerunOptions,
): Promise<Rerun | Refusal> {
  const optionsFor = async (graph: Graph): Promise<PrepareOptions | Refusal> => {
    await tellKeptComponents(workspace, graph, readFrom?.pinned ?? null);
    const runOptions = await optionsOf(workspace, run, graph, options);
    return isRefusal(runOptions) ? runOptions : { ...runOptions, mayResolve: true, locked: false };
  };
  if (readFrom === null) {
    const graph = unnamed(run.plan.graph);
    const asked = await optionsFor(graph);
    if (isRefusal(asked)) return asked;
    return rerunOf(await preparePlan(workspace, graph, asked), run.row.origin.warnings, null);
  }
  const source = readerOfSource(readFrom);
  const definition = {
    ...readFrom.options,
    until: options.until,
    ...(source === undefined ? {} : { source }),
  };
  const prepared = await prepareDefinition(workspace, definition, optionsFor);
  if (isRefusal(prepared)) return prepared;
  return rerunOf(prepared, [], prepared.readFrom);
}

/** `before`: what is warned of the recorded graph. */
function rerunOf(
  { plan, problems, exitCode }: Prepared,
  before: readonly string[] = [],
  readFrom: DefinitionSource | null,
): Rerun | Refusal {
  if (plan === null) return { ...refuseInvalid(problems), exitCode };
  const warnings = [...new Set([...before, ...warningTexts(problems)])];
  return { plan: { ...plan, graph: unnamed(plan.graph) }, problems, warnings, readFrom };
}

/** The name was taken by the recorded run; the new one gets the next number. */
function unnamed(graph: Graph): Graph {
  return graph.name === null ? graph : { ...graph, name: null };
}

async function optionsOf(
  workspace: Workspace,
  run: RecordedRun,
  graph: Graph,
  options: RerunOptions,
): Promise<RunOptions | Refusal> {
  const selected = await selectSteps(workspace, graph, { ...options, fromRun: run.row.name });
  if (isRefusal(selected)) return selected;
  const { force, skip, taken, warnings } = selected;
  for (const warning of warnings) workspace.notice(`warning: ${warning}`);
  const { passEnv, sourceDateEpoch } = run.plan.options;
  return {
    force,
    skip,
    taken,
    onlyCached: options.onlyCached,
    passEnv,
    ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }),
    ...(options.strict ? { strict: true } : {}),
    ...(options.keepWork ? { keepWork: true } : {}),
  };
}

/** Steps that the recorded run left out, and this one runs, get their environments now; what else they lacked they still do. */
async function withLeftOut(
  workspace: Workspace,
  { row, plan }: RecordedRun,
  unread: ReadonlySet<string>,
): Promise<Plan | Refusal> {
  const { steps: nodes } = plan.graph;
  if (plan.options.skip.every((path) => unread.has(path))) return plan;
  const environments = createEnvironmentResolver(workspace, {
    mayResolve: true,
    locked: false,
    known: plan.environments,
  });
  const steps: PlannedStep[] = [];
  for (const [index, planned] of plan.steps.entries()) {
    const node = nodes[index] as StepNode;
    if (unread.has(node.path) || planned.environment !== NO_ENVIRONMENT) {
      steps.push(planned);
      continue;
    }
    const lack = lackOf(workspace, node, planned);
    if (lack !== null)
      return refuse(
        "left_out",
        `${row.name} left out step ${node.path}, and ${lack}`,
        "run the file of the pipeline again, or rerun --latest, which reads what is there now",
      );
    const environment = await environments.of(node);
    if (isRefusal(environment)) return environment;
    steps.push({ ...planned, environment });
  }
  for (const warning of environments.takeWarnings()) workspace.notice(`warning: ${warning}`);
  return { ...plan, environments: environments.identities, steps };
}

/** Nothing of it was read: it was not there, and no error of a run that could do without. */
function lackOf(
  workspace: Workspace,
  { inputs, code, compute }: StepNode,
  planned: PlannedStep,
): string | null {
  const unknown = Object.entries(inputs).find(
    ([name, { source }]) => source.kind === "data" && !Object.hasOwn(planned.data, name),
  );
  if (unknown !== undefined) return `the data of its input ${unknown[0]} was not there`;
  if (code !== null && planned.code === null) return "its code was not there";
  return workspace.capacity(compute) === null ? `there is no compute ${compute}` : null;
}

/**
 * The definition stays the recorded one: of which components there are newer versions than it has is told. `pinned`: those
 * that it names by version; null: nobody knows, which means all.
 */
async function tellKeptComponents(
  workspace: Workspace,
  graph: Graph,
  pinned: readonly string[] | null,
): Promise<void> {
  const used = [...graph.steps, ...graph.pipelines].flatMap(({ component }) => component ?? []);
  for (const reference of new Set(used)) {
    const cut = reference.lastIndexOf(":");
    const [name, version] = [reference.slice(0, cut), reference.slice(cut + 1)];
    if (!(pinned?.includes(reference) ?? true)) continue;
    const newest = await workspace.records.asset("component", name, null, null);
    if (newest === null || newest.version === version) continue;
    workspace.notice(
      `the component ${name} stays ${reference} as recorded; to use ${name}:${newest.version}, run the file`,
    );
  }
}

/** Recorded bytes that are gone or different are an error: never silently the new bytes. `unread`: steps that do not run. */
async function missingData(
  workspace: Workspace,
  plan: Plan,
  unread: ReadonlySet<string>,
): Promise<Refusal | null> {
  const checked = new Set<string>();
  for (const [index, step] of plan.steps.entries()) {
    if (unread.has(plan.graph.steps[index]?.path ?? "")) continue;
    for (const data of Object.values(step.data)) {
      if (checked.has(data.path)) continue;
      checked.add(data.path);
      if (await isAsRecorded(workspace, data)) continue;
      if ((await workspace.contents.kept(data.content.id)) !== null) continue;
      return refuse(
        "data_changed",
        `${data.path} is gone or no longer what the run read`,
        waysOut(data),
      );
    }
  }
  return null;
}

/** What lies elsewhere is looked at when a step needs it. */
async function isAsRecorded(
  { contents }: Workspace,
  { path, content, remote }: ResolvedData,
): Promise<boolean> {
  if (remote !== undefined && !fs.existsSync(path)) return true;
  const found = await contents.identify(path, "uri_folder");
  return found.ok && found.value.id === content.id;
}

/** What lies behind a registered version is never read as it is now. */
function waysOut({ asset, path }: ResolvedData): string {
  if (asset === null) return "rerun --latest uses what is there now; or restore the old bytes";
  const name = asset.slice(0, asset.lastIndexOf(":"));
  return `restore the old bytes of ${asset}; or register what is there now as a new version (stepwell data create --name ${name} --path ${shellWord(path)}), and run the file with it`;
}
