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
} satisfies Record<Exclude<keyof StepNode, "position">, true>) as Exclude<
  keyof StepNode,
  "position"
>[];

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

/** The same in less room: what its steps have in common is one object, and nothing is left of the text that it was read from. */
export function compactGraph(graph: Graph): Graph {
  return unpackGraph(packGraph(graph).text);
}

/** Once the graph is recorded: its text is as large as what was read, and is made again for whoever asks after all. */
export function forgetText(graph: Graph): void {
  const { id, nodeIds } = packGraph(graph);
  known.set(graph, {
    id,
    nodeIds,
    get text() {
      return pack(graph).text;
    },
  });
}

function pack(graph: Graph): PackedGraph {
  const shared: unknown[] = [];
  const indexOf = new Map<unknown, number>();
  /** Of objects that came twice: most steps share their defaults, which need not be written out for each. */
  const again = new Map<object, number>();
  const intern = (value: unknown): number => {
    const isObject = typeof value === "object" && value !== null;
    const same = isObject ? again.get(value) : undefined;
    if (same !== undefined) return same;
    const key = isObject ? `{${JSON.stringify(value)}` : value;
    const index = indexOf.get(key);
    if (index === undefined) {
      indexOf.set(key, shared.length);
      return shared.push(value) - 1;
    }
    if (isObject) again.set(value, index);
    return index;
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
  const { length } = nodeIds;
  const of = readColumns(shared, columns);
  const steps: StepNode[] = [];
  for (let index = 0; index < length; index += 1)
    steps.push(readStep(of, index, positionOf(shared, places, index)));
  const graph: Graph = { ...rest, steps };
  known.set(graph, { id: digest(text), text, nodeIds });
  return graph;
}

/** For each field what a step has there, by the step's index; null where the text is older than the field. */
type Columns = Readonly<Record<(typeof FIELDS)[number], (index: number) => never>>;

function readColumns(shared: readonly unknown[], columns: readonly Column[]): Columns {
  const read = (column: Column | undefined) => {
    if (column === undefined) return () => null;
    if (typeof column === "number") return () => shared[column];
    return (index: number) => shared[column[index] as number];
  };
  return Object.fromEntries(FIELDS.map((field, at) => [field, read(columns[at])])) as Columns;
}

/** All fields in one expression: objects that grow one by one are slow to make, and there are 100,000. */
function readStep(of: Columns, at: number, position: StepNode["position"]): StepNode {
  return {
    path: of.path(at),
    parent: of.parent(at),
    type: of.type(at),
    displayName: of.displayName(at),
    component: of.component(at),
    command: of.command(at),
    code: of.code(at),
    environment: of.environment(at),
    environmentVariables: of.environmentVariables(at),
    inputs: of.inputs(at),
    outputs: of.outputs(at),
    compute: of.compute(at),
    resources: of.resources(at),
    distribution: of.distribution(at),
    timeoutSeconds: of.timeoutSeconds(at),
    retry: of.retry(at),
    reuse: of.reuse(at),
    deterministic: of.deterministic(at),
    dependsOn: of.dependsOn(at),
    textSubstitution: of.textSubstitution(at),
    typeSettings: of.typeSettings(at),
    tags: of.tags(at),
    properties: of.properties(at),
    checkpoint: of.checkpoint(at),
    trace: of.trace(at),
    position,
  };
}

function positionOf(
  shared: readonly unknown[],
  places: readonly number[],
  index: number,
): StepNode["position"] {
  const file = places[3 * index] as number;
  if (file < 0) return null;
  const [line, column] = [places[3 * index + 1] as number, places[3 * index + 2] as number];
  return { file: shared[file] as string, line, column };
}
