// From a file to a plan: reads the definition, asks what is wanted of it, and prepares it. Everything that is wrong is
// told at once, with its place.

import type { Graph } from "../spec/graph.ts";
import type { Problem } from "../spec/problem.ts";
import {
  type DefinitionOptions,
  type LoadedDefinition,
  loadDefinition,
  type ModuleSource,
} from "./load-definition.ts";
import { type Prepared, type PrepareOptions, preparePlan } from "./prepare-plan.ts";
import type { Workspace } from "./workspace.ts";

/** What a plan is made of: a file, or a pipeline in memory that says it is defined there. */
export interface DefinitionToPrepare extends DefinitionOptions {
  readonly source?: ModuleSource;
}

/** `optionsFor` is given the graph because names of steps are checked against it. */
export async function prepareDefinition(
  workspace: Workspace,
  { source, ...definition }: DefinitionToPrepare,
  optionsFor: (graph: Graph) => Promise<PrepareOptions>,
): Promise<Prepared> {
  const settings = source === undefined ? {} : { source };
  const loaded = await loadDefinition(workspace, definition, settings);
  const prepared = await prepare(workspace, loaded, optionsFor);
  // A graph that was read back does not know where the mistake stands that was made around it since.
  if (prepared.plan !== null || !loaded.isCached) return prepared;
  const anew = await loadDefinition(workspace, definition, { ...settings, fresh: true });
  return prepare(workspace, anew, optionsFor);
}

async function prepare(
  workspace: Workspace,
  { graph, problems, atSource }: LoadedDefinition,
  optionsFor: (graph: Graph) => Promise<PrepareOptions>,
): Promise<Prepared> {
  if (graph === null) return { plan: null, problems, exitCode: 2, unresolved: new Set() };
  const prepared = await preparePlan(workspace, graph, await optionsFor(graph));
  const isInvalid = problems.some(isError);
  return {
    ...prepared,
    plan: isInvalid ? null : prepared.plan,
    problems: [...problems, ...(await atSource(prepared.problems))],
    exitCode: isInvalid ? 2 : prepared.exitCode,
  };
}

function isError(problem: Problem): boolean {
  return problem.severity === "error";
}
