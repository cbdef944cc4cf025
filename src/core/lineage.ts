// Where data comes from and what became of it, as a graph: step runs, what they read and made, and the names under which
// it is registered. Pure: knows neither the record nor how far somebody wants to look.

import type { ReadInput, ResultReference } from "./event.ts";
import type { Removal } from "./removal.ts";

/** A step that ran: the run that really made its outputs, not one that reused them. */
export interface StepRunNode {
  readonly kind: "step_run";
  readonly id: string;
  readonly run: string;
  readonly step: string;
  /** Number of the event that recorded it. */
  readonly seq: number;
  /** ISO 8601. */
  readonly finished: string;
  readonly durationMs: number;
  readonly fingerprint: string;
}

/** What a step run left in the store. */
export interface OutputNode {
  readonly kind: "output";
  readonly id: string;
  readonly run: string;
  readonly step: string;
  /** Number of the event that recorded it. */
  readonly seq: number;
  readonly output: string;
  readonly type: string;
  readonly contentId: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly files: number;
  /** Null: its bytes are there, as far as is recorded. */
  readonly removed: Removal | null;
}

/** A version of a data asset or model. */
export interface AssetNode {
  readonly kind: "data" | "model";
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly contentId: string;
  readonly type: string;
  /** Where its bytes lay when it was registered. */
  readonly from: string;
  /** ISO 8601. */
  readonly created: string;
  readonly createdBy: string;
  readonly removed: Removal | null;
}

/** Bytes that are known by their id alone, with a name that somebody gave them. */
export interface ContentNode {
  readonly kind: "content";
  readonly id: string;
  readonly contentId: string;
  readonly written: string | null;
}

/** Code, or an environment, by its id. */
export interface PartNode {
  readonly kind: "code" | "environment";
  readonly id: string;
  readonly contentId: string;
}

export interface RunNode {
  readonly kind: "run";
  readonly id: string;
  readonly name: string;
}

export type DataNode = OutputNode | AssetNode | ContentNode;
export type LineageNode = StepRunNode | DataNode | PartNode | RunNode;

/** From what was first to what came of it; `part_of`: from a step run to its run. */
export interface LineageEdge {
  readonly kind: "made" | "used" | "registered_as" | "same_bytes" | "part_of";
  readonly from: string;
  readonly to: string;
  /** Of the input or output, else null. */
  readonly name: string | null;
}

/** Where the graph ends although there is more. */
export interface LineageCut {
  readonly node: string;
  readonly direction: "up" | "down";
  /** `fan`: too many at this node; `depth`: further away than was asked for; `limit`: enough nodes. */
  readonly reason: "fan" | "depth" | "limit";
  /** How many were left out here, as far as is known. */
  readonly more: number;
}

export interface LineageGraph {
  readonly roots: readonly string[];
  readonly nodes: ReadonlyMap<string, LineageNode>;
  readonly edges: readonly LineageEdge[];
  readonly cuts: readonly LineageCut[];
}

export interface LineageBuilder {
  /** False: it was there. */
  add(node: LineageNode): boolean;
  connect(edge: LineageEdge): void;
  /** Counts of one node, direction and reason are added up. */
  cut(cut: LineageCut): void;
  graph(roots: readonly string[]): LineageGraph;
}

export function lineageBuilder(): LineageBuilder {
  const nodes = new Map<string, LineageNode>();
  const edges = new Map<string, LineageEdge>();
  const cuts = new Map<string, LineageCut>();
  return {
    add(node) {
      const isNew = !nodes.has(node.id);
      if (isNew) nodes.set(node.id, node);
      return isNew;
    },
    connect: (edge) => edges.set(JSON.stringify(edge), edge),
    cut(cut) {
      const key = JSON.stringify([cut.node, cut.direction, cut.reason]);
      cuts.set(key, { ...cut, more: cut.more + (cuts.get(key)?.more ?? 0) });
    },
    graph: (roots) => ({ roots, nodes, edges: [...edges.values()], cuts: [...cuts.values()] }),
  };
}

/** A step's path; the only step of a job has none. */
export function stepRunId({ run, seq }: ResultReference, step: string): string {
  return `step_run ${step === "." ? run : `${run}.${step}`} #${seq}`;
}

/** As `outputs` and `lineage` take it. */
export function outputName(run: string, step: string, output: string): string {
  return step === "." ? `${run}.${output}` : `${run}.${step}.${output}`;
}

/** Data that no step of a run made; what was recorded before its origin was noted counts as such. */
export function isFromOutside(
  read: ReadInput,
): read is Extract<ReadInput, { readonly written: string | null }> {
  return "written" in read;
}

/** Edges by the node that they end at, or start from. */
export function edgesBy(
  end: "from" | "to",
  { edges }: Pick<LineageGraph, "edges">,
): ReadonlyMap<string, readonly LineageEdge[]> {
  const found = new Map<string, LineageEdge[]>();
  for (const edge of edges) {
    const list = found.get(edge[end]);
    if (list === undefined) found.set(edge[end], [edge]);
    else list.push(edge);
  }
  return found;
}
