// When something must be recorded, and whether it must outlast a power cut: a sync costs milliseconds, and of short steps
// nobody waits for the word of each. Knows events and time, not the record.

import type { RunEvent } from "../core/event.ts";
import type { EngineState } from "./engine-state.ts";

/**
 * `fleeting`: before anything is acted on, so that the death of a process loses nothing. `lasting`: when somebody relies on
 * it, when repeating it would hurt, or when something fleeting has waited.
 */
export type CommitNeed = "none" | "fleeting" | "lasting";

/** What a power cut may undo is never older than this. */
const PATIENCE_MS = 100;
/** A step of this length is not run again for a power cut just after its end. */
const LONG_MS = 1_000;

export function commitNeed(
  state: Pick<EngineState, "runs" | "waitingSince" | "fleetingSince">,
  now: number,
): CommitNeed {
  let isWaiting = false;
  let isUrgent = false;
  for (const run of state.runs.values())
    for (const event of run.pending) {
      if (mustLast(event)) return "lasting";
      isWaiting = true;
      isUrgent ||= !canWait(event);
    }
  if (isWaiting) state.waitingSince ??= now;
  const isOld = (since: number | null): boolean => since !== null && now - since >= PATIENCE_MS;
  if (isOld(state.fleetingSince) || isOld(state.waitingSince)) return "lasting";
  return isUrgent ? "fleeting" : "none";
}

/** What can be found out again from a living process or from what its supervisor wrote. */
function canWait(event: RunEvent): boolean {
  switch (event.kind) {
    case "attempt_started":
    case "attempt_continues":
    case "step_completed":
      return true;
    case "attempt_ended":
      return event.retryAt === null;
    default:
      return false;
  }
}

/**
 * All but the beginnings and good ends of short work: its attempts run on this machine, so whoever takes the power away
 * ends them too.
 */
function mustLast(event: RunEvent): boolean {
  switch (event.kind) {
    case "run_started":
    case "attempt_created":
    case "attempt_started":
    case "attempt_continues":
    case "attempt_ended":
    case "step_attached":
    case "step_detached":
    case "steps_reused":
      return false;
    case "step_completed":
      return event.durationMs >= LONG_MS;
    default:
      return true;
  }
}
