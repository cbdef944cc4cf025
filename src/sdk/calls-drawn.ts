// The steps of a pipeline as nodes of a drawing: what comes after what, by data or by order.

import type { GraphNode } from "../display/graph-svg.ts";
import type { Content } from "./pipeline-content.ts";

const BINDING = /^\$\{\{parent\.jobs\.([^.]+)\.outputs\./;

/** `about`: state and note of each step; plain unless given. */
export function drawnCalls(
  { scope }: Pick<Content, "scope">,
  about: (name: string) => Pick<GraphNode, "state" | "note"> = () => ({ state: null, note: null }),
): readonly GraphNode[] {
  return [...scope.calls.values()].map((call) => {
    const data = Object.values(call.inputs).flatMap((value) => {
      const from = typeof value === "string" ? BINDING.exec(value)?.[1] : undefined;
      return from === undefined ? [] : [from];
    });
    return { name: call.name, after: [...new Set([...data, ...call.after])], ...about(call.name) };
  });
}
