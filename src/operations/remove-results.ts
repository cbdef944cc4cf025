// Carries a removal out: the mark in the record, then the bytes, then the confirmation. A crash anywhere leaves a mark without
// its confirmation, and `finishRemovals` does the rest. Decides nothing.

import fs from "node:fs";
import type { ResultReference } from "../core/event.ts";
import { crashPoint } from "../engine/crash-point.ts";
import type { HeldResult, MarkOrder } from "../ports/keeping-records.ts";
import { nameBytes, outputFolders, removeFolders } from "./recorded-bytes.ts";
import { places, type Workspace } from "./workspace.ts";

export interface RemovalOutcome {
  readonly removed: readonly ResultReference[];
  /** Somebody has come to refer to them since it was decided. */
  readonly held: readonly HeldResult[];
  readonly sizeBytes: number;
}

/** Null: something was submitted, registered or pinned since it was decided. */
export async function removeResults(
  workspace: Workspace,
  order: MarkOrder,
): Promise<RemovalOutcome | null> {
  const outcome = await workspace.records.markRemoved(order);
  if (outcome.kind === "changed") return null;
  crashPoint("removal-marked");
  const forget = order.forget !== null && outcome.held.length === 0 ? [order.forget] : [];
  const sizeBytes = await finish(workspace, outcome.results, forget);
  return { removed: outcome.results, held: outcome.held, sizeBytes };
}

/** What a crash has left half done. Gives how many results that were. */
export async function finishRemovals(workspace: Workspace): Promise<number> {
  const { results, forget } = await workspace.records.openRemovals();
  await finish(workspace, results, forget);
  return results.length;
}

async function finish(
  workspace: Workspace,
  results: readonly ResultReference[],
  forget: readonly string[],
): Promise<number> {
  const { records, folder, clock } = workspace;
  if (results.length + forget.length === 0) return 0;
  const rows = (await records.resultsAt(results)).filter((row) => row !== null);
  const bytes = nameBytes(workspace);
  const folders = rows.map((row) => outputFolders(workspace, row));
  for (const at of folders.flat()) bytes.add(at);
  const sizeBytes = bytes.freed();
  for (const list of folders) {
    removeFolders(workspace, list);
    crashPoint("removal-bytes");
  }
  bytes.dropShared();
  crashPoint("removal-removed");
  for (const run of forget) {
    removeFilesOf(folder, run);
    crashPoint("removal-files");
    await records.forgetRun(run);
  }
  await records.confirmRemoved(results, clock.now());
  crashPoint("removal-confirmed");
  return sizeBytes;
}

/** Logs, and what lies in the run's own folder. */
function removeFilesOf(folder: string, run: string): void {
  const logs = places.logs(folder, run);
  for (const at of [logs, places.runFolder(folder, run)])
    fs.rmSync(at, { recursive: true, force: true });
}
