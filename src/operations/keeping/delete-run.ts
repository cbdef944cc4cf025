// Removes the outputs of one ended run, and with `record` all that is recorded of it, unless something refers to them: then it
// says what, and removes nothing.

import { isEndedRun } from "../../core/status.ts";
import type { HeldResult } from "../../ports/keeping-records.ts";
import { nameBytes } from "../recorded/recorded-bytes.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { finishRemovals, removeResults, STUCK_HINT } from "./remove-results.ts";
import { type ReferredResult, readReferences, runsOf } from "./result-references.ts";

export interface Deleted {
  readonly what: string;
  /** Steps whose outputs are gone, or would be. */
  readonly steps: readonly string[];
  readonly sizeBytes: number;
  readonly record: boolean;
  readonly dryRun: boolean;
}

export interface DeleteOptions {
  readonly record: boolean;
  readonly dryRun: boolean;
}

/** While runs are submitted all the time, it is not done. */
const TRIES = 5;

export async function deleteRun(
  workspace: Workspace,
  name: string,
  { record, dryRun }: DeleteOptions,
): Promise<Deleted | Refusal> {
  const { records, clock, user: by } = workspace;
  if (!dryRun) await finishRemovals(workspace);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const moment = await records.moment();
    const row = await records.run(name);
    if (row === null) return refuse("unknown_run", `no run named ${name}`);
    if (!isEndedRun(row.status))
      return refuse("run_open", `run ${name} has no end yet`, `cancel it: stepwell cancel ${name}`);
    const results = await readReferences(workspace, await runsOf(workspace), [name]);
    const pins = (await records.pins()).filter((pin) => pin.kind === "run" && pin.name === name);
    const referring = [
      ...(pins.length > 0 ? [`the pin of run ${name}`] : []),
      ...holders(name, results),
    ];
    if (record) referring.push(...(await reusersOfRecord(workspace, name)));
    if (referring.length > 0) return stillReferred(`run ${name}`, [...new Set(referring)]);
    const steps = results.map(({ step }) => step);
    const answer = { what: `run ${name}`, steps, record, dryRun };
    if (dryRun) return { ...answer, sizeBytes: freed(workspace, results) };
    const mark = { at: clock.now(), by, reason: "stepwell delete" };
    const order = { results, mark, moment, forget: record ? name : null };
    const outcome = await removeResults(workspace, order);
    if (outcome === null) continue;
    if (outcome.held.length > 0) return stillReferred(`run ${name}`, outcome.held.map(heldBy));
    if (outcome.stuck !== null)
      return refuse(
        "not_removed",
        outcome.stuck.message,
        `${REMOVED_ALL_THE_SAME}; ${STUCK_HINT}`,
        4,
      );
    return { ...answer, sizeBytes: outcome.sizeBytes };
  }
  return refuse("busy", "runs are submitted all the time", "try again in a moment", 1);
}

const REMOVED_ALL_THE_SAME = "the outputs count as removed, and are never reused";

function freed(workspace: Workspace, results: readonly ReferredResult[]): number {
  const bytes = nameBytes(workspace);
  for (const { folders } of results) for (const folder of folders) bytes.add(folder);
  return bytes.freed();
}

function heldBy({ by }: HeldResult): string {
  return by;
}

/** `run taxi-3, which took over train`, `model trees:1, the output of train`. */
function holders(run: string, results: readonly ReferredResult[]): readonly string[] {
  return results.flatMap(({ step, runs, heldBy: others }) => {
    const what = step === "." ? "its outputs" : `the outputs of ${step}`;
    const byRuns = [...runs].flatMap(([other, how]) =>
      other === run ? [] : [`run ${other}, which ${how} ${what}`],
    );
    return [...byRuns, ...[...others].map((other) => `${other} (${what})`)];
  });
}

/** What they took over is recorded with this run, whether its bytes are still there or not. */
async function reusersOfRecord({ records }: Workspace, run: string): Promise<readonly string[]> {
  return (await records.reusersOf(run)).map(
    (other) => `run ${other}, whose record refers to this one`,
  );
}

const SHOWN = 12;

export function stillReferred(what: string, referring: readonly string[]): Refusal {
  const rest = referring.length - SHOWN;
  const list = referring.slice(0, SHOWN).map((one) => `\n    ${one}`);
  const more = rest > 0 ? `\n    and ${rest} more` : "";
  return refuse(
    "still_referred",
    `${what} is referred to by${list.join("")}${more}`,
    "delete or unpin these first; see what follows from it: stepwell lineage",
  );
}
