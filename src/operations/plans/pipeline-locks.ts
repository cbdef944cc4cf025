// The locks of the environments that a pipeline's steps ask for, each once, under every name that a person may give it.
// Reads them; resolves nothing.

import path from "node:path";
import type { ShownLock } from "../../ports/environments.ts";
import type { EnvironmentReference, Graph } from "../../spec/graph.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

export interface PipelineLock extends ShownLock {
  readonly reference: EnvironmentReference | null;
}

/** `name` null: all of them. Refused where there is none, with the names that there are. */
export async function pipelineLocks(
  workspace: Workspace,
  graph: Graph,
  name: string | null,
): Promise<readonly PipelineLock[] | Refusal> {
  const found = new Map<string, PipelineLock>();
  const labels = new Set<string>();
  for (const reference of referencesOf(graph)) {
    const shown = await workspace.environmentLocks().show(reference);
    if (!shown.ok) return refuse(shown.failure.code, shown.failure.message, shown.failure.hint, 4);
    if (shown.value === null) continue;
    const { label, file } = shown.value;
    labels.add(label);
    if (name === null || [label, ...namesOf(reference)].includes(name))
      found.set(file, found.get(file) ?? { ...shown.value, reference });
  }
  if (found.size > 0) return [...found.values()];
  const list = labels.size === 0 ? NO_LOCKS : `it has ${[...labels].join(", ")}`;
  const what = name === null ? "no environment with a lock" : `no environment ${name} with a lock`;
  return refuse("unknown_environment", `${graph.pipeline} has ${what}`, list);
}

const NO_LOCKS =
  "only environments of packages have one; a project's own lock is renewed by: uv lock --upgrade";

function referencesOf(graph: Graph): readonly (EnvironmentReference | null)[] {
  const found = new Map(graph.steps.map((step) => [JSON.stringify(step.environment), step]));
  return [...found.values()].map((step) => step.environment);
}

/** Its own name, and those of the files that define it. */
function namesOf(reference: EnvironmentReference | null): readonly string[] {
  if (reference === null) return [];
  const own = reference.name === null ? [] : [reference.name];
  if (reference.kind === "asset") return own;
  const files = [reference.requirements?.path, reference.conda?.path];
  return [...own, ...files.flatMap((file) => (file ? [file, path.basename(file)] : []))];
}
