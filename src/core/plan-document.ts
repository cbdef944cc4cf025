// A plan as documents of the record: the graph under its own name, because it stays the same while the data changes, and
// the rest in rows. A plan's name is the digest of its document. Pure.

import type { Graph } from "../spec/graph.ts";
import { put } from "../spec/own-keys.ts";
import type { ContentId } from "./content.ts";
import { digest } from "./digest.ts";
import { packGraph, unpackGraph } from "./packed-graph.ts";
import type { Demand, Plan, PlannedStep, RemoteOrigin, ResolvedData } from "./plan.ts";

export interface PlanDocument {
  readonly id: string;
  readonly body: string;
  /** The document that `body` refers to. */
  readonly graph: { readonly id: string; readonly body: string };
}

/** `[name, path, kind, id, size, files, seal, asset, written]`, and its remote origin where it has one; `written` null: it is the path. */
type DataRow = readonly [
  name: string,
  path: string,
  kind: "file" | "folder",
  id: ContentId,
  sizeBytes: number,
  files: number,
  seal: string,
  asset: string | null,
  written: string | null,
  remote?: RemoteOrigin,
];

type StepRow = readonly [
  code: number | null,
  environment: number,
  demand: number,
  data: readonly DataRow[],
];

interface Packed extends Omit<Plan, "graph" | "steps"> {
  /** Id of the graph's document. */
  readonly graph: string;
  readonly demands: readonly Demand[];
  readonly rows: readonly StepRow[];
}

export const graphDocument = (id: string): string => `graph/${id}`;

export function planDocument(plan: Plan): PlanDocument {
  const { graph, steps, ...rest } = plan;
  const packed = packGraph(graph);
  const demands: Demand[] = [];
  const indexOf = new Map<string, number>();
  const demandIndex = (demand: Demand): number => {
    const key = `${demand.cpus} ${demand.memoryBytes} ${demand.gpus}`;
    const index = indexOf.get(key) ?? demands.push(demand) - 1;
    indexOf.set(key, index);
    return index;
  };
  const rows = steps.map((step): StepRow => {
    const data = Object.entries(step.data).map(([name, one]) => dataRow(name, one));
    return [step.code, step.environment, demandIndex(step.demand), data];
  });
  const id = graphDocument(packed.id);
  const body = JSON.stringify({ ...rest, graph: id, demands, rows } satisfies Packed);
  return { id: digest(body), body, graph: { id, body: packed.text } };
}

function dataRow(name: string, data: ResolvedData): DataRow {
  const { path, content, asset, written } = data;
  const { kind, id, sizeBytes, files, seal } = content;
  const row = [name, path, kind, id, sizeBytes, files, seal, asset] as const;
  const text = written === path ? null : written;
  return data.remote === undefined ? [...row, text] : [...row, text, data.remote];
}

export interface OpenedPlan {
  /** Id of the document that `read` needs. */
  readonly graph: string;
  /** Throws when the text is not that of the graph. */
  read(graphBody: string): Plan;
  /** With the graph itself, where it is known by that id. */
  with(graph: Graph): Plan;
}

/** Throws when the text is not that of a plan. */
export function openPlan(body: string): OpenedPlan {
  const packed = JSON.parse(body) as Packed;
  return {
    graph: packed.graph,
    read: (graphBody) => readPlan(packed, unpackGraph(graphBody)),
    with: (graph) => readPlan(packed, graph),
  };
}

function readPlan(packed: Packed, graph: Graph): Plan {
  const { graph: _, demands, rows, ...rest } = packed;
  const { nodeIds } = packGraph(graph);
  const steps = rows.map(
    ([code, environment, demand, data], index): PlannedStep => ({
      nodeId: nodeIds[index] as string,
      code,
      environment,
      data: readData(data),
      demand: demands[demand] as Demand,
    }),
  );
  return { ...rest, graph, steps };
}

function readData(rows: readonly DataRow[]): Record<string, ResolvedData> {
  const data: Record<string, ResolvedData> = {};
  for (const [name, path, kind, id, sizeBytes, files, seal, asset, written, remote] of rows)
    put(data, name, {
      path,
      content: { kind, id, sizeBytes, files, seal },
      asset,
      written: written ?? path,
      ...(remote === undefined ? {} : { remote }),
    });
  return data;
}
