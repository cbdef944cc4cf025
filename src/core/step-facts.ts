// What a ready step is, in the terms of the fingerprint: assembled from the plan and the outputs that are known by now.
// The same facts decide reuse, explain it, and are recorded.

import path from "node:path";
import type { Graph, StepNode } from "../spec/graph.ts";
import { own, put } from "../spec/own-keys.ts";
import { transferSettings } from "../spec/transfer-settings.ts";
import {
  fingerprint,
  type MomentIdentity,
  nodeIdentity,
  type PreImage,
  staticId,
} from "./fingerprint.ts";
import type { OutputRecord } from "./output.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import type { Reason } from "./reason.ts";
import { countedId } from "./same-output.ts";

export interface StepFacts {
  readonly staticId: string;
  readonly fingerprint: string;
  readonly moment: MomentIdentity;
}

/** The recorded output that an input reads, or null while it is not known. */
export type OutputLookup = (step: string, output: string) => OutputRecord | null;

/** Half of the facts: what is known before any data is. */
export function momentBase(plan: Plan, planned: PlannedStep): Omit<MomentIdentity, "contents"> {
  const { passEnv, sourceDateEpoch } = plan.options;
  const code = planned.code === null ? null : (plan.codes[planned.code]?.id ?? null);
  const environment = plan.environments[planned.environment]?.id ?? "none";
  return sourceDateEpoch === undefined
    ? { code, environment, passEnv }
    : { code, environment, passEnv, sourceDateEpoch };
}

/** The contents of the inputs that are known; the names of those that are not. */
export function knownContents(
  plan: Plan,
  index: number,
  lookup: OutputLookup,
): { readonly contents: MomentIdentity["contents"]; readonly unknown: readonly string[] } {
  const step = plan.graph.steps[index] as StepNode;
  const planned = plan.steps[index] as PlannedStep;
  const contents: Record<string, MomentIdentity["contents"][string]> = {};
  const unknown: string[] = [];
  for (const [name, input] of Object.entries(step.inputs)) {
    const source = input.source;
    if (source.kind === "data") {
      const data = own(planned.data, name);
      // A plan that is only looked at may have been made where the data was out of reach.
      if (data === undefined) unknown.push(name);
      else
        put(contents, name, [data.content.id, fileName(input.type, data.content.kind, data.path)]);
    } else if (source.kind === "step") {
      const record = lookup(source.step, source.output);
      if (record === null) unknown.push(name);
      else
        put(contents, name, [
          readId(plan.graph, source, record),
          fileName(input.type, record.kind, record.path),
        ]);
    }
  }
  return { contents, unknown };
}

/** Most outputs have one id: only for the others is their definition looked up. */
function readId(
  graph: Graph,
  source: { readonly step: string; readonly output: string },
  record: OutputRecord,
): OutputRecord["id"] {
  if (record.same === undefined) return record.id;
  const outputs = stepsByPath(graph).get(source.step)?.outputs ?? {};
  return countedId(record, own(outputs, source.output));
}

const byPath = new WeakMap<Graph, ReadonlyMap<string, StepNode>>();

function stepsByPath(graph: Graph): ReadonlyMap<string, StepNode> {
  const known = byPath.get(graph) ?? new Map(graph.steps.map((step) => [step.path, step]));
  byPath.set(graph, known);
  return known;
}

/** A command sees the name of a file handed to it; of a folder it sees only what is inside. */
function fileName(type: string, kind: "file" | "folder", at: string): string | null {
  return kind === "file" && type !== "string" ? path.basename(at) : null;
}

/** All facts of a step whose inputs are complete; null while one is not. */
export function stepFacts(plan: Plan, index: number, lookup: OutputLookup): StepFacts | null {
  const planned = plan.steps[index] as PlannedStep;
  const { contents, unknown } = knownContents(plan, index, lookup);
  if (unknown.length > 0) return null;
  const base = momentBase(plan, planned);
  const stable = staticId(planned.nodeId, base);
  return {
    staticId: stable,
    fingerprint: fingerprint(stable, contents),
    moment: { ...base, contents },
  };
}

export function preImageOf(plan: Plan, index: number, facts: StepFacts): PreImage {
  return { node: nodeIdentity(plan.graph.steps[index] as StepNode), moment: facts.moment };
}

/** Why a step must run whatever is recorded, or null. */
export function mustRun(plan: Plan, index: number): Reason | null {
  const step = plan.graph.steps[index] as StepNode;
  const force = plan.options.force;
  if (force === "all" || force.includes(step.path))
    return { kind: "forced", detail: "forced by --force" };
  if (plan.graph.forceRerun) return { kind: "never_reused", detail: "settings.force_rerun is on" };
  if (!step.deterministic) return { kind: "never_reused", detail: "is_deterministic is false" };
  if (step.reuse.kind === "never") return { kind: "never_reused", detail: "reuse is never" };
  if (isUnwatchedImport(step))
    return {
      kind: "never_reused",
      detail:
        "its data lies outside: nothing says whether it changed (reuse: {max_age: …} or a watermark would)",
    };
  if (usesRunName(step.command))
    return { kind: "never_reused", detail: "its command uses ${{name}}, which is new in each run" };
  return null;
}

/** Rows of a database without a rule that says when they are old. */
function isUnwatchedImport(step: StepNode): boolean {
  if (step.type !== "data_transfer" || step.reuse.kind === "max_age") return false;
  const settings = transferSettings(step);
  if (settings.task !== "import_data" || settings.source.type !== "database") return false;
  return settings.source.watermark === null;
}

export function usesRunName(command: string | null): boolean {
  return command !== null && /\$\{\{\s*name\s*\}\}/.test(command);
}
