// A lineage in the language of Graphviz: data as boxes, step runs as ellipses, code and environments dashed. Pure.

import type { LineageGraph, LineageNode } from "./lineage.ts";
import { describeCut, describeNode } from "./lineage-tree.ts";

export function lineageDot(graph: LineageGraph): string {
  const lines = [...graph.nodes.values()].map(
    (node) => `  ${quoted(node.id)} [label=${quoted(describeNode(node))}, ${styleOf(node)}];`,
  );
  const edges = graph.edges.map(({ from, to, kind, name }) => {
    const label = kind === "used" || kind === "made" ? (name ?? "") : kind.replaceAll("_", " ");
    return `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}];`;
  });
  const cuts = graph.cuts.map((cut, index) => {
    const name = quoted(`more ${index}`);
    const [from, to] = cut.direction === "up" ? [name, quoted(cut.node)] : [quoted(cut.node), name];
    return `  ${name} [label=${quoted(describeCut(cut))}, shape=plaintext];\n  ${from} -> ${to};`;
  });
  return ["digraph lineage {", "  rankdir=LR;", ...lines, ...edges, ...cuts, "}"].join("\n");
}

function styleOf({ kind }: LineageNode): string {
  if (kind === "step_run") return "shape=ellipse";
  if (kind === "code" || kind === "environment") return "shape=note, style=dashed";
  return kind === "run" ? "shape=folder, style=dashed" : "shape=box";
}

/** In quotes a backslash begins an escape of its own. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll(/\s+/g, " ")}"`;
}
