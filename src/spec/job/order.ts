// Puts steps in an order in which each stands after everything it reads or waits for, and names the cycles when there is
// none. Knows nothing of when or whether a step runs.

import type { PipelineNode, StepNode } from "../graph.ts";

export type Ordered =
  | { readonly steps: readonly StepNode[] }
  /** Of each cycle the paths round it, the first repeated at the end; none of two cycles shares a step. */
  | { readonly cycles: readonly (readonly string[])[] };

/** A look is as long as the pipeline at worst: after so many the rest is told when these are mended. */
const CYCLES = 50;

/** Steps keep the order of the files as far as their dependencies let them. Linear in steps and edges. */
export function orderSteps(
  steps: readonly StepNode[],
  pipelines: readonly PipelineNode[],
): Ordered {
  const byPath = new Map(steps.map((step) => [step.path, step]));
  const before = dependencies(steps, pipelines);
  const ordered: StepNode[] = [];
  const state = new Map<string, "open" | "done">();
  const cycles: (readonly string[])[] = [];
  const told = new Set<string>();
  let looks = 0;
  for (const start of [...byPath.keys()]) {
    if (state.has(start)) continue;
    const stack = [{ path: start, next: 0 }];
    state.set(start, "open");
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const follower = before.get(top.path)?.[top.next];
      top.next += 1;
      if (follower === undefined) {
        stack.pop();
        state.set(top.path, "done");
        const step = byPath.get(top.path);
        if (step !== undefined) ordered.push(step);
        continue;
      }
      const seen = state.get(follower);
      if (seen === "open" && looks < CYCLES && !told.has(follower)) {
        looks += 1;
        const cycle = cycleOf(stack, follower);
        if (!cycle.some((path) => told.has(path))) cycles.push(cycle);
        for (const path of cycle) told.add(path);
      }
      if (seen !== undefined) continue;
      state.set(follower, "open");
      stack.push({ path: follower, next: 0 });
    }
  }
  return cycles.length === 0 ? { steps: ordered } : { cycles };
}

/** For each path what must come before it; a pipeline stands for the end of everything inside. */
function dependencies(
  steps: readonly StepNode[],
  pipelines: readonly PipelineNode[],
): ReadonlyMap<string, readonly string[]> {
  const before = new Map<string, string[]>();
  for (const { path } of pipelines) before.set(path, []);
  for (const step of steps) {
    const paths = [...step.dependsOn];
    for (const input of Object.values(step.inputs)) {
      if (input.source.kind === "step") paths.push(input.source.step);
    }
    before.set(step.path, paths);
  }
  for (const { path, parent } of [...pipelines, ...steps]) {
    if (parent !== null) before.get(parent)?.push(path);
  }
  return before;
}

// The stack runs from a step to what it waits for; people read it in the order of the data.
function cycleOf(stack: readonly { readonly path: string }[], closing: string): readonly string[] {
  const start = stack.findIndex((one) => one.path === closing);
  const round = stack.slice(start).map((one) => one.path);
  return [closing, ...round.reverse()];
}
