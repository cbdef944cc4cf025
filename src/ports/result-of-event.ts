// The row of the result that an event brings: one shape for whoever reads it and whoever has just written it. A run of
// 100,000 steps holds as many, so it is spelled out: an object that is spread takes three times the room.

import type { ResultReference, RunEvent } from "../core/event.ts";
import type { ResultRow } from "./records.ts";

type Completed = Omit<Extract<RunEvent, { kind: "step_completed" }>, "kind" | "step">;

export function resultOfEvent({ run, seq }: ResultReference, event: Completed): ResultRow {
  const { fingerprint, staticId, path, at: finishedAt, durationMs, result, inputs } = event;
  return inputs === undefined
    ? { run, seq, fingerprint, staticId, path, finishedAt, durationMs, result }
    : { run, seq, fingerprint, staticId, path, finishedAt, durationMs, result, inputs };
}
