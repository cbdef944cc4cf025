// A run as code sees it, and what it may be asked for. Declarations only: the client carries them out.

import type { DataType } from "../spec/graph.ts";
import type { InputPort, InputPorts, OutputPorts, PortType } from "./ports.ts";
import type { Explanation, RunEvent, RunReport, RunStatus } from "./run-report.ts";
import type { Finding } from "./stepwell-error.ts";
import type { DataToRegister, Registered, Workspace } from "./workspace.ts";

type NeededKeys<I extends InputPorts> = {
  [K in keyof I]: I[K] extends InputPort<PortType, unknown, "given"> ? K : never;
}[keyof I];

type RunValue<P> =
  P extends InputPort<infer T, infer V, infer _Presence>
    ? T extends DataType
      ? string
      : V
    : never;

/**
 * Inputs of a pipeline for one run. Data is given by its place: a path (from the folder of the file that defines the
 * pipeline), `azureml:name:version`, `azureml:name@label`, an address.
 */
export type RunInputs<I extends InputPorts> = {
  readonly [K in NeededKeys<I>]: RunValue<I[K]>;
} & { readonly [K in Exclude<keyof I, NeededKeys<I>>]?: RunValue<I[K]> | undefined };

/** Options with inputs: they may be left out only where every input has a value of its own. */
export type WithInputs<I extends InputPorts, Options> =
  Record<never, never> extends RunInputs<I>
    ? [options?: Options & { readonly inputs?: RunInputs<I> }]
    : [options: Options & { readonly inputs: RunInputs<I> }];

/** What changes what would run. */
export interface PlanOptions {
  /** The workspace, or its folder; unless given the one at or above the current folder, else a new one in it. */
  readonly workspace?: Workspace | string;
  /** True: run every step again; names: these steps, even if unchanged. */
  readonly force?: boolean | readonly string[];
  /** Takes everything that is not below this step from the latest run, as recorded. */
  readonly from?: string;
  /** Leaves out what this step does not need. */
  readonly until?: string;
  /** Fields to change, as with `--set`: `{ "jobs.train.inputs.alpha": 0.2 }`. */
  readonly set?: Readonly<Record<string, string | number | boolean>>;
  /** Uses this compute instead of every one that is named. */
  readonly compute?: string;
  /** Variables for the steps; names are recorded, values never. */
  readonly env?: Readonly<Record<string, string>>;
  /** Fails rather than resolve an environment that has no lock; true where the variable `CI` is set. */
  readonly locked?: boolean;
}

/** How a run is recorded and seen through. */
export interface RecordOptions {
  /** Name of the run; the pipeline's and a number unless given. */
  readonly name?: string;
  readonly experiment?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** -10 … 10; higher goes first. */
  readonly priority?: number;
  /** Fails at the first step that would run. */
  readonly onlyCached?: boolean;
  /** Fails steps that read files or ask hosts which they do not declare. */
  readonly strict?: boolean;
  /**
   * True: an engine of its own sees it through, whatever becomes of this process. Else this process does, and does not end
   * before the run has.
   */
  readonly detach?: boolean;
  /** Submitting again with the same key gives the same run. */
  readonly idempotencyKey?: string;
  /** Aborting cancels the run; before it is submitted, nothing is. */
  readonly signal?: AbortSignal;
}

export interface SubmitOptions extends PlanOptions, RecordOptions {}

export interface RerunOptions extends RecordOptions {
  /** Takes everything that is not below this step from this run, as recorded. */
  readonly from?: string;
  readonly until?: string;
  readonly force?: boolean | readonly string[];
  /** Reads files and labels again instead of taking the recorded versions. */
  readonly latest?: boolean;
  /** Fields to change, as with `--set`; only for a run that this process submitted. Files are read again then. */
  readonly set?: Readonly<Record<string, string | number | boolean>>;
}

export interface WaitOptions {
  /** Aborting cancels the run; `wait` then resolves when its steps have ended. */
  readonly signal?: AbortSignal;
  /** Lines of progress on stderr; unless given, where that is a terminal. */
  readonly progress?: boolean;
  /** Throws {@link StepwellError} (`run_failed`, `run_canceled`) unless the run has completed. */
  readonly throwOnFailure?: boolean;
}

/** A line that a step printed. */
export interface LogLine {
  readonly step: string;
  readonly attempt: number;
  readonly text: string;
}

/** A record of a table: one value a column; null where the cell is empty. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/**
 * An output of a run. Each call asks the record anew; it throws {@link StepwellError} while the output is not made
 * (`no_output_yet`), where there is none of that name (`unknown_output`), and where its bytes are no longer those that
 * were recorded (`damaged_output`).
 *
 * @example
 * ```ts
 * const model = await run.outputs.model.path();
 * const scores = await run.outputs.report.rows("scores.csv");
 * ```
 */
export interface RunOutput {
  readonly name: string;
  /** Where it lies: read it, never change it. `inside`: a file of it, where it is a folder. */
  path(inside?: string): Promise<string>;
  /** Copies it into a folder, which is made where there is none; what is there under its name is replaced. @returns Where it lies then. */
  download(folder: string): Promise<string>;
  /** Its text, at most 256 MB. */
  text(inside?: string): Promise<string>;
  /** Its text as JSON. */
  json<T = unknown>(inside?: string): Promise<T>;
  /**
   * The records of a CSV file with a head line, or of a Parquet file; at most 256 MB and a million of them. An empty cell is
   * null. Of CSV, a column of which every cell is a number (or empty) has numbers. Of Parquet, times are ISO 8601, what is
   * nested is JSON, bytes are base64; zstd needs Node 22.15. Whole numbers beyond 2^53 are texts. `inside` may be left out where a
   * folder holds one such file.
   */
  rows(inside?: string): Promise<readonly Row[]>;
  /**
   * Registers it as a data asset, or as a model where it is one, with the run that made it.
   *
   * @throws StepwellError `asset_version_conflict` where the version has other content.
   * @example
   * ```ts
   * const { version } = await run.outputs.model.register({ name: "taxi-model", tags: { stage: "try" } });
   * ```
   */
  register(as: Omit<DataToRegister, "path" | "type">): Promise<Registered>;
}

/**
 * A run. What it says is read from the record each time, so it is never out of date.
 *
 * @example
 * ```ts
 * const run = await taxi.submit({ experiment: "baseline" });
 * const ended = await run.wait();
 * if (ended.status === "Completed") console.log(await run.metrics("train"), await run.outputs.model.path());
 * ```
 */
export interface Run<O extends OutputPorts = OutputPorts> {
  readonly name: string;
  /** What is worth knowing of its definition although it is no mistake; empty for runs that are found by name. */
  readonly warnings: readonly Finding[];
  /** Outputs of the pipeline. */
  readonly outputs: { readonly [K in keyof O]: RunOutput };
  /** Any output by name: `model` of the pipeline, `train.model` of a step. */
  output(name: string): RunOutput;
  status(): Promise<RunStatus>;
  /** The run as it stands, with its steps. */
  show(): Promise<RunReport>;
  /**
   * Waits for its end, whoever sees it through. A run that failed is no error of waiting: see its status, or
   * `throwOnFailure`.
   *
   * @throws StepwellError `interrupted` where nobody goes on with it: see `resume`.
   */
  wait(options?: WaitOptions): Promise<RunReport>;
  /**
   * What happens, from the first event (or the one behind `after`) to the end of the run; ends early where nobody goes on
   * with the run, or when `signal` is aborted, which cancels nothing.
   */
  events(options?: {
    readonly after?: number;
    readonly signal?: AbortSignal;
  }): AsyncIterable<RunEvent>;
  /** What a step printed (or every step, one after the other), all attempts; at most 64 MB, else follow it. */
  logs(step?: string): Promise<string>;
  /** Line by line what a step (or every step) prints, to the end of the run. */
  followLogs(step?: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<LogLine>;
  /** The last value of each metric: of one step, or by step. */
  metrics(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  metrics(step: string): Promise<Readonly<Record<string, number>>>;
  /** Why a step ran or was reused, against its latest earlier run or another one. */
  why(step: string, options?: { readonly against?: string }): Promise<Explanation>;
  /** Cancels it and waits for its end; `kill` does not let steps end by themselves. */
  cancel(options?: { readonly kill?: boolean }): Promise<RunStatus>;
  /** Goes on with a run that is `Interrupted`, as if this process had submitted it; of another one it changes nothing. */
  resume(): Promise<Run<O>>;
  /** A new run of what this one was: the same definition, code and versions. */
  rerun(options?: RerunOptions): Promise<Run<O>>;
}
