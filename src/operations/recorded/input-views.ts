// What a step, or a nested pipeline, was given, in the documented JSON form. Pure over a recorded run.

import type { Content } from "../../core/content.ts";
import type { ResolvedData } from "../../core/plan.ts";
import type { DataReference, PipelineInput } from "../../spec/graph.ts";
import { own } from "../../spec/own-keys.ts";
import { findRecord, type RecordedRun } from "./read-run.ts";

/** What data was found to be; `content` null: nobody looked. */
type FoundData = Pick<ResolvedData, "path" | "asset"> & { readonly content: Content | null };

export type DataOf = (reference: DataReference) => FoundData | null;

/** `dataOf` is asked for inputs that no step of the run makes. */
export function inputViews(
  run: RecordedRun,
  inputs: Readonly<Record<string, PipelineInput>>,
  dataOf: (name: string, reference: DataReference) => FoundData | null,
): Readonly<Record<string, unknown>> {
  const view = (name: string, { type, source }: PipelineInput): unknown => {
    if (source.kind === "literal") return { type, value: source.literal.text };
    if (source.kind === "unset") return { type, value: null };
    if (source.kind === "data") {
      const found = dataOf(name, source.reference);
      const { path = null, content, asset = null } = found ?? {};
      return { type, path, id: content?.id ?? null, asset };
    }
    const record = findRecord(run, source.step, source.output);
    const from = `${source.step}.${source.output}`;
    return { type, from, path: record?.path ?? null, id: record?.id ?? null };
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, view(name, input)]),
  );
}

/** A nested pipeline reads nothing itself: what it was given is known where its steps read it. */
export function dataOfSteps({ plan }: RecordedRun): DataOf {
  let found: Map<string, ResolvedData> | null = null;
  return (reference) => {
    found ??= readBySteps(plan);
    return found.get(JSON.stringify(reference)) ?? unread(reference);
  };
}

function unread(reference: DataReference): FoundData | null {
  return reference.kind === "local" ? { path: reference.path, content: null, asset: null } : null;
}

function readBySteps({ graph, steps }: RecordedRun["plan"]): Map<string, ResolvedData> {
  const found = new Map<string, ResolvedData>();
  for (const [index, { inputs }] of graph.steps.entries())
    for (const [name, data] of Object.entries(steps[index]?.data ?? {})) {
      const source = own(inputs, name)?.source;
      if (source?.kind === "data") found.set(JSON.stringify(source.reference), data);
    }
  return found;
}
