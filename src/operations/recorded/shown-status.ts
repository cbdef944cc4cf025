// How a run that has no end is shown: as going on, or as `Interrupted`, which no record says. Knows who may start its next
// step: its owner, or, where it was submitted with --detach, an engine.

import type { ProcessIdentity } from "../../core/attempt.ts";
import { isLeased } from "../../core/engine-lease.ts";
import type { RunState } from "../../core/run-state.ts";
import { isEndedRun, type ShownRunStatus } from "../../core/status.ts";
import type { RunRow } from "../../ports/records.ts";
import type { Workspace } from "../workspace.ts";
import { isStoodBy } from "./stand-by.ts";

type Seen = Pick<Workspace, "folder" | "process" | "records" | "processHost" | "clock">;

/** `Interrupted`: no end, and nobody who may start its next step. */
export async function shownStatus(
  workspace: Seen,
  row: RunRow,
  state: Pick<RunState, "status"> = row,
): Promise<ShownRunStatus> {
  if (isEndedRun(state.status)) return state.status;
  if (row.owner !== null && workspace.process.isAlive(row.owner)) return state.status;
  if (row.owner !== null && (await isEngineElsewhere(workspace, row.owner))) return state.status;
  if (!row.detached) return "Interrupted";
  // What nobody has begun waits for an engine, and one is on its way; so is one where the last has left in order, or where
  // somebody stands by.
  if (state.status === "Queued" || isStoodBy(workspace)) return state.status;
  return (await engineOf(workspace)) === "dead" ? "Interrupted" : state.status;
}

/** The run's own process is the engine, and lives, in another container or on another machine. */
async function isEngineElsewhere(workspace: Seen, owner: ProcessIdentity): Promise<boolean> {
  const engine = await workspace.records.engine();
  if (engine === null || engine.host === workspace.processHost) return false;
  const { pid, startTime, bootId } = engine.process;
  const isOwner = pid === owner.pid && startTime === owner.startTime && bootId === owner.bootId;
  return isOwner && isLeased(engine.heartbeat, workspace.clock.now());
}

/**
 * `dead`: it did not give up its place, and its process is gone. On a host of another name, which may be this one as it
 * was called before, a process cannot be looked for: there it lives for as long as it says so.
 */
export async function engineOf({
  process,
  records,
  processHost,
  clock,
}: Seen): Promise<"none" | "alive" | "dead"> {
  const engine = await records.engine();
  if (engine === null) return "none";
  const isAlive =
    engine.host === processHost
      ? process.isAlive(engine.process)
      : isLeased(engine.heartbeat, clock.now());
  return isAlive ? "alive" : "dead";
}
