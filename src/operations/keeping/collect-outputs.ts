// The outputs of runs that the rules of `retention` let go: named, or removed. Without such rules none is touched.

import { nameBytes } from "../recorded/recorded-bytes.ts";
import type { Workspace } from "../workspace.ts";
import { type GoingResult, planRetention } from "./plan-retention.ts";
import { removeResults, stuckOutputs } from "./remove-results.ts";

export interface CollectedOutputs {
  readonly count: number;
  readonly sizeBytes: number;
  /** The runs whose outputs they are, those with the most bytes first. */
  readonly runs: readonly CollectedRun[];
}

export interface CollectedRun {
  readonly run: string;
  readonly steps: readonly string[];
  /** Of its outputs; bytes that others name as well count here too. */
  readonly sizeBytes: number;
}

/** While runs are submitted all the time, the rest is left to the next time. */
const TRIES = 5;

export async function collectOutputs(
  workspace: Workspace,
  dryRun: boolean,
): Promise<CollectedOutputs> {
  const rule = workspace.config.retention.outputs;
  if (rule === null) return { count: 0, sizeBytes: 0, runs: [] };
  for (let attempt = 1; ; attempt += 1) {
    const moment = await workspace.records.moment();
    const going = await planRetention(workspace, rule);
    if (dryRun) return told(going, sizeOf(workspace, going));
    const removed = await removeAll(workspace, going, moment);
    if (removed !== null) return removed;
    if (attempt === TRIES) return told([], 0);
  }
}

function sizeOf(workspace: Workspace, going: readonly GoingResult[]): number {
  const bytes = nameBytes(workspace);
  for (const { folders } of going) for (const folder of folders) bytes.add(folder);
  return bytes.freed();
}

/** One mark for each rule; null where something has come between. */
async function removeAll(
  workspace: Workspace,
  going: readonly GoingResult[],
  moment: string,
): Promise<CollectedOutputs | null> {
  const removed = new Set<string>();
  let sizeBytes = 0;
  for (const reason of new Set(going.map((one) => one.reason))) {
    const results = going.filter((one) => one.reason === reason);
    const mark = { at: workspace.clock.now(), by: workspace.user, reason };
    const outcome = await removeResults(workspace, { results, mark, moment, forget: null });
    if (outcome === null) return removed.size === 0 ? null : told(those(going, removed), sizeBytes);
    sizeBytes += outcome.sizeBytes;
    if (outcome.stuck !== null) workspace.notice(`warning: ${stuckOutputs(outcome.stuck)}`);
    for (const { run, seq } of outcome.removed) removed.add(`${run}\n${seq}`);
  }
  return told(those(going, removed), sizeBytes);
}

function those(going: readonly GoingResult[], keys: ReadonlySet<string>): readonly GoingResult[] {
  return going.filter(({ run, seq }) => keys.has(`${run}\n${seq}`));
}

function told(results: readonly GoingResult[], sizeBytes: number): CollectedOutputs {
  const runs = new Map<string, { steps: string[]; sizeBytes: number }>();
  for (const { run, step, sizeBytes: size } of results) {
    const one = runs.get(run) ?? { steps: [], sizeBytes: 0 };
    one.steps.push(step);
    one.sizeBytes += size;
    runs.set(run, one);
  }
  const list = [...runs].map(([run, one]) => ({ run, ...one }));
  list.sort((a, b) => b.sizeBytes - a.sizeBytes);
  return { count: results.length, sizeBytes, runs: list };
}
