// Loads a job held in memory, for tests of reading definitions.

import type { Graph, StepNode } from "../spec/graph.ts";
import { SPEC_LIMITS } from "../spec/limits.ts";
import { type LoadedJob, type LoadOptions, loadJob } from "../spec/load-job.ts";
import { type MemoryFiles, memoryReader } from "./memory-reader.ts";

export const JOB = "/project/job.yml";

/** The job `text` at {@link JOB}, with other files by path relative to its folder. */
export function loaded(
  text: string,
  more: {
    readonly files?: Readonly<Record<string, string>>;
    readonly folders?: readonly string[];
    readonly components?: NonNullable<MemoryFiles["components"]>;
    readonly options?: Partial<LoadOptions>;
  } = {},
): LoadedJob {
  const { files = {}, folders = [], components = {}, options = {} } = more;
  const placed = Object.entries(files).map(([name, one]) => [`/project/${name}`, one]);
  return loadJob({
    file: JOB,
    set: [],
    inputs: {},
    compute: null,
    reader: memoryReader({
      files: { ...Object.fromEntries(placed), [JOB]: text },
      folders: folders.map((name) => `/project/${name}`),
      components,
    }),
    knownComputes: null,
    limits: SPEC_LIMITS,
    ...options,
  });
}

/** Findings as `severity code line:column`, short enough to compare in a test. */
export function findings(job: LoadedJob): readonly string[] {
  return job.problems.map((one) => {
    const { position } = one;
    const file = position === null || position.file === JOB ? "" : `${position.file} `;
    const place = position === null ? "-" : `${position.line}:${position.column}`;
    return `${one.severity} ${one.code} ${file}${place}`;
  });
}

/** The graph of a job without mistakes. */
export function graphOf(text: string, more: Parameters<typeof loaded>[1] = {}): Graph {
  const job = loaded(text, more);
  const [mistake] = job.problems.filter((one) => one.severity === "error");
  if (mistake !== undefined) throw new Error(`the job has a mistake: ${mistake.message}`);
  if (job.graph === null) throw new Error("there is no graph");
  return job.graph;
}

/** The step of that path. */
export function step(graph: Graph, path: string): StepNode {
  const found = graph.steps.find((one) => one.path === path);
  if (found === undefined) throw new Error(`there is no step ${path}`);
  return found;
}

/** A component of which every kind of input is read. */
export const TRAIN = `
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: train
version: 3
display_name: Train
type: command
inputs:
  data: {type: uri_folder, mode: ro_mount}
  alpha: {type: number, default: 1}
  epochs: {type: integer, default: 20.0, min: 1, max: 100}
  kernel: {type: string, enum: [linear, rbf], default: rbf}
  verbose: {type: boolean, default: false}
  note: {type: string, optional: true}
outputs:
  model: {type: mlflow_model}
  report: {type: uri_file}
code: ./src
environment: azureml:sklearn@latest
command: python train.py \${{inputs.data}} \${{inputs.alpha}} $[[--note \${{inputs.note}}]] \${{outputs.model}}
resources: {instance_count: 2, instance_type: Standard_DS3_v2}
`;

export const WITH_TRAIN = {
  files: { "train/train.yml": TRAIN, "train/src/train.py": "" },
  folders: ["data"],
};
