// Attempts that ended badly not long ago: what they left behind is what their owner looks at next. Reads the events of runs.

import { type RunEvent, readable } from "../../core/event.ts";
import { succeeded } from "../../core/failure.ts";
import type { Workspace } from "../workspace.ts";
import { allRuns } from "./all-runs.ts";

/** Ids of the attempts of ended runs that failed or were stopped after `since` (milliseconds since 1970). */
export async function failedAttempts(
  { records }: Pick<Workspace, "records">,
  since: number,
): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  for await (const row of allRuns(records, { endedSince: since }))
    if (row.counts.total > row.counts.reused)
      for (const id of failedIn(readable(await records.events(row.name, 0)), since)) failed.add(id);
  return failed;
}

function failedIn(events: readonly RunEvent[], since: number): readonly string[] {
  const failed: string[] = [];
  const latest = new Map<number, string>();
  const add = (step: number): void => {
    const attemptId = latest.get(step);
    if (attemptId !== undefined) failed.push(attemptId);
  };
  for (const event of events) {
    if (event.kind === "attempt_created") latest.set(event.step, event.attemptId);
    if (event.at < since) continue;
    if (event.kind === "attempt_ended" && !succeeded(event.end)) add(event.step);
    else if (event.kind === "step_failed") add(event.step);
    else if (event.kind === "steps_canceled") for (const step of event.steps) add(step);
  }
  return failed;
}
