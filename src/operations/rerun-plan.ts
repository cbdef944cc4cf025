// The plan of a rerun: the recorded one, its data checked to be still what was recorded; or with `latest` the same
// graph with files and labels read again.

import { NO_ENVIRONMENT, type Plan, type PlannedStep, type ResolvedData } from "../core/plan.ts";
import { shellWord } from "../core/shell-word.ts";
import type { Graph, StepNode } from "../spec/graph.ts";
import type { Problem } from "../spec/problem.ts";
import { notRunnable } from "./not-runnable.ts";
import { preparePlan } from "./prepare-plan.ts";
import type { RecordedRun } from "./read-run.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "./refusal.ts";
import { createEnvironmentResolver } from "./resolve-environment.ts";
import { selectSteps } from "./select-steps.ts";
import { warningTexts } from "./warning-texts.ts";
import type { Workspace } from "./workspace.ts";

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
}

export async function rerunPlan(
  workspace: Workspace,
  run: RecordedRun,
  options: RerunOptions,
): Promise<Rerun | Refusal> {
  const warned = run.row.origin.warnings ?? [];
  // The name was taken by the recorded run; the new one gets the next number.
  const graph = { ...run.plan.graph, name: null };
  const selected = await selectSteps(workspace, graph, { ...options, fromRun: run.row.name });
  if (isRefusal(selected)) return selected;
  const { force, skip, taken } = selected;
  for (const warning of selected.warnings) workspace.notice(`warning: ${warning}`);
  const recorded = run.plan.options.sourceDateEpoch;
  const runOptions = {
    force,
    skip,
    taken,
    onlyCached: options.onlyCached,
    passEnv: run.plan.options.passEnv,
    ...(recorded === undefined ? {} : { sourceDateEpoch: recorded }),
    ...(options.strict ? { strict: true } : {}),
    ...(options.keepWork ? { keepWork: true } : {}),
  };
  if (options.latest) {
    await tellKeptComponents(workspace, graph);
    const { plan, problems, exitCode } = await preparePlan(workspace, graph, {
      ...runOptions,
      mayResolve: true,
      locked: false,
    });
    if (plan === null) return { ...refuseInvalid(problems), exitCode };
    const warnings = [...new Set([...warned, ...warningTexts(problems)])];
    return { plan, problems, warnings };
  }
  const later = notRunnable(graph, { skip, mayResolve: true });
  if (later.some(({ severity }) => severity === "error")) return refuseInvalid(later);
  const unread = new Set([...skip, ...Object.keys(taken)]);
  const plan = await withLeftOut(workspace, run, unread);
  if (isRefusal(plan)) return plan;
  const gone = await missingData(workspace, plan, unread);
  if (gone !== null) return gone;
  return { plan: { ...plan, graph, options: runOptions }, problems: [], warnings: warned };
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

/** The definition stays the recorded one: which components have newer versions is told. */
async function tellKeptComponents(workspace: Workspace, graph: Graph): Promise<void> {
  const used = [...graph.steps, ...graph.pipelines].flatMap(({ component }) => component ?? []);
  for (const reference of new Set(used)) {
    const cut = reference.lastIndexOf(":");
    const [name, version] = [reference.slice(0, cut), reference.slice(cut + 1)];
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
      if (await workspace.contents.verify({ ...data.content, path: data.path })) continue;
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

/** What lies behind a registered version is never read as it is now. */
function waysOut({ asset, path }: ResolvedData): string {
  if (asset === null) return "rerun --latest uses what is there now; or restore the old bytes";
  const name = asset.slice(0, asset.lastIndexOf(":"));
  return `restore the old bytes of ${asset}; or register what is there now as a new version (stepwell data create --name ${name} --path ${shellWord(path)}), and run the file with it`;
}
