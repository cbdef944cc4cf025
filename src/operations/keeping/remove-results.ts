// Carries a removal out: the mark in the record, then the bytes, then the confirmation. A crash anywhere leaves a mark without
// its confirmation, and `finishRemovals` does the rest. Decides nothing.

import fs from "node:fs";
import type { ResultReference } from "../../core/event.ts";
import { crashPoint } from "../../engine/crash-point.ts";
import type { HeldResult, MarkOrder } from "../../ports/keeping-records.ts";
import {
  type NamedBytes,
  nameBytes,
  outputFolders,
  removeFolders,
} from "../recorded/recorded-bytes.ts";
import { places, type Workspace } from "../workspace.ts";

export interface RemovalOutcome {
  readonly removed: readonly ResultReference[];
  /** Somebody has come to refer to them since it was decided. */
  readonly held: readonly HeldResult[];
  readonly sizeBytes: number;
  /** Why the first of them is still there; the next removal tries again. Null when all are gone. */
  readonly stuck: Error | null;
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
  const { sizeBytes, stuck } = await finish(workspace, outcome.results, forget);
  return { removed: outcome.results, held: outcome.held, sizeBytes, stuck };
}

/** What a crash has left half done. Gives how many results that were. What cannot be removed is told: it is in nobody's way. */
export async function finishRemovals(workspace: Workspace): Promise<number> {
  const { results, forget } = await workspace.records.openRemovals();
  const { count, stuck } = await finish(workspace, results, forget);
  if (stuck !== null) workspace.notice(`warning: ${stuckOutputs(stuck)}`);
  return count;
}

export function stuckOutputs(stuck: Error): string {
  return `some outputs that are removed are still on the disk: ${stuck.message}\n  ${STUCK_HINT}`;
}

/** For whoever is told that something cannot be removed. */
export const STUCK_HINT =
  "look at whose it is (ls -ld, lsattr), and remove it as that user, or let the next stepwell gc do it";

interface Finished {
  readonly count: number;
  readonly sizeBytes: number;
  readonly stuck: Error | null;
}

async function finish(
  workspace: Workspace,
  results: readonly ResultReference[],
  forget: readonly string[],
): Promise<Finished> {
  const { records, folder, clock } = workspace;
  if (results.length + forget.length === 0) return { count: 0, sizeBytes: 0, stuck: null };
  const rows = (await records.resultsAt(results)).filter((row) => row !== null);
  const going = rows.map((row) => ({ ...row, folders: outputFolders(workspace, row) }));
  const bytes = bytesOf(workspace, going);
  const before = bytes.freed();
  const left = new Map<string, Error>();
  for (const { run, seq, folders } of going) {
    try {
      removeFolders(workspace, folders);
    } catch (error) {
      left.set(`${run}\n${seq}`, error as Error);
    }
    crashPoint("removal-bytes");
  }
  bytes.dropShared();
  const still = going.filter(({ run, seq }) => left.has(`${run}\n${seq}`));
  const sizeBytes = before - bytesOf(workspace, still).freed();
  crashPoint("removal-removed");
  for (const run of forget.filter((name) => !still.some((one) => one.run === name))) {
    removeFilesOf(folder, run);
    crashPoint("removal-files");
    await records.forgetRun(run);
  }
  const gone = results.filter(({ run, seq }) => !left.has(`${run}\n${seq}`));
  await records.confirmRemoved(gone, clock.now());
  crashPoint("removal-confirmed");
  const [stuck = null] = left.values();
  return { count: gone.length, sizeBytes, stuck };
}

function bytesOf(
  workspace: Workspace,
  results: readonly { readonly folders: readonly string[] }[],
): NamedBytes {
  const bytes = nameBytes(workspace);
  for (const at of results.flatMap(({ folders }) => folders)) bytes.add(at);
  return bytes;
}

/** Logs, and what lies in the run's own folder. */
function removeFilesOf(folder: string, run: string): void {
  const logs = places.logs(folder, run);
  for (const at of [logs, places.runFolder(folder, run)])
    fs.rmSync(at, { recursive: true, force: true });
}
