// A lineage as lines for a terminal: up to what it was made from, down to what became of it. A chain of any length stays
// readable, and what was shown before is only named again. Pure.

import {
  edgesBy,
  type LineageCut,
  type LineageEdge,
  type LineageGraph,
  type LineageNode,
  outputName,
} from "./lineage.ts";
import { oneLine } from "./one-line.ts";
import { describeRemoval } from "./removal.ts";

export interface TreeLine {
  readonly level: number;
  readonly text: string;
}

/** Deeper lines are not moved further in: the number of the level stands in front. */
const DEEPEST_INDENT = 20;

/** The whole tree in one direction from all roots. */
export function lineageTree(graph: LineageGraph, direction: "up" | "down"): readonly TreeLine[] {
  const next = edgesBy(direction === "up" ? "to" : "from", graph);
  const cuts = new Map<string, LineageCut[]>();
  for (const cut of graph.cuts)
    if (cut.direction === direction) cuts.set(cut.node, [...(cuts.get(cut.node) ?? []), cut]);
  const shown = new Set<string>(graph.roots);
  const lines: TreeLine[] = [];
  type Open = { readonly id: string; readonly edge: LineageEdge | null; readonly level: number };
  const open: Open[] = graph.roots.map((id) => ({ id, edge: null, level: 0 })).reverse();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const node = graph.nodes.get(at.id);
    if (node === undefined) continue;
    const isAgain = at.edge !== null && shown.has(at.id);
    const text = `${wayOf(at.edge, direction)}${describeNode(node)}`;
    const hasMore = isAgain && (next.get(at.id)?.some(isFollowed) ?? false);
    lines.push({ level: at.level, text: hasMore ? `${text} (shown above)` : text });
    if (isAgain) continue;
    shown.add(at.id);
    for (const cut of cuts.get(at.id) ?? [])
      lines.push({ level: at.level + 1, text: describeCut(cut) });
    for (const edge of (next.get(at.id) ?? []).filter(isFollowed).reverse())
      open.push({ id: direction === "up" ? edge.from : edge.to, edge, level: at.level + 1 });
  }
  return lines;
}

/** Code, environments and runs stand in other lines. */
function isFollowed(edge: LineageEdge): boolean {
  return edge.kind !== "part_of" && !/^(?:code|environment) /.test(edge.from);
}

export function indented({ level, text }: TreeLine): string {
  if (level <= DEEPEST_INDENT) return `${"  ".repeat(level)}${text}`;
  return `${"  ".repeat(DEEPEST_INDENT)}[${level}] ${text}`;
}

function wayOf(edge: LineageEdge | null, direction: "up" | "down"): string {
  if (edge === null) return "";
  const name = edge.name === null ? "" : oneLine(edge.name);
  switch (edge.kind) {
    case "made":
      return direction === "up" ? "made by " : "made ";
    case "used":
      return direction === "up" ? `read ${name}: ` : `read as ${name} by `;
    case "registered_as":
      return direction === "up" ? "registered from " : "registered as ";
    case "same_bytes":
      return "the same bytes as ";
    case "part_of":
      return "part of ";
    default:
      return edge.kind satisfies never;
  }
}

const SHORT = "sha256:".length + 12;

export function describeNode(node: LineageNode): string {
  switch (node.kind) {
    case "step_run": {
      const step = node.step === "." ? "the step" : oneLine(node.step);
      return `${step} of ${oneLine(node.run)}, ${node.finished.slice(0, 16).replace("T", " ")}`;
    }
    case "output": {
      const gone = node.removed === null ? "" : `, ${oneLine(describeRemoval(node.removed))}`;
      const name = oneLine(outputName(node.run, node.step, node.output));
      return `${name}  ${node.contentId.slice(0, SHORT)}${gone}`;
    }
    case "data":
    case "model": {
      const gone = node.removed === null ? "" : `, ${oneLine(describeRemoval(node.removed))}`;
      return `${node.kind} ${node.name}:${node.version}  ${node.contentId.slice(0, SHORT)}${gone}`;
    }
    case "content":
      return `${node.written === null ? "" : `${oneLine(node.written)}  `}${node.contentId.slice(0, SHORT)}`;
    case "code":
    case "environment":
      return `${node.kind} ${node.contentId.slice(0, SHORT)}`;
    case "run":
      return `run ${oneLine(node.name)}`;
    default:
      return node satisfies never;
  }
}

/** `and 99,900 more`. */
export function describeCut({ reason, more }: LineageCut): string {
  const count = more.toLocaleString("en-US");
  switch (reason) {
    case "fan":
      return `and ${count} more`;
    case "depth":
      return `and ${count} more further away (a larger --depth shows them)`;
    case "limit":
      return `and ${count} more (a larger --limit shows them)`;
    default:
      return reason satisfies never;
  }
}
