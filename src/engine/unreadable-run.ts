// A run of which nobody here can read the recorded plan, or an event: damaged, or of a newer version. It is left alone until
// somebody asks for its end; then it is ended by what its events say alone. Knows nothing of what its steps are.

import { type RunEvent, readable } from "../core/event.ts";
import type { EngineRequest, OpenAttempt, RunRow, RunUpdate } from "../ports/records.ts";
import type { EngineState } from "./engine-state.ts";

export interface UnreadableRun {
  readonly row: RunRow;
  /** Number of its last event. */
  readonly seq: number;
  /** Indexes of the steps without an end. */
  readonly open: ReadonlySet<number>;
  /** What may still run of it. */
  readonly live: readonly OpenAttempt[];
}

export function readUnreadable(
  row: RunRow,
  events: readonly (RunEvent | null)[],
  live: readonly OpenAttempt[],
): UnreadableRun {
  const open = new Set(Array.from({ length: row.counts.total }, (_, step) => step));
  for (const event of readable(events)) for (const step of stepsOver(event)) open.delete(step);
  return { row, seq: events.length, open, live };
}

/** The same work of another run cannot wait for it: nobody knows what it will become. */
export function isHeldUnreadably(state: EngineState, fingerprint: string): boolean {
  for (const { live } of state.unreadable.values())
    if (live.some((attempt) => attempt.fingerprint === fingerprint)) return true;
  return false;
}

/** Its end, for the next commit; what still runs of it is killed after that, since nobody could record how it ends. */
export function endUnreadable(state: EngineState, request: EngineRequest): void {
  const run = state.unreadable.get(request.run);
  if (run === undefined) return;
  state.unreadable.delete(request.run);
  const { ports } = state;
  for (const { attemptId } of run.live) {
    const { folder } = ports.attemptFolders(attemptId);
    state.compute.adopt({ attemptId, folder, logPath: "", graceMs: 0 });
    state.kills.add(attemptId);
  }
  const goesOn = [...state.flights.values()].some(({ heirTo }) => heirTo.includes(request.run));
  if (!goesOn) ports.runEnded(request.run);
  state.endings.push(endingOf(run, request.by, ports.clock.now()));
}

function endingOf({ row, seq, open }: UnreadableRun, by: string, at: number): RunUpdate {
  const events: RunEvent[] = [{ kind: "cancel_requested", at, by }];
  if (open.size > 0) events.push({ kind: "steps_canceled", at, steps: [...open] });
  events.push({ kind: "run_ended", at, status: "Canceled", error: null });
  const { startedAt, counts } = row;
  const status = "Canceled";
  const ending = { run: row.name, firstSeq: seq + 1, events, paths: [] };
  return { ...ending, status, startedAt, endedAt: at, counts };
}

function stepsOver(event: RunEvent): readonly number[] {
  switch (event.kind) {
    case "steps_reused":
      return event.from.flatMap(({ steps }) => steps);
    case "steps_skipped":
    case "steps_canceled":
      return event.steps;
    case "step_completed":
    case "step_failed":
      return [event.step];
    default:
      return [];
  }
}
