// When an engine may make room for another one while its process lives on: what it is in the middle of would be done a
// second time beside it. What runs in a compute goes on without an engine, and is no matter of this file.

import type { EngineState } from "./engine-state.ts";
import type { Flight } from "./flight.ts";

/** `how`: it need not have made ready what it has begun ("at once"), because its process is about to end. */
export function mayLeave(state: EngineState, how: "at once" | "in order"): boolean {
  // On a full disk nothing goes on.
  if (state.space.place !== null) return true;
  if (state.inbox.length > 0 || state.waitingSince !== null) return false;
  const flights = [...state.flights.values()];
  return !flights.some(
    (flight) => isFinishing(flight) || (how === "in order" && !flight.submitted),
  );
}

/** What would be begun now would be lost. */
export function isLeaving(state: EngineState): boolean {
  const last = state.leavesWith === null ? undefined : state.runs.get(state.leavesWith);
  return state.isLeaving || (last?.state.endedAt ?? null) !== null;
}

/** Its log is being masked, or its outputs are being captured. */
export function isFinishing({
  masking,
  run,
  step,
}: Pick<Flight, "masking" | "run" | "step">): boolean {
  return masking || run.state.steps[step]?.status === "Finalizing";
}
