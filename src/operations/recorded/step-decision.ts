// What became of a step of a run in the end: for `show`, `why` and all that counts.

import type { StepState } from "../../core/run-state.ts";

export type Decision = "ran" | "reused" | "attached" | "none";

export function decisionOf(state: StepState): Decision {
  const { status, attempts, decision } = state;
  if (status !== "Completed" && attempts.length === 0) return "none";
  if (isKeptFromRunning(state)) return "none";
  return decision ?? (attempts.length > 0 ? "ran" : "none");
}

/** A failure or a cancel came before any attempt of it had begun. */
function isKeptFromRunning({ status, attempts }: StepState): boolean {
  if (status !== "Skipped" && status !== "Canceled") return false;
  return attempts.every(({ startedAt }) => startedAt === null);
}
