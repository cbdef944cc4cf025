// Finds a recorded output by run and name: `STEP.NAME`, or the name of a pipeline output.

import path from "node:path";
import { outputName } from "../../core/lineage.ts";
import { ARTIFACTS, type OutputRecord, recordedOutputs } from "../../core/output.ts";
import { describeRemoval } from "../../core/removal.ts";
import type { ResultRow } from "../../ports/records.ts";
import { own } from "../../spec/own-keys.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { type RecordedRun, readRun } from "./read-run.ts";

export async function findOutput(
  workspace: Workspace,
  run: string,
  name: string,
): Promise<OutputRecord | Refusal> {
  const recorded = await readRun(workspace, run);
  if (isRefusal(recorded)) return recorded;
  const found = lookUp(recorded, name);
  const record = found && recordIn(found.row, found.output);
  if (found === null || record === null) return unknownOutput(recorded, name);
  const gone = await whyGone(workspace, found, `output ${name} of run ${run}`);
  if (gone !== null) return (await madeAgain(workspace, found, record)) ?? gone;
  const notFetched = await workspace.shared?.fetch(record);
  if (notFetched) return notFetched;
  if (await workspace.contents.verify(record)) return record;
  const again = await madeAgain(workspace, found, record);
  if (again !== null) return again;
  return refuse(
    "damaged_output",
    `output ${name} of run ${run} was deleted or changed: ${record.path}`,
    "run its pipeline again: the same bytes are taken from there; if it makes others, name the new run",
    1,
  );
}

/** The same bytes, where the same work has made them once more. */
async function madeAgain(
  { records, contents, shared }: Workspace,
  { row, output }: FoundOutput,
  { id }: OutputRecord,
): Promise<OutputRecord | null> {
  for (const other of await records.results(row.fingerprint)) {
    const record = recordIn(other, output);
    if (record?.id !== id || (await shared?.fetch(record))) continue;
    if (await contents.verify(record)) return record;
  }
  return null;
}

async function whyGone(
  { records }: Workspace,
  { row, output }: FoundOutput,
  what: string,
): Promise<Refusal | null> {
  const [removal = null] = await records.removals([row]);
  if (removal === null) return null;
  const name = outputName(row.run, row.path, output);
  return refuse(
    "removed_output",
    `${what} was ${describeRemoval(removal)}`,
    `run its pipeline again: the same bytes are taken from there; or see what it was: stepwell lineage ${name}`,
    1,
  );
}

/** A result with the name that an output has in it. */
export interface FoundOutput {
  /** Recorded by the run that made it. */
  readonly row: ResultRow;
  readonly output: string;
}

/** The result that an output of a run is part of, whether its bytes are still there or not. */
export async function findOutputRow(
  workspace: Workspace,
  run: string,
  name: string,
): Promise<FoundOutput | Refusal> {
  const recorded = await readRun(workspace, run);
  if (isRefusal(recorded)) return recorded;
  return lookUp(recorded, name) ?? unknownOutput(recorded, name);
}

/** True: it was made, or taken from another run; its bytes may be gone since. */
export function isMade(run: RecordedRun, name: string): boolean {
  const found = lookUp(run, name);
  return found !== null && recordIn(found.row, found.output) !== null;
}

function lookUp(run: RecordedRun, name: string): FoundOutput | null {
  const declared = own(run.plan.graph.outputs, name);
  if (declared !== undefined) return outputIn(run, declared.step, declared.output);
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const found = outputIn(run, name.slice(0, dot), name.slice(dot + 1));
    if (found !== null) return found;
  }
  return outputIn(run, ".", name);
}

/**
 * An output, of a nested pipeline too, or `artifacts`: what Azure ML calls so of a step, `./outputs`, `./logs` and what
 * MLflow kept.
 */
function outputIn(run: RecordedRun, step: string, output: string): FoundOutput | null {
  const nested = run.plan.graph.pipelines.find((node) => node.path === step);
  const source = own(nested?.outputs ?? {}, output);
  if (source !== undefined) return outputIn(run, source.step, source.output);
  const row = run.results.get(run.indexOf.get(step) ?? -1);
  return row !== undefined && recordIn(row, output) !== null ? { row, output } : null;
}

function recordIn({ result }: ResultRow, output: string): OutputRecord | null {
  return recordedOutputs(result).find(([name]) => name === output)?.[1] ?? null;
}

/** What a copy is called: as the output lies in the store, where only artifacts have a hidden name. */
export function copyName(output: string, record: OutputRecord): string {
  return output.split(".").at(-1) === ARTIFACTS ? ARTIFACTS : path.basename(record.path);
}

/**
 * Outputs of the pipeline, then those of nested pipelines and of its steps as `STEP.OUTPUT`; artifacts where a step left
 * some.
 */
export function outputNames(run: RecordedRun): readonly string[] {
  const names = [
    ...Object.keys(run.plan.graph.outputs),
    ...run.plan.graph.pipelines.flatMap((node) =>
      Object.keys(node.outputs).map((output) => `${node.path}.${output}`),
    ),
    ...run.plan.graph.steps.flatMap((step, index) => {
      const hasLeft = (run.results.get(index)?.result.artifacts ?? null) !== null;
      const outputs = [...Object.keys(step.outputs), ...(hasLeft ? [ARTIFACTS] : [])];
      return outputs.map((output) => nameIn(step.path, output));
    }),
  ];
  return [...new Set(names)];
}

function nameIn(step: string, output: string): string {
  return step === "." ? output : `${step}.${output}`;
}

function unknownOutput(run: RecordedRun, name: string): Refusal {
  const known = outputNames(run);
  // Of ten thousand the first twelve say nothing to who named a step.
  const below = known.filter((one) => one.startsWith(`${name}.`));
  const near = below.length > 0 ? below : known;
  const list = known.length === 0 ? "it has none" : `it has ${near.slice(0, 12).join(", ")}`;
  const exists = known.includes(name);
  return exists
    ? refuse(
        "no_output_yet",
        `output ${name} of run ${run.row.name} was not made`,
        `see why: stepwell show ${run.row.name}${whereLeft(run, name)}`,
        1,
      )
    : refuse("unknown_output", `run ${run.row.name} has no output ${name}`, list);
}

/** What an attempt wrote before it failed is nobody's output, and may be what its owner looks for. */
function whereLeft(run: RecordedRun, name: string): string {
  const failed = run.plan.graph.steps.find(
    ({ path: step, outputs }, index) =>
      run.state.steps[index]?.status === "Failed" &&
      Object.keys(outputs).some((output) => name === nameIn(step, output)),
  );
  if (failed === undefined) return "";
  return `; what the failed attempt left of it: stepwell shell ${run.row.name} ${failed.path}`;
}
