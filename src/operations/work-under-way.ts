// The work that runs of this workspace are about to do or doing now: a new run may share it. Reads only.

import { staticId } from "../core/fingerprint.ts";
import { isEndedStep } from "../core/status.ts";
import { momentBase } from "../core/step-facts.ts";
import { readRun } from "./read-run.ts";
import { isRefusal } from "./refusal.ts";
import { shownStatus } from "./shown-status.ts";
import type { Workspace } from "./workspace.ts";

/** Static id of each step that has no end yet → the run that it is of. */
export async function workUnderWay(workspace: Workspace): Promise<ReadonlyMap<string, string>> {
  const underWay = new Map<string, string>();
  for (const row of await workspace.records.openRuns()) {
    if (!["Queued", "Running"].includes(await shownStatus(workspace, row))) continue;
    const run = await readRun(workspace, row.name);
    if (isRefusal(run)) continue;
    const { plan, state } = run;
    for (const [index, planned] of plan.steps.entries()) {
      const status = state.steps[index]?.status;
      if (status === undefined || isEndedStep(status)) continue;
      const id = staticId(planned.nodeId, momentBase(plan, planned));
      if (!underWay.has(id)) underWay.set(id, row.name);
    }
  }
  return underWay;
}
