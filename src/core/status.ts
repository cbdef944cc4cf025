// The states of runs and steps, each with its meaning. Terminal states are absorbing.

export type RunStatus =
  /** Submitted and durable; no engine has taken it up. */
  | "Queued"
  | "Running"
  /** A cancel was asked for and something still runs. */
  | "Canceling"
  | "Completed"
  | "Failed"
  | "Canceled";

/** `Interrupted` is derived, never stored: no end, and no engine may start its next step. */
export type ShownRunStatus = RunStatus | "Interrupted";

export type StepStatus =
  /** Waits for other steps. */
  | "NotStarted"
  /** Everything it reads is complete; waits for a decision, a slot, or an identical step in flight. */
  | "Queued"
  /** An attempt exists; its environment and folders are being made. */
  | "Preparing"
  | "Running"
  /** The command has ended well; outputs are being captured. */
  | "Finalizing"
  | "Completed"
  | "Failed"
  | "Canceled"
  | "Skipped";

const ENDED_STEPS: ReadonlySet<StepStatus> = new Set([
  "Completed",
  "Failed",
  "Canceled",
  "Skipped",
]);

export function isEndedStep(status: StepStatus): boolean {
  return ENDED_STEPS.has(status);
}

export function isEndedRun(status: ShownRunStatus): boolean {
  return status === "Completed" || status === "Failed" || status === "Canceled";
}
