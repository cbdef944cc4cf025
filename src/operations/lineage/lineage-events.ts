// The step runs of a lineage as OpenLineage events; of a whole run, the run itself and its failed steps too. Reads the record
// and, where they are still there, the headings of tables.

import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ReadInput } from "../../core/event.ts";
import { isFromOutside, type LineageGraph } from "../../core/lineage.ts";
import {
  type OpenDataset,
  type OpenRun,
  openLineageEvents,
  type SourceCode,
} from "../../core/open-lineage.ts";
import { type OutputRecord, recordedOutputs } from "../../core/output.ts";
import type { ResultRow, RunRow } from "../../ports/records.ts";
import { tableFields } from "../data/table-fields.ts";
import { type RecordedRun, readRun } from "../recorded/read-run.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import type { LineageSubject } from "./find-lineage.ts";
import { readAssetPlace, resultAt } from "./lineage-places.ts";

/** In the order of time. */
export async function lineageEvents(
  workspace: Workspace,
  subject: LineageSubject,
  graph: LineageGraph,
): Promise<readonly object[]> {
  const steps = [...graph.nodes.values()].filter((node) => node.kind === "step_run");
  const rows = (await workspace.records.resultsAt(steps)).filter((row) => row !== null);
  const writer = createWriter(workspace);
  const runs: OpenRun[] = [];
  for (const row of rows) runs.push(await writer.stepRun(row));
  const isWholeRun = subject.places.every((place) => place.kind === "step_run");
  if (isWholeRun && subject.askedRun !== null) {
    const run = await readRun(workspace, subject.askedRun);
    if (!isRefusal(run)) runs.push(...endsOf(writer.namespace, run));
  }
  return runs
    .sort((a, b) => a.startedAt - b.startedAt || b.endedAt - a.endedAt)
    .flatMap(openLineageEvents);
}

interface Writer {
  readonly namespace: string;
  stepRun(row: ResultRow): Promise<OpenRun>;
}

function createWriter(workspace: Workspace): Writer {
  const namespace = `stepwell://${workspace.host}${workspace.folder}`;
  const known = new Map<string, RunRow | null>();
  const runOf = async (name: string): Promise<RunRow | null> => {
    const row = known.has(name) ? known.get(name) : await workspace.records.run(name);
    known.set(name, row ?? null);
    return row ?? null;
  };
  const output = async (row: ResultRow, name: string): Promise<OpenDataset | null> => {
    const record = recordedOutputs(row.result).find(([one]) => one === name)?.[1];
    const run = await runOf(row.run);
    return record === undefined
      ? null
      : outputDataset(namespace, `${jobName(run, row.path)}.${name}`, record);
  };
  const input = async (read: ReadInput): Promise<OpenDataset | null> => {
    if (isFromOutside(read)) return outsideDataset(workspace, namespace, read);
    const source = await resultAt(workspace, read.from);
    return source === null ? null : output(source, read.from.output);
  };
  return {
    namespace,
    async stepRun(row) {
      const run = await runOf(row.run);
      const image = await workspace.records.preImage(row.fingerprint);
      const parameters = Object.entries(image?.node.parameters ?? {});
      const inputs = await Promise.all(Object.values(row.inputs ?? {}).map(input));
      const outputs = await Promise.all(
        recordedOutputs(row.result).map(([name]) => output(row, name)),
      );
      return {
        namespace,
        job: jobName(run, row.path),
        run: `${row.run}\n${row.path}`,
        jobType: "STEP",
        startedAt: row.finishedAt - row.durationMs,
        endedAt: row.finishedAt,
        end: "COMPLETE",
        error: null,
        // A job that is one step is its own pipeline.
        parent: row.path === "." ? null : { job: jobName(run, null), run: row.run },
        inputs: inputs.filter((one) => one !== null),
        outputs: outputs.filter((one) => one !== null),
        parameters: Object.fromEntries(parameters.map(([name, [, text]]) => [name, text])),
        code: sourceOf(run),
        identity: {
          run: row.run,
          step: row.path,
          fingerprint: row.fingerprint,
          code: image?.moment.code ?? null,
          environment: image?.moment.environment ?? null,
        },
      };
    },
  };
}

function jobName(run: RunRow | null, step: string | null): string {
  const pipeline = run?.pipeline ?? "unknown";
  return step === null || step === "." ? pipeline : `${pipeline}.${step}`;
}

function sourceOf(run: RunRow | null): SourceCode | null {
  const git = run?.origin.git.find(({ repository }) => repository !== null);
  if (git === undefined || git.repository === null) return null;
  const { repository, commit, branch } = git;
  return { repository, commit, branch };
}

async function outputDataset(
  namespace: string,
  name: string,
  record: OutputRecord,
): Promise<OpenDataset> {
  const { id: contentId, path: at } = record;
  const fields = await tableFields(at);
  return { namespace, name, contentId, version: contentId, uri: uriOf(at), fields };
}

async function outsideDataset(
  workspace: Workspace,
  namespace: string,
  { id: contentId, written, asset }: Extract<ReadInput, { readonly written: string | null }>,
): Promise<OpenDataset> {
  const place = asset === null ? null : await readAssetPlace(workspace, asset, contentId);
  if (place !== null) {
    const { kind, name, version, from } = place.node;
    const fields = await tableFields(from);
    return { namespace, name: `${kind}/${name}`, contentId, version, uri: uriOf(from), fields };
  }
  if (written === null)
    return { namespace, name: contentId, contentId, version: contentId, uri: null, fields: null };
  const fields = await tableFields(written);
  const base = { contentId, version: contentId, uri: uriOf(written), fields };
  return path.isAbsolute(written)
    ? { namespace: "file", name: written, ...base }
    : { namespace, name: written, ...base };
}

function uriOf(place: string): string | null {
  if (path.isAbsolute(place)) return pathToFileURL(place).href;
  return URL.canParse(place) ? new URL(place).href : null;
}

/** The run itself, and those of its steps that came to no result. */
function endsOf(namespace: string, { row, state, plan }: RecordedRun): readonly OpenRun[] {
  const common = { namespace, inputs: [], outputs: [], parameters: {}, code: sourceOf(row) };
  const pipeline = jobName(row, null);
  const failed = state.steps.flatMap((step, index): OpenRun[] => {
    const path = plan.graph.steps[index]?.path ?? "";
    const startedAt = step.attempts[0]?.startedAt ?? step.attempts[0]?.createdAt;
    if (step.status !== "Failed" && step.status !== "Canceled") return [];
    if (startedAt === undefined || step.endedAt === null || path === ".") return [];
    return [
      {
        ...common,
        job: jobName(row, path),
        run: `${row.name}\n${path}`,
        jobType: "STEP",
        startedAt,
        endedAt: step.endedAt,
        end: step.status === "Failed" ? "FAIL" : "ABORT",
        error: step.error?.message ?? null,
        parent: { job: pipeline, run: row.name },
        identity: { run: row.name, step: path, fingerprint: step.fingerprint },
      },
    ];
  });
  const isTold = plan.graph.type === "command" && state.status === "Completed";
  if (isTold || state.startedAt === null || state.endedAt === null) return failed;
  const end = { Completed: "COMPLETE", Failed: "FAIL" } as const;
  const whole: OpenRun = {
    ...common,
    job: pipeline,
    run: row.name,
    jobType: "PIPELINE",
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    end: end[state.status as keyof typeof end] ?? "ABORT",
    error: state.error?.message ?? null,
    parent: null,
    identity: { run: row.name },
  };
  return [whole, ...failed];
}
