// How a run that has no end is shown: as going on, or as `Interrupted`, which no record says. Knows who may start its next
// step: its owner, or, where it was submitted with --detach, an engine.

import type { RunState } from "../core/run-state.ts";
import { isEndedRun, type ShownRunStatus } from "../core/status.ts";
import type { RunRow } from "../ports/records.ts";
import type { Workspace } from "./workspace.ts";

type Seen = Pick<Workspace, "process" | "records" | "host">;

/** `Interrupted`: no end, and nobody who may start its next step. */
export async function shownStatus(
  workspace: Seen,
  row: RunRow,
  state: Pick<RunState, "status"> = row,
): Promise<ShownRunStatus> {
  if (isEndedRun(state.status)) return state.status;
  if (row.owner !== null && workspace.process.isAlive(row.owner)) return state.status;
  if (!row.detached) return "Interrupted";
  // What nobody has begun waits for an engine, and one is on its way; so is one where the last has left in order.
  if (state.status === "Queued" || (await engineOf(workspace)) !== "dead") return state.status;
  return "Interrupted";
}

/** `dead`: it did not give up its place, and its process is gone. */
export async function engineOf({
  process,
  records,
  host,
}: Seen): Promise<"none" | "alive" | "dead"> {
  const engine = await records.engine();
  if (engine === null) return "none";
  return engine.host !== host || process.isAlive(engine.process) ? "alive" : "dead";
}
