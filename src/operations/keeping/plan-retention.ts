// What the rules of `retention` let go of the outputs of runs: every recorded result with who refers to it, judged by the core.
// Reads the record and removes nothing.

import type { ResultReference } from "../../core/event.ts";
import { describeRule, itemsToRemove } from "../../core/retention.ts";
import type { RunRule } from "../../spec/retention-rules.ts";
import type { Workspace } from "../workspace.ts";
import { readReferences, runsOf, untouchable } from "./result-references.ts";

export interface GoingResult extends ResultReference {
  readonly step: string;
  readonly sizeBytes: number;
  readonly folders: readonly string[];
  /** By which rule, in words. */
  readonly reason: string;
}

export async function planRetention(
  workspace: Workspace,
  rule: RunRule,
): Promise<readonly GoingResult[]> {
  const runs = await runsOf(workspace);
  const all = runs.map(({ name }) => name);
  const results = await readReferences(workspace, runs, all);
  const keyOf = ({ run, seq }: ResultReference): string => `${run}\n${seq}`;
  const items = results.map((result) => ({
    key: keyOf(result),
    sizeBytes: result.sizeBytes,
    bytes: result.bytes,
    runs: [...result.runs.keys()],
    isHeld: result.heldBy.size > 0,
  }));
  const isUntouchable = untouchable(await workspace.records.pins());
  const going = itemsToRemove(rule, items, runs, { now: workspace.clock.now(), isUntouchable });
  return results.flatMap((result) => {
    const why = going.get(keyOf(result));
    if (why === undefined) return [];
    const { run, seq, step, sizeBytes, folders } = result;
    return [{ run, seq, step, sizeBytes, folders, reason: describeRule("outputs", why) }];
  });
}
