// Lets a run that nobody sees through go on: makes it this process's own, or any engine's.

import fs from "node:fs";
import { isEndedRun } from "../../core/status.ts";
import type { RunRow } from "../../ports/records.ts";
import { shownStatus } from "../recorded/shown-status.ts";
import { writeShell } from "../recorded/write-shell.ts";
import { places, type Workspace } from "../workspace.ts";

/** A run that somebody else sees through stays theirs, unless it is to go on by itself (`detached`; null: as it was). */
export async function takeUp(
  workspace: Workspace,
  row: RunRow,
  detached: boolean | null,
): Promise<void> {
  if (isEndedRun(row.status)) return;
  if (!fs.existsSync(places.shellFile(workspace.folder, row.name)))
    writeShell(workspace, row.name, [], {});
  if (detached === true || (await shownStatus(workspace, row)) === "Interrupted")
    await workspace.records.setOwner(row.name, workspace.self(), detached ?? row.detached);
}
