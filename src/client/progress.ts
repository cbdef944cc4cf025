// How a run goes, as lines on stderr: one an event.

import type { RunEvent } from "../sdk/run-report.ts";
import { runEvents } from "./events.ts";
import type { Home } from "./home.ts";

/** Resolves when the run has its end, or nobody goes on with it. */
export async function showProgress(home: Home, run: string): Promise<void> {
  const say = (line: string): boolean => process.stderr.write(`${line}\n`);
  say(`run ${run}`);
  for await (const event of runEvents(home, run)) {
    const line = lineOf(event, run);
    if (line !== null) say(line);
  }
}

/** Null: nothing is to be said of it. */
export function lineOf(event: RunEvent, run: string): string | null {
  switch (event.kind) {
    case "run_started":
      return null;
    case "step_reused":
      return `reused  ${event.step}  from ${event.from}`;
    case "step_started":
      return `start   ${event.step}  ${event.attempt > 1 ? `attempt ${event.attempt}` : event.reason.detail}`;
    case "step_waits":
      return `wait    ${event.step}  ${event.run} is doing the same work`;
    case "step_retries":
      return `retry   ${event.step}  ${endOf(event)}`;
    case "step_completed":
      return `done    ${event.step}  ${(event.durationMs / 1000).toFixed(1)} s`;
    case "step_failed":
      return `failed  ${event.step}: ${event.error.message}`;
    case "step_skipped":
    case "step_canceled":
      return null;
    case "cancel_requested":
      return "cancelling";
    case "warning":
      return `warning ${event.message}`;
    case "run_ended":
      return `${run} ${event.status}`;
    default:
      return event satisfies never;
  }
}

/** What was killed, or took too long, has no exit code. */
function endOf({ exitCode }: { readonly exitCode: number | null }): string {
  return exitCode === null ? "did not end by itself" : `ended with exit code ${exitCode}`;
}
