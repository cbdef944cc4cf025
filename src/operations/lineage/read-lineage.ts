// Answers `lineage WHAT`: what it means, the graph around it, and the facts that stand above it.

import type { LineageGraph } from "../../core/lineage.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findLineage, type LineageQuestion, type LineageSubject } from "./find-lineage.ts";
import { type LineageFacts, lineageFacts } from "./lineage-facts.ts";
import { type TraceOptions, traceLineage } from "./trace-lineage.ts";

export interface Lineage {
  readonly subject: LineageSubject;
  readonly facts: LineageFacts;
  readonly graph: LineageGraph;
}

export async function readLineage(
  workspace: Workspace,
  question: LineageQuestion,
  options: TraceOptions,
): Promise<Lineage | Refusal> {
  const subject = await findLineage(workspace, question);
  if (isRefusal(subject)) return subject;
  const graph = await traceLineage(workspace, subject.places, options);
  // The data that it comes from is named whole, however much of the graph was asked for.
  const isWhole = options.up && options.depth === null;
  const upwards = { up: true, down: false, depth: null, limit: options.limit };
  const whole = isWhole ? graph : await traceLineage(workspace, subject.places, upwards);
  return { subject, graph, facts: await lineageFacts(workspace, subject, whole) };
}

/** The documented JSON form (`--json`, schema 1). */
export function lineageView({ facts, graph }: Lineage): object {
  const { roots, nodes, edges, cuts } = graph;
  return { schema: 1, ...facts, roots, nodes: [...nodes.values()], edges, cuts };
}
