// An output that was captured and recorded. Knows nothing of how capture is done.

import type { DataType } from "../spec/graph.ts";
import type { Content, ContentId } from "./content.ts";

/** One recorded output of a step run. */
export interface OutputRecord extends Content {
  readonly type: DataType;
  /** Absolute local path: of the file for a `uri_file`, else of the folder. */
  readonly path: string;
  /** Made elsewhere and found in a shared cache: its bytes are fetched to `path` when somebody needs them. */
  readonly shared?: true;
  /** Its id without what its definition leaves out, and the rule that was left out by; absent: bytes alone count. */
  readonly same?: { readonly rule: string; readonly id: ContentId };
}

/** Name of the output that stands for a step's own `./outputs` and `./logs`. */
export const ARTIFACTS = "artifacts";

/** Everything that a step run left in the store, each once. */
export function recordedOutputs(result: StepResult): readonly (readonly [string, OutputRecord])[] {
  const outputs = Object.entries(result.outputs);
  const { artifacts } = result;
  if (artifacts === null || Object.hasOwn(result.outputs, ARTIFACTS)) return outputs;
  return [...outputs, [ARTIFACTS, artifacts]];
}

/** The ids under which readers may know an output: its bytes, and what counts as the same. */
export function idsOf({ id, same }: OutputRecord): readonly string[] {
  return same === undefined || same.id === id ? [id] : [id, same.id];
}

/** One metric value as logged; `step` is null where the logger gave none. */
export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly step: number | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What an attempt logged. */
export interface LoggedValues {
  /** Last value of each metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Parameters logged through MLflow. */
  readonly loggedParameters: Readonly<Record<string, string>>;
}

/** What a step run left behind besides its declared outputs. */
export interface StepResult extends LoggedValues {
  readonly outputs: Readonly<Record<string, OutputRecord>>;
  /** `./outputs` and `./logs` of the step, or null when both were empty. */
  readonly artifacts: OutputRecord | null;
  readonly warnings: readonly string[];
  /** What it read and asked beside its inputs; absent: nothing, or nobody watched. */
  readonly undeclared?: UndeclaredReads;
  /** Who watched what it read; absent: nobody could. */
  readonly watchedBy?: "python" | "strace";
  /** It made other bytes than the step's result before, which count as the same. */
  readonly equivalent?: OutputDifference;
  /** It made other bytes than an earlier result of the very same fingerprint; absent: none that is known of. */
  readonly notDeterministic?: OutputDifference;
  /** Inputs that somebody wrote to while it read them, and whose bytes were the same at the end; absent: none. */
  readonly writtenInputs?: readonly string[];
  /** How its environment was another than the one of its fingerprint: `pandas 2.1 → 2.2`; absent: it was that one. */
  readonly environmentChanged?: string;
}

/** A file or folder as it was when an attempt had read it. */
export interface SeenFile {
  readonly path: string;
  /** Null: a folder that was listed. */
  readonly sizeBytes: number | null;
  readonly mtimeMs: number;
}

/** What an attempt relied on without saying so: its fingerprint does not hold it. */
export interface UndeclaredReads {
  /** Not all of them when there are many: see `more`. */
  readonly files: readonly SeenFile[];
  /** How many files are not in the list. */
  readonly more: number;
  readonly hosts: readonly string[];
  /** Programs that Python started: what these read is not seen. */
  readonly programs: readonly string[];
}

/** Outputs that differ from those of an earlier result, each with the files that do. */
export interface OutputDifference {
  /** The run that made the earlier result. */
  readonly run: string;
  readonly outputs: Readonly<Record<string, readonly string[]>>;
}
