// Settings of steps, calls and pipelines. Fields are named as in Azure ML's YAML, so that what is known of one holds of
// the other.

import type { Environment } from "./environment.ts";

type Scalar = string | number | boolean;

export interface Resources {
  readonly instance_count?: number;
  readonly instance_type?: string;
  readonly cpus?: number;
  /** Bytes, or `4GB`, `512MiB`. */
  readonly memory?: string;
  readonly gpus?: number;
}

export interface Retry {
  readonly max_retries?: number;
  /** Seconds, or `30s`, `5m`, `1h`. */
  readonly delay?: string | number;
  readonly on?: readonly ("failure" | "timeout" | "lost")[];
}

export interface Limits {
  /** Seconds after which an attempt is ended. */
  readonly timeout?: number;
}

/** How a step runs; a call may say otherwise than the definition. */
export interface StepSettings {
  readonly display_name?: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, Scalar>>;
  readonly environment_variables?: Readonly<Record<string, Scalar>>;
  readonly resources?: Resources;
  readonly limits?: Limits;
  readonly retry?: Retry;
  /** Whether an earlier result may be taken; `{max_age}` as `12h`, `1d`. */
  readonly reuse?: "auto" | "never" | { readonly max_age: string };
  /** Whether the step gets a folder that outlasts its attempts. */
  readonly checkpoint?: boolean | { readonly keep: boolean };
  /** Whether what it reads is watched: true with strace, false not at all. */
  readonly trace?: boolean;
}

/** What a command is made of. */
export interface CommandSettings extends StepSettings {
  /** Name of the step; in a pipeline a second call of it becomes `name_2`. */
  readonly name: string;
  readonly version?: string;
  /** Folder (or file) that is copied to where the command runs; from the folder of the file that says so. */
  readonly code?: string;
  readonly environment?: Environment;
  readonly distribution?: Readonly<Record<string, unknown>>;
  readonly is_deterministic?: boolean;
  readonly additional_includes?: readonly string[];
}

/** How one output of one call is kept. */
export interface OutputCall {
  /** Registers it as a data asset of this name. */
  readonly name?: string;
  readonly version?: string;
  /** Where a copy is published; may hold `${{name}}`. */
  readonly path?: string;
  readonly mode?: "mount" | "upload" | "rw_mount" | "direct";
}

/** Settings of one call of a step in a pipeline. */
export interface CallSettings<O extends PropertyKey = string> extends StepSettings {
  /** Name of the step in this pipeline. */
  readonly name?: string;
  /** Steps that must end first although no data flows. */
  readonly after?: StepLike | readonly StepLike[];
  readonly environment?: Environment;
  /** Where it runs: `local`, `azureml:gpu`. */
  readonly compute?: string;
  readonly outputs?: { readonly [K in O]?: OutputCall };
}

/** A call of a step, or a group of them. */
export interface StepLike {
  /** Names of its steps. */
  readonly members: readonly string[];
}

export interface PipelineSettings {
  /** Name of the pipeline: runs are called `name-1`, `name-2`. */
  readonly name: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, Scalar>>;
  readonly experiment_name?: string;
  /** Where steps run that do not say otherwise; `local` unless given. */
  readonly default_compute?: string;
  readonly continue_on_step_failure?: boolean;
  readonly force_rerun?: boolean;
}
