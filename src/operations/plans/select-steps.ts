// Turns `--force`, `--from` and `--until` into step paths, checked against the graph and the record. Everything that
// cannot be taken is an error before anything starts.

import { describeInvalidation } from "../../core/invalidation.ts";
import { describeRemoval } from "../../core/removal.ts";
import { wireGraph } from "../../core/run-state.ts";
import { isWhole } from "../../engine/usable-result.ts";
import type { Graph } from "../../spec/graph.ts";
import { put } from "../../spec/own-keys.ts";
import { readRun } from "../recorded/read-run.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

export interface Selection {
  readonly force: "all" | readonly string[];
  readonly from: string | null;
  readonly until: string | null;
  /** The run that `--from` takes results of; null: the latest one of the same pipeline. */
  readonly fromRun: string | null;
}

export interface SelectedSteps {
  readonly force: "all" | readonly string[];
  readonly skip: readonly string[];
  readonly taken: Readonly<Record<string, readonly [string, string]>>;
  readonly warnings: readonly string[];
}

export async function selectSteps(
  workspace: Workspace,
  graph: Graph,
  selection: Selection,
): Promise<SelectedSteps | Refusal> {
  const named = [
    ...(selection.force === "all" ? [] : selection.force),
    ...(selection.from === null ? [] : [selection.from]),
    ...(selection.until === null ? [] : [selection.until]),
  ];
  for (const name of named) {
    if (inside(graph, name).length === 0) return unknownStep(graph, name);
  }
  const force =
    selection.force === "all" ? "all" : selection.force.flatMap((name) => inside(graph, name));
  const skip = selection.until === null ? [] : stepsLeftOut(graph, selection.until);
  const taken =
    selection.from === null
      ? {}
      : await takeFrom(workspace, graph, inside(graph, selection.from), selection.fromRun, skip);
  if (isRefusal(taken)) return taken as Refusal;
  return {
    force,
    skip,
    taken: taken as Readonly<Record<string, readonly [string, string]>>,
    warnings: forcedInVain(graph, selection, { skip, taken: Object.keys(taken) }),
  };
}

/** What is to be run again, and is taken as recorded or left out all the same. */
function forcedInVain(
  graph: Graph,
  { force, from, until }: Selection,
  { skip, taken }: { readonly skip: readonly string[]; readonly taken: readonly string[] },
): readonly string[] {
  if (force === "all") return [];
  const isAll = (name: string, paths: readonly string[]): boolean =>
    inside(graph, name).every((path) => paths.includes(path));
  return force.flatMap((name) => {
    if (isAll(name, skip))
      return [`--force=${name}: --until ${until} leaves it out: it does not run`];
    if (!isAll(name, [...skip, ...taken])) return [];
    return [`--force=${name}: --from ${from} takes it as recorded: it does not run again`];
  });
}

/** The step of this path, or every step of the nested pipeline of this path. */
function inside(graph: Graph, name: string): readonly string[] {
  const paths = graph.steps.map((step) => step.path);
  if (paths.includes(name)) return [name];
  return paths.filter((path) => path.startsWith(`${name}.`));
}

function unknownStep(graph: Graph, name: string): Refusal {
  const names = graph.steps.map((step) => step.path);
  return refuse(
    "unknown_step",
    `there is no step ${name}`,
    `there are ${names.slice(0, 20).join(", ")}`,
  );
}

/** Steps that `--until` does not need. */
export function stepsLeftOut(graph: Graph, until: string): string[] {
  const { dependencies } = wireGraph(graph);
  const needed = reach(graph, inside(graph, until), dependencies);
  return graph.steps.map((step) => step.path).filter((path) => !needed.has(path));
}

function reach(
  graph: Graph,
  starts: readonly string[],
  edges: readonly (readonly number[])[],
): Set<string> {
  const indexOf = new Map(graph.steps.map((step, index) => [step.path, index]));
  const open = starts.map((path) => indexOf.get(path) as number);
  const seen = new Set(open);
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const next of edges[at] ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  return new Set([...seen].map((index) => (graph.steps[index] as Graph["steps"][number]).path));
}

/** Everything that is not `starts` or below them comes from a recorded run. */
async function takeFrom(
  workspace: Workspace,
  graph: Graph,
  starts: readonly string[],
  fromRun: string | null,
  skip: readonly string[],
): Promise<Readonly<Record<string, readonly [string, string]>> | Refusal> {
  const below = reach(graph, starts, wireGraph(graph).dependents);
  const skipped = new Set(skip);
  const wanted = graph.steps
    .map((step) => step.path)
    .filter((path) => !below.has(path) && !skipped.has(path));
  const [latest] = await workspace.records.runs({ pipeline: graph.pipeline, limit: 1 });
  const name = fromRun ?? latest?.name ?? null;
  if (name === null)
    return refuse(
      "nothing_to_take",
      `--from: ${graph.pipeline} has no earlier run`,
      "run it once without --from",
    );
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  const indexOf = new Map(run.plan.graph.steps.map((step, index) => [step.path, index]));
  const taken: Record<string, readonly [string, string]> = {};
  for (const path of wanted) {
    const row = run.results.get(indexOf.get(path) ?? -1);
    if (row === undefined)
      return refuse(
        "nothing_to_take",
        `--from: step ${path} has no result in run ${name}`,
        "leave --from out, name a step above it, or take from another run: stepwell rerun RUN --from STEP",
      );
    const [mark = null] = await workspace.records.invalidations([row]);
    if (mark !== null)
      return refuse(
        "invalidated_result",
        `--from: the result of step ${path} in run ${name} was ${describeInvalidation(mark)}`,
        "leave --from out: the step will run again",
      );
    const [removal = null] = await workspace.records.removals([row]);
    if (removal !== null)
      return refuse(
        "removed_output",
        `--from: the outputs of step ${path} in run ${name} were ${describeRemoval(removal)}`,
        "leave --from out: the step will run again",
      );
    if (!(await isWhole(workspace, row)))
      return refuse(
        "damaged_output",
        `--from: outputs of step ${path} in run ${name} were deleted or changed`,
        "leave --from out: the step will run again",
      );
    put(taken, path, [row.run, row.path]);
  }
  return taken;
}
