// What a node of the lineage stands for in the record: makes nodes of rows, and finds the output that some bytes first were.
// Knows nothing of how far the graph goes.

import type { ResultReference } from "../../core/event.ts";
import {
  type AssetNode,
  type ContentNode,
  type LineageGraph,
  type LineageNode,
  type OutputNode,
  outputName,
  type StepRunNode,
  stepRunId,
} from "../../core/lineage.ts";
import { type OutputRecord, recordedOutputs } from "../../core/output.ts";
import type { AssetRow, ResultRow } from "../../ports/records.ts";
import type { DataReference } from "../../spec/graph.ts";
import type { DataDefinition } from "../data/resolve-data.ts";
import { findOutputRow } from "../recorded/find-output.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

/** A node with the rows that are needed to go on from it. */
export type Place = StepPlace | DataPlace;

export interface StepPlace {
  readonly kind: "step_run";
  readonly node: StepRunNode;
  readonly row: ResultRow;
}

export type DataPlace = OutputPlace | AssetPlace | ContentPlace;

export interface OutputPlace {
  readonly kind: "output";
  readonly node: OutputNode;
  readonly row: ResultRow;
  readonly record: OutputRecord;
}

export interface AssetPlace {
  readonly kind: "asset";
  readonly node: AssetNode;
  readonly row: AssetRow;
}

export interface ContentPlace {
  readonly kind: "content";
  readonly node: ContentNode;
  /** Only what was made before this moment can be where it comes from. */
  readonly before: number | null;
}

export function stepPlace(row: ResultRow): StepPlace {
  const { run, seq, path: step, finishedAt, durationMs, fingerprint } = row;
  const finished = new Date(finishedAt).toISOString();
  const id = stepRunId(row, step);
  const node = { kind: "step_run", id, run, step, seq, finished, durationMs, fingerprint } as const;
  return { kind: "step_run", node, row };
}

/** Null when the step run left no output of this name. */
export function outputPlace(row: ResultRow, output: string): OutputPlace | null {
  const record = recordedOutputs(row.result).find(([name]) => name === output)?.[1];
  if (record === undefined) return null;
  const { run, seq, path: step } = row;
  const { id: contentId, type, path, sizeBytes, files } = record;
  const id = `output ${outputName(run, step, output)} #${seq}`;
  const facts = { run, step, seq, output, type, contentId, path, sizeBytes, files, removed: null };
  return { kind: "output", node: { kind: "output", id, ...facts }, row, record };
}

export function assetPlace(row: AssetRow): AssetPlace {
  const kind = row.kind === "model" ? "model" : "data";
  const { name, version, contentId, createdBy } = row;
  const { type, reference } = JSON.parse(row.definition) as DataDefinition;
  const id = `${kind} ${name}:${version}`;
  const created = new Date(row.createdAt).toISOString();
  const from = referenceText(reference);
  const facts = { name, version, contentId, type, from, created, createdBy, removed: null };
  return { kind: "asset", node: { kind, id, ...facts }, row };
}

export function contentPlace(
  contentId: string,
  written: string | null,
  before: number | null,
): ContentPlace {
  const id = written === null ? `content ${contentId}` : `content ${contentId} ${written}`;
  return { kind: "content", node: { kind: "content", id, contentId, written }, before };
}

export function referenceText(reference: DataReference): string {
  switch (reference.kind) {
    case "local":
      return reference.path;
    case "asset":
      return `azureml:${reference.name}:${reference.version ?? reference.label ?? "latest"}`;
    case "datastore":
      return `azureml://datastores/${reference.datastore}/paths/${reference.path}`;
    case "url":
      return reference.url;
    case "run_output":
      return `azureml://jobs/${reference.run}/outputs/${reference.output}`;
    default:
      return reference satisfies never;
  }
}

/** The result at a place of the record; null when it is not recorded any more. */
export async function resultAt(
  { records }: Pick<Workspace, "records">,
  reference: ResultReference,
): Promise<ResultRow | null> {
  return (await records.resultsAt([reference]))[0] ?? null;
}

/** The output that some data was before it got this name; null where none is known. */
export async function originOf(
  workspace: Workspace,
  place: AssetPlace | ContentPlace,
): Promise<OutputPlace | null> {
  if (place.kind === "content") return firstMaker(workspace, place.node.contentId, place.before);
  const { reference } = JSON.parse(place.row.definition) as DataDefinition;
  // A run that reused the output says exactly whose it was; equal bytes alone may be another's.
  if (reference.kind === "run_output" && reference.path === undefined) {
    const found = await findOutputRow(workspace, reference.run, reference.output);
    if (!isRefusal(found)) return outputPlace(found.row, found.output);
  }
  return firstMaker(workspace, place.node.contentId, place.row.createdAt + 1);
}

/** Null where the first that is known to have made the bytes had read them: they were there before. */
async function firstMaker(
  workspace: Workspace,
  contentId: string,
  before: number | null,
): Promise<OutputPlace | null> {
  const { rows } = await workspace.records.makers(contentId, { before, limit: 1 });
  const [first] = rows;
  const row = first === undefined ? null : await resultAt(workspace, first);
  if (first === undefined || row === null) return null;
  const hadRead = Object.values(row.inputs ?? {}).some((read) => read.id === contentId);
  return hadRead ? null : outputPlace(row, first.port);
}

/** Says of outputs and versions whose bytes were removed by whom and when. */
export async function noteRemovals(
  { records }: Pick<Workspace, "records">,
  graph: LineageGraph,
): Promise<LineageGraph> {
  const nodes = new Map(graph.nodes);
  for (const node of graph.nodes.values()) {
    const removed =
      node.kind === "output"
        ? ((await records.removals([node]))[0] ?? null)
        : node.kind === "data" || node.kind === "model"
          ? ((await records.removedAsset(node))?.removed ?? null)
          : null;
    if (removed !== null) nodes.set(node.id, { ...node, removed } as LineageNode);
  }
  return { ...graph, nodes };
}

/** The registered version that was read under `name:version`; null when it is not there, or is other bytes. */
export async function readAssetPlace(
  { records }: Pick<Workspace, "records">,
  nameVersion: string,
  contentId: string,
): Promise<AssetPlace | null> {
  const [name = "", version = ""] = nameVersion.split(":");
  for (const kind of ["data", "model"] as const) {
    const row =
      (await records.asset(kind, name, version, null)) ??
      (await records.removedAsset({ kind, name, version }))?.asset;
    if (row?.contentId === contentId) return assetPlace(row);
  }
  return null;
}
