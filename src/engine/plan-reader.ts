// Recorded plans by their id, each read once in a process however many parts of it ask. Knows the record, not what a plan
// is for.

import { packGraph } from "../core/packed-graph.ts";
import type { Plan } from "../core/plan.ts";
import { graphDocument, openPlan } from "../core/plan-document.ts";
import type { RecordStore } from "../ports/records.ts";

export interface PlanReader {
  /** Null when it is not recorded, or damaged. */
  plan(id: string): Promise<Plan | null>;
  /** A plan that this process has just made: plans are named by their content. */
  remember(id: string, plan: Plan): void;
}

/** Plans kept in memory; one of 100,000 steps is about 100 MB. */
const KEPT = 4;

export function createPlanReader(records: Pick<RecordStore, "document">): PlanReader {
  const kept = new Map<string, Plan>();
  const remember = (id: string, plan: Plan): void => {
    kept.delete(id);
    kept.set(id, plan);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value as string);
  };
  return {
    remember,
    async plan(id) {
      const known = kept.get(id) ?? (await load(records, id, kept.values()));
      if (known !== null) remember(id, known);
      return known;
    },
  };
}

/** Plans of one pipeline mostly differ in their data alone: the graph of one that is `open` already is not read again. */
async function load(
  records: Pick<RecordStore, "document">,
  id: string,
  open: Iterable<Plan>,
): Promise<Plan | null> {
  const body = await records.document(id);
  if (body === null) return null;
  try {
    const opened = openPlan(body);
    for (const { graph } of open)
      if (graphDocument(packGraph(graph).id) === opened.graph) return opened.with(graph);
    const graph = await records.document(opened.graph);
    return graph === null ? null : opened.read(graph);
  } catch {
    return null;
  }
}
