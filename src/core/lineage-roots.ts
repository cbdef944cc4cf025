// The data that nothing in a graph was made before: where everything below it comes from. Pure.

import { type AssetNode, type ContentNode, edgesBy, type LineageGraph } from "./lineage.ts";

export type OriginNode = AssetNode | ContentNode;

/** Registered versions come before plain paths; equal data once, under the name that says most. */
export function originsOf(graph: LineageGraph): readonly OriginNode[] {
  const before = edgesBy("to", graph);
  const used = edgesBy("from", graph);
  const cut = new Set(graph.cuts.filter((one) => one.direction === "up").map((one) => one.node));
  const found = new Map<string, OriginNode>();
  for (const node of graph.nodes.values()) {
    if (node.kind !== "data" && node.kind !== "model" && node.kind !== "content") continue;
    if (before.has(node.id) || cut.has(node.id)) continue;
    const isRead = used.get(node.id)?.some((edge) => edge.kind === "used") ?? false;
    if (!isRead && !graph.roots.includes(node.id)) continue;
    found.set(node.id, node);
  }
  const rank = (node: OriginNode): number => (node.kind === "content" ? 1 : 0);
  return [...found.values()].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}
