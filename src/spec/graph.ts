// The validated pipeline, flattened: every nested pipeline is inlined, every binding is an edge. Plain JSON
// data, so that it can be cached by the content of the files it came from. Knows nothing of runs or reuse.

import type { Literal, LiteralKind } from "./literal.ts";
import type { Position } from "./problem.ts";

/** Bumped whenever the shape below changes: cached graphs of another format are ignored. */
export const GRAPH_FORMAT = 2;

/** The six kinds of data that a port can carry. */
export type DataType =
  | "uri_file"
  | "uri_folder"
  | "mltable"
  | "custom_model"
  | "mlflow_model"
  | "triton_model";

/** Input modes of Azure ML v2, and output modes (`upload`, `rw_mount`, `direct`, `mount`). */
export type PortMode =
  | "ro_mount"
  | "rw_mount"
  | "mount"
  | "download"
  | "upload"
  | "direct"
  | "eval_mount"
  | "eval_download";

/** The types of node. Those of later work are parsed, validated and planned, but refuse to run. */
export type StepType =
  | "command"
  | "parallel"
  | "sweep"
  | "spark"
  | "automl"
  | "data_transfer"
  | "import"
  | "if_else"
  | "do_while"
  | "parallel_for";

/** Where data comes from when it is not made by a step of this run. */
export type DataReference =
  /** Absolute path on this machine. */
  | { readonly kind: "local"; readonly path: string }
  /** `azureml:name:version`, `azureml:name@label`; both null means `@latest`. */
  | {
      readonly kind: "asset";
      readonly name: string;
      readonly version: string | null;
      readonly label: string | null;
    }
  /** `azureml://datastores/NAME/paths/PATH`; `path` may hold `${{name}}`. */
  | { readonly kind: "datastore"; readonly datastore: string; readonly path: string }
  /** `https://…`, `wasbs://…`; looked up in `url_map` first. */
  | { readonly kind: "url"; readonly url: string }
  /** `azureml://jobs/RUN/outputs/NAME`, or with `/paths/PATH` something inside it; no path is all of it. */
  | {
      readonly kind: "run_output";
      readonly run: string;
      readonly output: string;
      readonly path?: string;
    };

export type InputSource =
  | { readonly kind: "literal"; readonly literal: Literal }
  | { readonly kind: "data"; readonly reference: DataReference }
  /** The output `output` of the step at `step` (a dotted path). */
  | { readonly kind: "step"; readonly step: string; readonly output: string }
  /** An optional input that nobody set, or a pipeline input to be given at submit. */
  | { readonly kind: "unset" };

export interface StepInput {
  /** A data type for ports, a literal kind for parameters. */
  readonly type: DataType | "string" | "integer" | "number" | "boolean";
  readonly mode: PortMode | null;
  readonly optional: boolean;
  readonly source: InputSource;
}

export interface StepOutput {
  readonly type: DataType;
  readonly mode: PortMode | null;
  /** Where the user wants a published copy, as written, or null; may hold `${{name}}`, `${{default_datastore}}`. */
  readonly publishTo: DataReference | null;
  /** Register as a data asset (or model) of this name on success, or null. */
  readonly registerName: string | null;
  /** Explicit version to register, or null for the next free one. */
  readonly registerVersion: string | null;
  /** Patterns of files that do not count for what reads it; `bytes`: all counts. Absent: what its type says. */
  readonly same?: readonly string[] | "bytes";
  /** The output is a value, not data: planned, and refused when it is to run. */
  readonly value?: LiteralKind;
}

/** The step's code: a folder (or one file) and what is laid beside it. */
export interface CodeReference {
  /** Absolute path of a local folder or file; null: there are only includes. */
  readonly path: string | null;
  /** Absolute paths of `additional_includes`, each copied under its own basename. */
  readonly includes: readonly string[];
  /** Absolute paths of definition files inside `path` or an include: they count by what they say, not by their bytes. */
  readonly definitionFiles: readonly string[];
}

/** The software a step asked for, as written; files it names are already read into it. */
export type EnvironmentReference =
  | {
      readonly kind: "asset";
      readonly name: string;
      readonly version: string | null;
      readonly label: string | null;
      /** Registry of an `azureml://registries/…` string, or null. */
      readonly registry: string | null;
    }
  | ({ readonly kind: "inline" } & EnvironmentDefinition);

export interface EnvironmentDefinition {
  readonly name: string | null;
  readonly image: string | null;
  /** Parsed conda file: `{name, channels, dependencies}`; `path` is null when it was written inline. */
  readonly conda: { readonly path: string | null; readonly content: unknown } | null;
  readonly build: { readonly path: string; readonly dockerfile: string | null } | null;
  /** Stepwell: a requirements.txt (absolute path and its text). */
  readonly requirements: { readonly path: string; readonly text: string } | null;
  /** Stepwell: absolute path of a project folder with pyproject.toml and uv.lock. */
  readonly project: string | null;
  /** Stepwell: absolute path of an interpreter to use as it is. */
  readonly python: string | null;
  /** Stepwell (tables of curated names): packages in pip's syntax and a Python version, or null. */
  readonly packages: readonly string[] | null;
  readonly pythonVersion: string | null;
  /** Of a registered one: absolute path → text of the files that its requirements named, as they were then. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Resources {
  readonly instanceCount: number;
  readonly instanceType: string | null;
  /** Stepwell: asked for explicitly, else null (then the instance type's table, else 1 cpu). */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: number | null;
}

export type Distribution =
  | { readonly type: "pytorch"; readonly processCountPerInstance: number }
  | { readonly type: "mpi"; readonly processCountPerInstance: number }
  | {
      readonly type: "tensorflow";
      readonly workerCount: number;
      readonly parameterServerCount: number;
    }
  | { readonly type: "ray" };

export interface RetryPolicy {
  readonly maxRetries: number;
  readonly delaySeconds: number;
  readonly on: readonly ("failure" | "timeout" | "lost")[];
}

/** A folder for what the step saves on its way, which outlasts its attempts. */
export interface CheckpointPolicy {
  /** It stays when the step has succeeded. */
  readonly keep: boolean;
}

/** `auto`: by fingerprint; `never`; or only results younger than `maxAgeSeconds`. */
export type ReusePolicy =
  | { readonly kind: "auto" }
  | { readonly kind: "never" }
  | { readonly kind: "max_age"; readonly maxAgeSeconds: number };

/** A leaf of the graph: something that runs. */
export interface StepNode {
  /** Dotted path (`train`, `outer.inner.train`), or `.` for a standalone job. */
  readonly path: string;
  /** Path of the enclosing pipeline node, or null at the top. */
  readonly parent: string | null;
  readonly type: StepType;
  readonly displayName: string | null;
  /** `name:version` of a registered component, else null. */
  readonly component: string | null;
  /** The command template with its `${{…}}` and `$[[…]]`, or null for types without one. */
  readonly command: string | null;
  readonly code: CodeReference | null;
  readonly environment: EnvironmentReference | null;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, StepInput>>;
  readonly outputs: Readonly<Record<string, StepOutput>>;
  /** Name of the compute without `azureml:`. */
  readonly compute: string;
  readonly resources: Resources;
  readonly distribution: Distribution | null;
  /** Seconds, or null for no limit. */
  readonly timeoutSeconds: number | null;
  readonly retry: RetryPolicy;
  readonly reuse: ReusePolicy;
  readonly deterministic: boolean;
  /** Paths of steps (or pipeline nodes) that must end first although no data flows. */
  readonly dependsOn: readonly string[];
  /** What it reads is watched: true with strace, whatever language it is in; null its Python; false not at all. */
  readonly trace: boolean | null;
  /** `properties: {stepwell.inputs: text}`: text substitution as in Azure ML. */
  readonly textSubstitution: boolean;
  /** Settings of the step's own type that belong to its identity (parallel, sweep …), else null. */
  readonly typeSettings: unknown;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly checkpoint: CheckpointPolicy | null;
  readonly position: Position | null;
}

/** A nested pipeline: it runs nothing itself; its state follows its children. */
export interface PipelineNode {
  readonly path: string;
  readonly parent: string | null;
  readonly displayName: string | null;
  readonly component: string | null;
  readonly position: Position | null;
  /** What it was given, or has by default; absent in graphs that were recorded before it was noted. */
  readonly inputs?: Readonly<Record<string, PipelineInput>>;
  /** Where each output of the nested pipeline comes from. */
  readonly outputs: Readonly<Record<string, { readonly step: string; readonly output: string }>>;
}

export interface PipelineInput {
  readonly type: StepInput["type"];
  readonly source: InputSource;
}

export interface PipelineOutput {
  readonly step: string;
  readonly output: string;
}

export interface Graph {
  readonly format: typeof GRAPH_FORMAT;
  /** `pipeline`, or `command` for a standalone job. */
  readonly type: "pipeline" | "command";
  /** What history is compared by: the job's own name, else display name, else the file's name without ending. */
  readonly pipeline: string;
  /** `name:` as the user wrote it, or null: the run's name if `--name` is not given. */
  readonly name: string | null;
  readonly displayName: string | null;
  readonly description: string | null;
  readonly experiment: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly continueOnStepFailure: boolean;
  readonly forceRerun: boolean;
  readonly defaultDatastore: string | null;
  readonly inputs: Readonly<Record<string, PipelineInput>>;
  readonly outputs: Readonly<Record<string, PipelineOutput>>;
  /** In topological order: a step stands after everything it reads or depends on. */
  readonly steps: readonly StepNode[];
  /** Outer before inner. */
  readonly pipelines: readonly PipelineNode[];
}
