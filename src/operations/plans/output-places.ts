// Finds copies of outputs that cannot be made, or that replace each other, before anything runs: a datastore that is not
// there, and two files with one place. Knows nothing of copying.

import { posix } from "node:path";
import type { Graph, PipelineOutput, StepNode, StepOutput } from "../../spec/graph.ts";
import type { Position, Problem } from "../../spec/problem.ts";
import { lookUpDatastores, OWN_DATASTORE } from "../data/datastores.ts";
import type { FieldPlaces } from "../definitions/field-places.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

/** `isLeftOut`: a step that does not run, whose copies stop nobody. */
export async function outputPlaces(
  workspace: Workspace,
  graph: Graph,
  places: FieldPlaces,
  isLeftOut: (step: StepNode) => boolean,
): Promise<readonly Problem[]> {
  const copies = copiesOf(graph);
  const made = copies.filter(({ step }) => !isLeftOut(step));
  const lookup = lookUpDatastores(workspace);
  const problems: Problem[] = [];
  for (const copy of copies) {
    const name = datastoreOf(copy);
    const found = name === null ? null : await lookup.find(name);
    if (!isRefusal(found)) continue;
    const { code, hint } = found;
    const message = `${titleOf(copy)}: ${found.message}`;
    const position = placeOf(copy, graph, places);
    const severity = isLeftOut(copy.step) ? "warning" : "error";
    problems.push({ severity, code, message, hint, position });
  }
  return [...problems, ...collisions(made, graph, places)];
}

interface Copy {
  readonly step: StepNode;
  readonly name: string;
  readonly output: StepOutput;
}

function copiesOf({ steps }: Graph): readonly Copy[] {
  const copies: Copy[] = [];
  for (const step of steps)
    for (const [name, output] of Object.entries(step.outputs))
      if (output.publishTo !== null) copies.push({ step, name, output });
  return copies;
}

/** Null for another kind of place, and where only the run tells which datastore it is. */
function datastoreOf({ output: { publishTo } }: Copy): string | null {
  if (publishTo?.kind !== "datastore" || publishTo.datastore.includes("${{")) return null;
  return publishTo.datastore === OWN_DATASTORE ? null : publishTo.datastore;
}

/** A file replaces the other; folders are laid into each other. */
function collisions(
  copies: readonly Copy[],
  graph: Graph,
  places: FieldPlaces,
): readonly Problem[] {
  const first = new Map<string, Copy>();
  const problems: Problem[] = [];
  for (const copy of copies) {
    const key = fileOf(copy.output);
    const other = key === null ? undefined : first.get(key);
    if (key !== null && other === undefined) first.set(key, copy);
    if (other === undefined) continue;
    problems.push({
      severity: "warning",
      code: "same_place",
      message: `${titleOf(copy)}: its copy goes to the same place as that of ${nameOf(other)}, and the later one stays`,
      hint: "Give each a path of its own: `${{output_name}}` is the name of the output, `${{name}}` that of the run.",
      position: placeOf(copy, graph, places),
    });
  }
  return problems;
}

function fileOf({ type, publishTo }: StepOutput): string | null {
  if (type !== "uri_file" || publishTo === null) return null;
  if (publishTo.kind === "local") return publishTo.path.endsWith("/") ? null : publishTo.path;
  if (publishTo.kind !== "datastore" || /(?:^|\/)$/.test(publishTo.path)) return null;
  return `${publishTo.datastore}:${posix.normalize(publishTo.path)}`;
}

function nameOf({ step, name }: Copy): string {
  return step.path === "." ? name : `${step.path}.${name}`;
}

function titleOf({ step, name }: Copy): string {
  return step.path === "." ? `output ${name}` : `step ${step.path}: output ${name}`;
}

/** The path itself: at the step, else at the output of the pipeline that it is bound to, else the step. */
function placeOf({ step, name }: Copy, graph: Graph, places: FieldPlaces): Position | null {
  const own = places.field(step, ["outputs", name, "path"]);
  if (own !== null) return own;
  const isBound = ([, from]: [string, PipelineOutput]): boolean =>
    from.step === step.path && from.output === name;
  const outer = Object.entries(graph.outputs).find(isBound)?.[0];
  const given = outer === undefined ? null : places.ofJob(graph, ["outputs", outer, "path"], null);
  return given ?? step.position;
}
