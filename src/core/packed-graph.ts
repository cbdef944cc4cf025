// A graph as one short text: what its steps have in common stands once. Also the graph's name, and the part of each
// step's fingerprint that the definition alone decides. Pure; both ways are the same for any valid graph.

import type { Graph, StepNode } from "../spec/graph.ts";
import { digest } from "./digest.ts";
import { nodeId } from "./fingerprint.ts";

export interface PackedGraph {
  /** Digest of `text`. */
  readonly id: string;
  readonly text: string;
  /** Of each step, what {@link nodeId} gives. */
  readonly nodeIds: readonly string[];
}

/** Every field of a step but its position, which is three numbers of its own. */
const FIELDS = [
  "path",
  "parent",
  "type",
  "displayName",
  "component",
  "command",
  "code",
  "environment",
  "environmentVariables",
  "inputs",
  "outputs",
  "compute",
  "resources",
  "distribution",
  "timeoutSeconds",
  "retry",
  "reuse",
  "deterministic",
  "dependsOn",
  "textSubstitution",
  "typeSettings",
  "tags",
  "properties",
] as const satisfies readonly (keyof StepNode)[];

/** A field that is missing above is a compile error here. */
type Forgotten = Exclude<keyof StepNode, (typeof FIELDS)[number] | "position">;
const WIDTH = (FIELDS.length + 3) as Forgotten extends never ? number : never;

interface Packed {
  readonly graph: Omit<Graph, "steps">;
  /** Values of fields, each once. */
  readonly shared: readonly unknown[];
  /** For each step, indices into `shared` for its fields, then of its file, line and column; -1 for no position. */
  readonly cells: readonly number[];
  readonly nodeIds: readonly string[];
}

/** Of graphs that were packed or unpacked in this process: a graph never changes. */
const known = new WeakMap<Graph, PackedGraph>();

export function packGraph(graph: Graph): PackedGraph {
  const packed = known.get(graph) ?? pack(graph);
  known.set(graph, packed);
  return packed;
}

function pack(graph: Graph): PackedGraph {
  const shared: unknown[] = [];
  const indexOf = new Map<unknown, number>();
  const intern = (value: unknown): number => {
    const key = typeof value === "object" && value !== null ? `{${JSON.stringify(value)}` : value;
    const index = indexOf.get(key);
    if (index !== undefined) return index;
    indexOf.set(key, shared.length);
    return shared.push(value ?? null) - 1;
  };
  const cells: number[] = [];
  for (const step of graph.steps) {
    for (const field of FIELDS) cells.push(intern(step[field] ?? null));
    const { position } = step;
    if (position === null) cells.push(-1, 0, 0);
    else cells.push(intern(position.file), position.line, position.column);
  }
  const { steps, ...rest } = graph;
  const nodeIds = steps.map(nodeId);
  const text = JSON.stringify({ graph: rest, shared, cells, nodeIds } satisfies Packed);
  return { id: digest(text), text, nodeIds };
}

/** Throws when the text is not one that {@link packGraph} made. */
export function unpackGraph(text: string): Graph {
  const { graph: rest, shared, cells, nodeIds } = JSON.parse(text) as Packed;
  const steps: StepNode[] = [];
  for (let at = 0; at < cells.length; at += WIDTH) steps.push(unpackStep(shared, cells, at));
  const graph: Graph = { ...rest, steps };
  known.set(graph, { id: digest(text), text, nodeIds });
  return graph;
}

function unpackStep(shared: readonly unknown[], cells: readonly number[], at: number): StepNode {
  const step: Record<string, unknown> = {};
  for (let field = 0; field < FIELDS.length; field += 1)
    step[FIELDS[field] as string] = shared[cells[at + field] as number];
  const place = at + FIELDS.length;
  const file = cells[place] as number;
  step.position =
    file < 0 ? null : { file: shared[file], line: cells[place + 1], column: cells[place + 2] };
  return step as unknown as StepNode;
}
