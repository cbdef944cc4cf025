// The tree of pipelines and nodes before anything is bound: which node is what component, and which node makes which
// output of its pipeline. Knows nothing of how inputs are bound or of how a step runs.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import type { DataType, InputSource, PortMode, StepType } from "../graph.ts";
import type { LiteralKind } from "../literal.ts";
import type { Place } from "../problem-at.ts";
import type { TreeMapping, TreeScalar } from "../tree.ts";
import type { Component } from "./component.ts";
import type { LoadContext } from "./load-context.ts";

/** One pipeline: the job itself, or a nested one. */
export interface Scope {
  /** Dotted path of its node; empty for the job itself. */
  readonly path: string;
  readonly node: JobNode | null;
  readonly outer: Scope | null;
  /** Folder that relative paths of its nodes start from. */
  readonly base: string;
  /** Definition files that say what its nodes are, from the job inward. */
  readonly definitionFiles: readonly string[];
  readonly component: Component | null;
  /** What the caller asked of its outputs, and the folder that those paths start from. */
  readonly outputs: TreeMapping | null;
  readonly outputsBase: string;
  readonly nodes: Map<string, JobNode>;
  /** Names under `jobs` that are no nodes; the mistake is reported where they stand. */
  readonly broken: Set<string>;
  /** Filled when inputs are bound; null marks one whose mistake is already reported. */
  readonly inputs: Map<string, ResolvedInput | null>;
  /** Whether any input may exist, or any output: what it lists of them could not be read, which is reported. */
  readonly anyInput: boolean;
  readonly anyOutput: boolean;
  /** Output of this pipeline → the node inside that makes it. */
  readonly made: Map<string, { readonly node: JobNode; readonly output: string }>;
  /** `retry`, `reuse` and the like of the pipelines around, the nearest first. */
  readonly defaults: readonly TreeMapping[];
}

export interface JobNode {
  readonly name: string;
  readonly path: string;
  readonly type: StepType | "pipeline";
  readonly tree: TreeMapping;
  readonly key: TreeScalar;
  readonly scope: Scope;
  readonly component: Component;
  /** Whether any output may exist: of a prompt flow, and of a component that could not be read. */
  readonly anyOutput: boolean;
  /** Whether the node itself is the definition: its ports are what it lists. */
  readonly inline: boolean;
  /** The opened pipeline; null for steps, and for a pipeline that cannot be opened. */
  inner: Scope | null;
  /** Outputs that nobody declares but somebody reads: `artifacts`, and those of later node types; null for none. */
  extraOutputs: Set<string> | null;
  readonly inputs: Map<string, ResolvedInput>;
  /** Paths of nodes that must end first: its `depends_on`, and the control flow that decides on it. */
  readonly dependsOn: string[];
}

export interface ResolvedInput {
  readonly type: DataType | LiteralKind;
  readonly mode: PortMode | null;
  readonly optional: boolean;
  readonly source: InputSource;
  readonly place: Place | null;
  /** Folder that a literal starts from when a data input takes it as a path. */
  readonly base: string;
}

/** What to do about a name that no node has. */
export function nearNode(name: string, { nodes }: Scope): string | null {
  return suggestion(name, nodes.keys(), `Its nodes: ${namesInWords(nodes.keys())}.`);
}

/** An input of the pipeline itself; null where it has none of that name, which is reported, or a wrong one, which has been. */
export function parentInput(
  name: string,
  { inputs, anyInput }: Scope,
  place: Place,
  context: LoadContext,
): ResolvedInput | null {
  const input = inputs.get(name);
  if (input !== undefined) return input;
  if (anyInput) return null;
  const message = `the pipeline has no input \`${name}\``;
  const hint = (): string | null => {
    const otherwise = `Add it under \`inputs\`. Declared: ${namesInWords(inputs.keys())}.`;
    return suggestion(name, inputs.keys(), otherwise);
  };
  context.error(place, "unknown_input", message, hint);
  return null;
}

/** Path of a node inside a pipeline. */
export function childPath(scope: Scope, name: string): string {
  return scope.path === "" ? name : `${scope.path}.${name}`;
}

/** Every node at any depth, outer before inner, in the order of the files. */
export function* allNodes(scope: Scope): Generator<JobNode> {
  for (const node of scope.nodes.values()) {
    yield node;
    if (node.inner !== null) yield* allNodes(node.inner);
  }
}
