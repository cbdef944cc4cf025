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

/**
 * Every field of a step (new ones last: recorded graphs have fewer) but its position, which is three numbers of its own; a
 * missing one does not compile.
 */
const FIELDS = Object.keys({
  path: true,
  parent: true,
  type: true,
  displayName: true,
  component: true,
  command: true,
  code: true,
  environment: true,
  environmentVariables: true,
  inputs: true,
  outputs: true,
  compute: true,
  resources: true,
  distribution: true,
  timeoutSeconds: true,
  retry: true,
  reuse: true,
  deterministic: true,
  dependsOn: true,
  textSubstitution: true,
  typeSettings: true,
  tags: true,
  properties: true,
  checkpoint: true,
  trace: true,
} satisfies Record<Exclude<keyof StepNode, "position">, true>) as (keyof StepNode)[];

/** Of each step an index into `shared`, or one index when it is the same for all. */
type Column = number | readonly number[];

interface Packed {
  readonly graph: Omit<Graph, "steps">;
  /** Values of fields, each once. */
  readonly shared: readonly unknown[];
  /** For each of {@link FIELDS}. */
  readonly columns: readonly Column[];
  /** Of each step the index of its file, its line and its column; -1 for a step without a position. */
  readonly places: readonly number[];
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
    return shared.push(value) - 1;
  };
  const { steps, ...rest } = graph;
  const columns = FIELDS.map((field) => column(steps.map((step) => intern(step[field]))));
  const places = steps.flatMap(({ position }) =>
    position === null ? [-1, 0, 0] : [intern(position.file), position.line, position.column],
  );
  const nodeIds = steps.map(nodeId);
  const text = JSON.stringify({ graph: rest, shared, columns, places, nodeIds } satisfies Packed);
  return { id: digest(text), text, nodeIds };
}

function column(indices: readonly number[]): Column {
  const [first] = indices;
  return first !== undefined && indices.every((index) => index === first) ? first : indices;
}

/** Throws when the text is not one that {@link packGraph} made. */
export function unpackGraph(text: string): Graph {
  const { graph: rest, shared, columns, places, nodeIds } = JSON.parse(text) as Packed;
  // Every field is there from the start: objects that grow one by one are slow to make.
  const model: Record<string, unknown> = { position: null, checkpoint: null, trace: null };
  const own: (readonly [field: string, indices: readonly number[]])[] = [];
  for (const [at, indices] of columns.entries()) {
    const field = FIELDS[at] as string;
    model[field] = typeof indices === "number" ? shared[indices] : null;
    if (typeof indices !== "number") own.push([field, indices]);
  }
  const steps = nodeIds.map((_, index) => {
    const step = { ...model };
    for (const [field, indices] of own) step[field] = shared[indices[index] as number];
    const file = places[3 * index] as number;
    if (file >= 0)
      step.position = {
        file: shared[file],
        line: places[3 * index + 1],
        column: places[3 * index + 2],
      };
    return step as unknown as StepNode;
  });
  const graph: Graph = { ...rest, steps };
  known.set(graph, { id: digest(text), text, nodeIds });
  return graph;
}
