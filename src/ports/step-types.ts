// The port to the types of steps: how an attempt of each is ordered and what it logged. Implemented in steps/.

import type { StepError } from "../core/event.ts";
import type { LoggedValues, OutputRecord, StepResult } from "../core/output.ts";
import type { Demand, Plan } from "../core/plan.ts";
import type { StepNode } from "../spec/graph.ts";
import type { AttemptOrder } from "./compute.ts";
import type { LeftFolder, StagedAttempt } from "./contents.ts";
import type { BuiltEnvironment } from "./environments.ts";

/** What a step type needs to write the order of one attempt. */
export interface AttemptContext {
  readonly run: string;
  readonly experiment: string;
  readonly plan: Plan;
  readonly index: number;
  readonly attemptId: string;
  readonly number: number;
  readonly epoch: number;
  readonly staged: StagedAttempt;
  readonly environment: BuiltEnvironment;
  /** Folder for what the step saves on its way; null for a step without one. */
  readonly checkpoint: string | null;
  readonly logPath: string;
  readonly demand: Demand;
  /** Names of the GPUs given to it. */
  readonly gpus: readonly string[];
  readonly outputOf: (step: string, output: string) => OutputRecord | null;
  readonly now: number;
}

/** The part of the engine that knows step types; implemented in steps/. */
export interface StepTypes {
  order(context: AttemptContext): AttemptOrder | StepError;
  /** What the attempt left as artifacts besides `./outputs` and `./logs`. */
  artifacts(staged: Pick<StagedAttempt, "folder">): readonly LeftFolder[];
  /**
   * What the attempt logged, read from its folder and from an output named `metrics`, and what it was seen to read;
   * `inputs`: where it got its inputs; `heirTo`: runs that the attempt was taken over from. Values that these runs and its
   * own were handed by name are in none of it.
   */
  collect(
    staged: Pick<StagedAttempt, "folder" | "workFolder">,
    outputs: StepResult["outputs"],
    of: {
      readonly run: string;
      readonly heirTo: readonly string[];
      readonly step: StepNode;
      readonly inputs: readonly string[];
    },
  ): Pick<StepResult, "metrics" | "loggedParameters" | "warnings" | "undeclared" | "watchedBy">;
  /**
   * What an attempt that made no result had logged until then, read from its folder. Values that these runs were handed by
   * name are not in it.
   */
  logged(staged: Pick<StagedAttempt, "folder">, runs: readonly string[]): LoggedValues;
  /**
   * Takes the values that the runs were handed by name out of an ended attempt's log; null when they were handed none. A log
   * that holds none of them is left as it is.
   */
  maskLog(runs: readonly string[], logPath: string): Promise<"done" | "disk_full"> | null;
}
