// Follows a run that somebody else sees through, to its end or until nobody does. Never becomes the engine and never
// makes the run its own: what follows can end at any time and changes nothing.

import { type RunEvent, readable } from "../../core/event.ts";
import { isEndedRun } from "../../core/status.ts";
import type { Workspace } from "../workspace.ts";
import { throwIfGone } from "../workspace-gone.ts";
import { engineOf, shownStatus } from "./shown-status.ts";

export interface FollowOptions {
  readonly run: string;
  /** Number of the last event that is known already. */
  readonly after: number;
  readonly onEvents: ((events: readonly RunEvent[]) => void) | null;
  /** Called when the run is to go on by itself and no engine is there. */
  readonly startEngine: () => void;
}

const POLL_MS = 100;
/** Engines that were started and are not there: something keeps every one of them from beginning. */
const STARTS = 5;
/** How often it is asked whether there is still an engine. */
const ENGINE_MS = 2_000;

/** "interrupted": no end, and nobody who may start the next step, or no engine that stays. */
export async function followRun(
  workspace: Workspace,
  { run, after, onEvents, startEngine }: FollowOptions,
): Promise<"ended" | "interrupted"> {
  let seen = after;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let starts = 0;
  for (;;) {
    const row = await workspace.records.run(run);
    const events = onEvents === null ? [] : await workspace.records.events(run, seen);
    seen += events.length;
    if (events.length > 0) onEvents?.(readable(events));
    // Neither an end nor that nobody goes on would be so of the workspace that is there now.
    throwIfGone(workspace);
    if (row === null || isEndedRun(row.status)) return "ended";
    if (!row.detached && (await shownStatus(workspace, row)) === "Interrupted")
      return "interrupted";
    const now = workspace.clock.monotonic();
    if (row.detached && now - lookedAt > ENGINE_MS) {
      lookedAt = now;
      if ((await engineOf(workspace)) === "alive") starts = 0;
      else if (starts++ < STARTS) startEngine();
      else return "interrupted";
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
