// When other bytes count as the same output: the rule that an output's definition gives, and the id that decides whether
// what reads it must run. Pure.

import type { StepOutput } from "../spec/graph.ts";
import type { ContentId } from "./content.ts";
import type { OutputRecord } from "./output.ts";

/** What is left out of an equivalence id. */
export interface SameRule {
  /** Fields of `MLmodel` that are new at each save: see {@link VOLATILE_FIELDS}. */
  readonly mlflow: boolean;
  /** Patterns as in an ignore file, sorted. */
  readonly ignore: readonly string[];
}

/** The rule as text, so that two can be compared; null: only equal bytes are the same. */
export function sameRule(output: Pick<StepOutput, "type" | "same">): string | null {
  if (output.same === "bytes" || output.type === "uri_file") return null;
  const mlflow = output.type === "mlflow_model";
  const ignore = [...(output.same ?? [])].sort();
  if (!mlflow && ignore.length === 0) return null;
  return JSON.stringify({ mlflow, ignore } satisfies SameRule);
}

/**
 * The id by which a reader's fingerprint names an output. Only an id made by the very rule that holds now is taken: who
 * narrows `same` must not be handed what the wider rule let pass.
 */
export function countedId(record: OutputRecord, output: StepOutput | undefined): ContentId {
  if (record.same === undefined || output === undefined) return record.id;
  return record.same.rule === sameRule(output) ? record.same.id : record.id;
}

/** Other bytes, made under the same rule, that count as the same. */
export function areEquivalent(before: OutputRecord, after: OutputRecord): boolean {
  if (before.id === after.id || before.same === undefined) return false;
  return before.same.rule === after.same?.rule && before.same.id === after.same.id;
}

/** Fields of an `MLmodel` that say when, by which run and where a model was saved, not what it is. */
const VOLATILE_FIELDS: ReadonlySet<string> = new Set([
  "artifact_path",
  "model_id",
  "model_uuid",
  "run_id",
  "utc_time_created",
]);

/** The text of each top-level field of an `MLmodel` (YAML in block form). */
export function modelFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of text.split("\n")) {
    name = /^([A-Za-z_]\w*):/.exec(line)?.[1] ?? name;
    fields.set(name, `${fields.get(name) ?? ""}${line}\n`);
  }
  return fields;
}

/** The text of an `MLmodel` without its volatile fields. */
export function lastingModel(text: string): string {
  return [...modelFields(text)]
    .filter(([name]) => !VOLATILE_FIELDS.has(name))
    .map(([, field]) => field)
    .join("");
}
