// What is told of a run, a plan and a decision: plain data, the same that the command line prints with `--json`.

/** Where a run stands. `Interrupted`: it has no end, and no process that may start its next step. */
export type RunStatus =
  | "Queued"
  | "Running"
  | "Canceling"
  | "Completed"
  | "Failed"
  | "Canceled"
  | "Interrupted";

/** Where a step of a run stands. */
export type StepStatus =
  | "NotStarted"
  | "Queued"
  | "Preparing"
  | "Running"
  | "Finalizing"
  | "Completed"
  | "Failed"
  | "Canceled"
  | "Skipped";

/** Why a step runs or is reused. */
export interface Reason {
  /** For programs: `code_changed`, `unchanged`, `forced`, … */
  readonly kind: string;
  /** In words: `code changed: features.py (+1 −1)`. */
  readonly detail: string;
}

/** A recorded output. */
export interface OutputReport {
  /** `uri_file`, `uri_folder`, … */
  readonly type: string;
  readonly path: string;
  /** Of its bytes: the same id, the same bytes. */
  readonly id: string;
}

/** One try of a step. Times are ISO 8601 in UTC. */
export interface AttemptReport {
  readonly number: number;
  readonly status: StepStatus;
  readonly exitCode: number | null;
  /** `SIGSEGV`, where a signal ended it. */
  readonly signal: string | null;
  /** `exited`, `signal`, `timeout`, `cancelled`, `out_of_memory`, `lost`, `not_started` or `disk_full`; null: it goes on. */
  readonly reason: string | null;
  readonly started: string | null;
  readonly finished: string | null;
  readonly checkpoint: { readonly written: string; readonly ageS: number } | null;
  /** Path of its log. */
  readonly log: string;
}

/** Why a step failed. */
export interface StepFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** Your own file and line that it failed at, or null where the log names none. */
  readonly location: { readonly file: string; readonly line: number } | null;
  /** The last lines of its log. */
  readonly logTail: readonly string[];
}

/** One step of a run. */
export interface StepReport {
  /** Its path: steps of a nested pipeline have the name of their call in front, `east.train`. */
  readonly name: string;
  readonly type: string;
  readonly status: StepStatus;
  readonly reuse: {
    readonly decision: "ran" | "reused" | "attached" | "none";
    /** The run whose result it took. */
    readonly from: string | null;
    readonly reason: Reason | null;
  };
  readonly attempts: readonly AttemptReport[];
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, OutputReport>>;
  readonly log: string | null;
  readonly error: StepFailure | null;
}

/** A run as it stands: what `stepwell show --json` prints. */
export interface RunReport {
  readonly schema: 1;
  readonly name: string;
  readonly status: RunStatus;
  readonly experiment: string;
  readonly started: string | null;
  readonly finished: string | null;
  readonly steps: readonly StepReport[];
  readonly outputs: Readonly<Record<string, OutputReport>>;
  readonly warnings: readonly string[];
  /** What it failed of besides its steps, such as `asset_version_conflict`; they are among the warnings too. */
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
}

/** What would become of one step. */
export interface StepPlan {
  readonly name: string;
  /** `run` and `reuse` are certain; `depends` is decided by what a step before it makes; `skip` is not needed. */
  readonly decision: "run" | "reuse" | "depends" | "skip";
  readonly reason: Reason;
  /** The run whose result is reused, or null. */
  readonly from: string | null;
  /** Seconds that it is expected to take, from history; 0 when reused, null when unknown. */
  readonly forecastS: number | null;
  readonly warnings: readonly string[];
}

/** What a run would do: what `stepwell plan --json` prints. */
export interface PlanReport {
  readonly steps: readonly StepPlan[];
  readonly counts: Readonly<Record<StepPlan["decision"], number>>;
  readonly notes: readonly string[];
  /** What is warned of the definition. */
  readonly warnings: readonly string[];
}

/** Why a step ran or was reused, in full: what `stepwell why --json` prints. */
export interface Explanation {
  readonly run: string;
  readonly step: string;
  readonly status: StepStatus;
  readonly decision: "ran" | "reused" | "attached" | "none";
  readonly reason: Reason | null;
  /** The run that it is compared with, or null where the step never ran before. */
  readonly against: string | null;
  readonly differences: readonly Reason[];
  readonly outputs: readonly {
    readonly output: string;
    readonly same: boolean;
    readonly equivalent: boolean;
    readonly files: readonly string[];
    readonly fields: readonly string[];
  }[];
  readonly warnings: readonly string[];
  readonly invalidated: string | null;
  readonly removed: string | null;
}

/**
 * Something that happened in a run, in order. `number` counts the recorded events from 1; steps that are told of together
 * share one. `at` is ISO 8601 in UTC.
 */
export type RunEvent = { readonly number: number; readonly at: string } & (
  | { readonly kind: "run_started" }
  | {
      readonly kind: "step_started";
      readonly step: string;
      readonly attempt: number;
      readonly reason: Reason;
    }
  | {
      readonly kind: "step_reused";
      readonly step: string;
      readonly from: string;
      readonly reason: Reason;
    }
  /** The same work is being done elsewhere: by a run, or by another step of this one. */
  | { readonly kind: "step_waits"; readonly step: string; readonly run: string }
  /** An attempt did not succeed; the next one may start at `retryAt`. */
  | {
      readonly kind: "step_retries";
      readonly step: string;
      readonly exitCode: number | null;
      readonly retryAt: string;
    }
  | { readonly kind: "step_completed"; readonly step: string; readonly durationMs: number }
  | {
      readonly kind: "step_failed";
      readonly step: string;
      readonly error: Pick<StepFailure, "code" | "message" | "hint">;
    }
  | { readonly kind: "step_skipped"; readonly step: string }
  | { readonly kind: "step_canceled"; readonly step: string }
  | { readonly kind: "cancel_requested"; readonly by: string }
  | { readonly kind: "warning"; readonly message: string }
  | { readonly kind: "run_ended"; readonly status: "Completed" | "Failed" | "Canceled" }
);
