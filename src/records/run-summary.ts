// The row of a run from its events alone: what is written when some of them are taken back.

import type { RunEvent } from "../core/event.ts";
import type { RunRow } from "../ports/records.ts";

/** What the row of a run shows of its events; a run with an end is never taken back. */
export function summaryOf(
  events: readonly RunEvent[],
  total: number,
): Pick<RunRow, "status" | "startedAt" | "counts"> {
  const counts = { total, ran: 0, reused: 0, failed: 0 };
  let status: RunRow["status"] = "Queued";
  let startedAt: number | null = null;
  for (const event of events) {
    if (event.kind === "run_started") {
      startedAt = event.at;
      status = "Running";
    } else if (event.kind === "cancel_requested") status = "Canceling";
    else if (event.kind === "step_completed") counts.ran += 1;
    else if (event.kind === "step_failed") counts.failed += 1;
    else if (event.kind === "steps_reused")
      for (const group of event.from) counts.reused += group.steps.length;
  }
  return { status, startedAt, counts };
}
