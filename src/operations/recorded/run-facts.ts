// What can be said of a run in one word each, under names that people type: `status`, `tag.team`, `inputs.alpha`,
// `train.inputs.seed`, `train.auc`, `train.code`. The columns of `runs` and the rows of `compare`.

import type { ShownRunStatus } from "../../core/status.ts";
import type { RunRow } from "../../ports/records.ts";
import type { InputSource, StepNode } from "../../spec/graph.ts";
import type { RecordedRun } from "./read-run.ts";

export type Fact = string | number | null;

export type RunFacts = ReadonlyMap<string, Fact>;

/** What the list of runs knows without reading a run. */
const ROW_FACTS = [
  "name",
  "status",
  "pipeline",
  "experiment",
  "created",
  "started",
  "finished",
  "took",
  "ran",
  "reused",
  "failed",
  "steps",
  "user",
] as const;

/** `took` is in seconds; times are ISO 8601 in UTC. */
export function rowFacts(row: RunRow, status: ShownRunStatus): Map<string, Fact> {
  const time = (at: number | null): Fact => (at === null ? null : new Date(at).toISOString());
  const took =
    row.startedAt === null || row.endedAt === null ? null : (row.endedAt - row.startedAt) / 1000;
  const own: Record<(typeof ROW_FACTS)[number], Fact> = {
    name: row.name,
    status,
    pipeline: row.pipeline,
    experiment: row.experiment,
    created: time(row.createdAt),
    started: time(row.startedAt),
    finished: time(row.endedAt),
    took,
    ran: row.counts.ran,
    reused: row.counts.reused,
    failed: row.counts.failed,
    steps: row.counts.total,
    user: row.origin.user,
  };
  const facts = new Map<string, Fact>(Object.entries(own));
  for (const [tag, value] of Object.entries(row.tags)) facts.set(`tag.${tag}`, value);
  return facts;
}

/** Whether a fact of this name is known without reading the run. */
export function isRowFact(name: string): boolean {
  return name.startsWith("tag.") || ROW_FACTS.some((one) => one === name);
}

/** Inputs, metrics, code, environment and command of every step. A job that is one step has no step's name in front. */
export function stepFacts(run: RecordedRun): RunFacts {
  const facts = new Map<string, Fact>();
  for (const [name, { source }] of Object.entries(run.plan.graph.inputs)) {
    const value = sourceFact(source);
    if (value !== undefined) facts.set(`inputs.${name}`, value);
  }
  for (const [index, step] of run.plan.graph.steps.entries()) addStep(facts, run, step, index);
  return facts;
}

function addStep(facts: Map<string, Fact>, run: RecordedRun, step: StepNode, index: number): void {
  const front = step.path === "." ? "" : `${step.path}.`;
  const planned = run.plan.steps[index];
  if (planned === undefined) return;
  for (const [name, { source }] of Object.entries(step.inputs)) {
    const content = source.kind === "data" ? planned.data[name]?.content.id : undefined;
    const value = content === undefined ? sourceFact(source) : shortId(content);
    if (value !== undefined) facts.set(`${front}inputs.${name}`, value);
  }
  const code = planned.code === null ? undefined : run.plan.codes[planned.code];
  if (code !== undefined) facts.set(`${front}code`, shortId(code.id));
  const environment = run.plan.environments[planned.environment];
  if (environment !== undefined)
    facts.set(`${front}environment`, `${environment.label} ${shortId(environment.id)}`);
  if (step.command !== null) facts.set(`${front}command`, step.command);
  for (const [name, value] of Object.entries(run.results.get(index)?.result.metrics ?? {}))
    facts.set(`${front}${name}`, value);
}

/** Undefined for what a step of the same run makes: that differs where its own facts do. */
function sourceFact(source: InputSource): Fact | undefined {
  if (source.kind === "literal") {
    const { kind, text } = source.literal;
    const number = Number(text);
    return (kind === "integer" || kind === "number") && Number.isFinite(number) ? number : text;
  }
  if (source.kind !== "data") return source.kind === "unset" ? null : undefined;
  const { reference } = source;
  return reference.kind === "local" ? reference.path : JSON.stringify(reference);
}

/** `sha256:0123456789ab…` → its first twelve digits. */
function shortId(id: string): string {
  return id.replace(/^[a-z0-9]+:/, "").slice(0, 12);
}
