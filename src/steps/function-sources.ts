// Which of the user's own files the program of a function step is made of, under the names that its stacks have. Knows
// nothing of logs.

import path from "node:path";
import { readText } from "../ports/read-file.ts";
import type { StepNode } from "../spec/graph.ts";
import { functionVariables } from "./function-variables.ts";

/** The user's file behind a name of a stack, or null; packages are nobody's own. */
export type FunctionSources = (written: string) => string | null;

export function functionSources(node: Pick<StepNode, "code">): FunctionSources {
  const { STEPWELL_PROJECT_FOLDER: project, STEPWELL_FUNCTION_MAP: map } = functionVariables(node);
  if (project === undefined || map === undefined) return () => null;
  const names = new Set(sourcesOf(map).filter((name) => !/(?:^|\/)node_modules\//.test(name)));
  return (written) => (names.has(written) ? path.resolve(project, written) : null);
}

function sourcesOf(map: string): readonly string[] {
  try {
    return (JSON.parse(readText(map)) as { sources: string[] }).sources;
  } catch {
    // Cleared away meanwhile.
    return [];
  }
}
