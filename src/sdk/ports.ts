// Inputs and outputs as a component declares them, and their types. Names of fields are those of Azure ML's YAML.

import type { DataType } from "../spec/graph.ts";

/** What a port carries: data of a kind, or a value. */
export type PortType = DataType | "string" | "number" | "integer" | "boolean";
/** `given`: each call must set it; `default`: it has a value; `unset`: it may stay without one. */
type Presence = "given" | "default" | "unset";

/** An input that a component declares: made by {@link input}. */
export interface InputPort<
  T extends PortType = PortType,
  V = unknown,
  P extends Presence = Presence,
> {
  readonly kind: "input";
  readonly type: T;
  readonly presence: P;
  /** As YAML has it, without `type`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Never there: carries the type of its values. */
  readonly value?: V;
}

/** An output that a component declares: made by {@link output}. */
export interface OutputPort<T extends DataType = DataType> {
  readonly kind: "output";
  readonly type: T;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type InputPorts = Readonly<Record<string, InputPort>>;
export type OutputPorts = Readonly<Record<string, OutputPort>>;

interface Described {
  readonly description?: string;
}

/** Settings of an input of data. */
export interface DataSettings extends Described {
  /** It may stay unset. */
  readonly optional?: boolean;
  /** Where the data lies when nobody says: a path, `azureml:name:version`, an address. */
  readonly path?: string;
  readonly mode?:
    | "ro_mount"
    | "rw_mount"
    | "mount"
    | "download"
    | "direct"
    | "eval_mount"
    | "eval_download";
}

interface ValueSettings<V> extends Described {
  readonly default?: V;
  readonly optional?: boolean;
  readonly enum?: readonly V[];
}

interface NumberSettings extends ValueSettings<number> {
  readonly min?: number;
  readonly max?: number;
}

type PresenceOf<S> = S extends { readonly default: unknown } | { readonly path: string }
  ? "default"
  : S extends { readonly optional: true }
    ? "unset"
    : "given";

type ValueOf<S, V> = S extends { readonly enum: readonly (infer E)[] } ? E : V;

function data<T extends DataType>(type: T) {
  return <const S extends DataSettings = Record<never, never>>(
    settings?: S,
  ): InputPort<T, string, PresenceOf<S>> => port(type, settings);
}

function value<T extends PortType, V, A>(type: T) {
  return <const S extends A = A & Record<never, never>>(
    settings?: S,
  ): InputPort<T, ValueOf<S, V>, PresenceOf<S>> => port(type, settings as DataSettings | undefined);
}

function port<T extends PortType, V, P extends Presence>(
  type: T,
  settings: DataSettings | undefined,
): InputPort<T, V, P> {
  const fields: Readonly<Record<string, unknown>> = { ...settings };
  const hasValue = fields.default !== undefined || fields.path !== undefined;
  const presence = hasValue ? "default" : fields.optional === true ? "unset" : "given";
  return { kind: "input", type, presence: presence as P, fields };
}

/**
 * Declares an input.
 *
 * @example
 * ```ts
 * const inputs = {
 *   raw: input.folder(),                       // each call must give it
 *   threshold: input.number({ default: 0.9, min: 0, max: 1 }),
 *   split: input.string({ enum: ["train", "test"], default: "train" }),
 *   warm_start: input.model({ optional: true }),
 * };
 * ```
 */
export const input = {
  /** A folder of files (`uri_folder`). */
  folder: data("uri_folder"),
  /** One file (`uri_file`). */
  file: data("uri_file"),
  /** A table (`mltable`). */
  table: data("mltable"),
  /** A model of any kind (`custom_model`). */
  model: data("custom_model"),
  /** A model in MLflow's layout (`mlflow_model`). */
  mlflowModel: data("mlflow_model"),
  /** A model in Triton's layout (`triton_model`). */
  tritonModel: data("triton_model"),
  /** A number. */
  number: value<"number", number, NumberSettings>("number"),
  /** A whole number. */
  integer: value<"integer", number, NumberSettings>("integer"),
  /** A text. */
  string: value<"string", string, ValueSettings<string>>("string"),
  /** True or false. */
  boolean: value<"boolean", boolean, ValueSettings<boolean>>("boolean"),
} as const;

/** Settings of an output. */
export interface OutputSettings extends Described {
  readonly mode?: "mount" | "upload" | "rw_mount" | "direct";
  /** When other bytes count as the same for what reads it: files to ignore, or `bytes` for never. */
  readonly same?: "bytes" | { readonly ignore: readonly string[] };
}

function made<T extends DataType>(type: T) {
  return (settings: OutputSettings = {}): OutputPort<T> => ({
    kind: "output",
    type,
    fields: { ...settings },
  });
}

/**
 * Declares an output: a file or a folder that the step makes.
 *
 * @example
 * ```ts
 * const outputs = { model: output.folder(), scores: output.file({ description: "auc by fold" }) };
 * ```
 */
export const output = {
  folder: made("uri_folder"),
  file: made("uri_file"),
  table: made("mltable"),
  model: made("custom_model"),
  mlflowModel: made("mlflow_model"),
  tritonModel: made("triton_model"),
} as const;
