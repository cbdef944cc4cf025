// The port to a place where attempts run. One file in computes/ implements it; the contract suite in
// testing/contracts/compute.ts holds every implementation to it. Attempts outlive the engine that started them.

import type { AttemptEnd, ProcessIdentity } from "../core/attempt.ts";

export type { AttemptEnd, ProcessIdentity };

/** Everything a compute needs to start one attempt. All paths are absolute on the compute's machine. */
export interface AttemptOrder {
  /** Unique for ever; also the value of STEPWELL_ATTEMPT in the process's environment. */
  readonly attemptId: string;
  /** Epoch of the engine that ordered it: a supervisor refuses an older one than it has seen. */
  readonly epoch: number;
  /** Folder of this attempt: holds attempt.jsonl (written by the supervisor), step.sh. Exists. */
  readonly folder: string;
  /** Where the command runs. Exists. */
  readonly workFolder: string;
  /** Text for `bash -c`. Values of inputs never stand in it: they are variables. */
  readonly script: string;
  /**
   * What many attempts have in common of their environment: the same object for each of them, so that a compute need not be
   * told it again. With `variables`, which win, it is complete: nothing else is inherited.
   */
  readonly shared: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** Extra variables for each process of a distributed step; `[{}]` for an ordinary one. */
  readonly processes: readonly Readonly<Record<string, string>>[];
  /** Written directly by the processes (appended), stdout and stderr in order. */
  readonly logPath: string;
  readonly timeoutMs: number | null;
  /** Between TERM and KILL on cancel and timeout. */
  readonly graceMs: number;
  readonly memoryLimitBytes: number | null;
}

export type ComputeReport =
  | {
      readonly kind: "started";
      readonly attemptId: string;
      readonly at: number;
      readonly process: ProcessIdentity;
    }
  | { readonly kind: "ended"; readonly attemptId: string; readonly end: AttemptEnd };

/** What is needed to find an attempt again that another engine started. */
export type AdoptOrder = Pick<AttemptOrder, "attemptId" | "folder" | "logPath" | "graceMs">;

/**
 * A compute. It reports through the function it was made with; never throws for what a step does.
 *
 * `start` only queues: up to `depth` attempts may wait in its slots. `cancel` works for queued, running and adopted
 * attempts, ends the whole tree (TERM, then KILL after `graceMs`) and reports `ended` only when nothing of it is left.
 * `adopt` leads to exactly one `ended` (reason `lost` when there is neither a living process nor a written end).
 */
export interface Compute {
  start(order: AttemptOrder): void;
  cancel(attemptId: string): void;
  /** As `cancel`, without the grace. */
  kill(attemptId: string): void;
  adopt(order: AdoptOrder): void;
  /** Stops watching; running attempts go on and have their ends written down. Resolves when nothing more is reported. */
  close(): Promise<void>;
}

export type ComputeListener = (report: ComputeReport) => void;
