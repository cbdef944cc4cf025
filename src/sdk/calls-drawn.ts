// The steps of a pipeline as nodes of a drawing: what comes after what, by data or by order.

import type { GraphNode } from "../display/graph-svg.ts";
import { awaited } from "./awaited.ts";
import type { Content } from "./pipeline-content.ts";

/** `about`: state and note of each step; plain unless given. */
export function drawnCalls(
  { scope }: Pick<Content, "scope">,
  about: (name: string) => Pick<GraphNode, "state" | "note"> = () => ({ state: null, note: null }),
): readonly GraphNode[] {
  return [...scope.calls.values()].map((call) => ({
    name: call.name,
    after: [...awaited(call)],
    ...about(call.name),
  }));
}
