// What a run that ends at `--until` does without: a component, path or compute that is not there, and that only steps need
// which it leaves out, is no error of its definition. Knows nothing of what else these steps lack.

import { compactGraph } from "../../core/packed-graph.ts";
import type { Graph, StepNode } from "../../spec/graph.ts";
import type { SpecLimits } from "../../spec/limits.ts";
import type { Problem } from "../../spec/problem.ts";
import { checkCommands } from "../definitions/check-commands.ts";
import { createFieldPlaces } from "../definitions/field-places.ts";
import type { LoadedDefinition } from "../definitions/load-definition.ts";
import { stepsLeftOut } from "./select-steps.ts";

/** The same definition; with a graph where nothing else is wrong with it than what is lacked by steps left out. */
export async function withoutLeftOut(
  loaded: LoadedDefinition,
  until: string | null,
  limits: Partial<SpecLimits>,
): Promise<LoadedDefinition> {
  const { draft, problems, atSource } = loaded;
  const errors = problems.filter(({ severity }) => severity === "error");
  if (draft === null || until === null || errors.some(({ lacks }) => lacks === undefined))
    return loaded;
  const spared = onlyLeftOut(draft, until);
  if (!errors.every(({ lacks = "" }) => spared.has(lacks))) return loaded;
  const graph = compactGraph(draft);
  const ofCommands = checkCommands(graph, createFieldPlaces(limits));
  return {
    ...loaded,
    graph,
    problems: [...problems.map(asWarning), ...(await atSource(ofCommands))],
  };
}

function onlyLeftOut(draft: Graph, until: string): ReadonlySet<string> {
  const leftOut = new Set(stepsLeftOut(draft, until));
  const things = (isLeftOut: boolean): readonly string[] =>
    draft.steps.filter(({ path }) => leftOut.has(path) === isLeftOut).flatMap(thingsOf);
  const needed = new Set(things(false));
  return new Set(things(true).filter((thing) => !needed.has(thing)));
}

/** As the problems about them call them. */
function thingsOf({ component, code, compute, inputs }: StepNode): readonly string[] {
  const data = Object.values(inputs).flatMap(({ source }) =>
    source.kind === "data" && source.reference.kind === "local" ? [source.reference.path] : [],
  );
  return [component ?? [], code?.path ?? [], code?.includes ?? [], compute, data].flat();
}

function asWarning(problem: Problem): Problem {
  return { ...problem, severity: "warning" };
}
