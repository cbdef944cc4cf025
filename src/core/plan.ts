// A plan: the graph of a job with everything it names resolved to immutable identities. What is recorded of a submit,
// and all that a resume needs. Plain JSON data; knows nothing of what has run.

import type { DataReference, Graph } from "../spec/graph.ts";
import type { CodeSnapshot, Content } from "./content.ts";
import type { EnvironmentIdentity } from "./environment.ts";

/** Data that exists before the run: where it is and what it is. */
export interface ResolvedData {
  /** Absolute local path. */
  readonly path: string;
  readonly content: Content;
  /** `name:version` of the data asset it was named by, else null. */
  readonly asset: string | null;
  /** As the user wrote it (`azureml:iris@latest`, `./data`), for people. */
  readonly written: string;
  /** Where it comes from when `path` is a copy that may still have to be fetched; absent: it lies there itself. */
  readonly remote?: RemoteOrigin;
}

/** Data of a datastore or address elsewhere. */
export interface RemoteOrigin {
  readonly reference: Extract<DataReference, { kind: "datastore" | "url" }>;
  /** Digest of what its storage said of every file. */
  readonly version: string;
  /** True: `path` is its address, and the step reads it there itself (mode `direct`). */
  readonly direct?: true;
}

/** What an attempt takes from its compute. */
export interface Demand {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

/** Instead of an index: nobody has asked who the environment is. */
export const NO_ENVIRONMENT = -1;

export interface PlannedStep {
  /** Digest of the part of the fingerprint that the definition alone decides. */
  readonly nodeId: string;
  /** Index into `Plan.codes`, or null for a step without code. */
  readonly code: number | null;
  /** Index into `Plan.environments`, or {@link NO_ENVIRONMENT} of a step that the run leaves out. */
  readonly environment: number;
  /** Data inputs that no step of this run makes. */
  readonly data: Readonly<Record<string, ResolvedData>>;
  readonly demand: Demand;
}

/** What the submitter asked of this run beyond the definition. */
export interface RunOptions {
  /** Steps to run even when a result exists. */
  readonly force: "all" | readonly string[];
  /** Steps that are not needed (`--until`): Skipped. */
  readonly skip: readonly string[];
  /** Steps taken as recorded from another run (`--from`): path → [run, path there]. */
  readonly taken: Readonly<Record<string, readonly [run: string, path: string]>>;
  /** Fail at the first step that would run. */
  readonly onlyCached: boolean;
  /** A step that relies on what it does not declare fails. */
  readonly strict?: boolean;
  /** Work folders of all attempts stay, not only those of the newest failed ones. */
  readonly keepWork?: boolean;
  /** What SOURCE_DATE_EPOCH is for steps; null: not set; absent: the fixed value. */
  readonly sourceDateEpoch?: number | null;
  /** Names of variables handed to steps besides the fixed list, sorted. Values are never recorded. */
  readonly passEnv: readonly string[];
}

export const PLAN_FORMAT = 2;

export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  readonly graph: Graph;
  readonly codes: readonly CodeSnapshot[];
  readonly environments: readonly EnvironmentIdentity[];
  /** Parallel to `graph.steps`. */
  readonly steps: readonly PlannedStep[];
  readonly options: RunOptions;
}
