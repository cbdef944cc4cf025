// The work that runs of this workspace are about to do or doing now: a new run may share it. Reads only.

import { staticId } from "../../core/fingerprint.ts";
import { liveAttempt, type StepState } from "../../core/run-state.ts";
import { isEndedStep, type ShownRunStatus } from "../../core/status.ts";
import { momentBase } from "../../core/step-facts.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { readRun } from "./read-run.ts";
import { shownStatus } from "./shown-status.ts";

/** The run that does it, and whether that run starts further steps by itself. */
export interface UnderWay {
  readonly run: string;
  readonly goesOn: boolean;
}

/** Static id of each step that has no end yet → the run that it is of. */
export async function workUnderWay(workspace: Workspace): Promise<ReadonlyMap<string, UnderWay>> {
  const underWay = new Map<string, UnderWay>();
  const bootId = workspace.process.bootId();
  for (const row of await workspace.records.openRuns()) {
    const shown = await shownStatus(workspace, row);
    const goesOn = shown === "Queued" || shown === "Running";
    if (!goesOn && !hasLostItsOwner(shown, row.status)) continue;
    const run = await readRun(workspace, row.name);
    if (isRefusal(run)) continue;
    const { plan, state } = run;
    for (const [index, planned] of plan.steps.entries()) {
      const step = state.steps[index];
      if (step === undefined || !(goesOn ? !isEndedStep(step.status) : isLeftRunning(step, bootId)))
        continue;
      const id = staticId(planned.nodeId, momentBase(plan, planned));
      if (!underWay.get(id)?.goesOn) underWay.set(id, { run: row.name, goesOn });
    }
  }
  return underWay;
}

/** Nobody starts its next step, and nobody stops those that it has. */
function hasLostItsOwner(shown: ShownRunStatus, recorded: ShownRunStatus): boolean {
  return shown === "Interrupted" && recorded !== "Canceling";
}

/** Started, and nobody has recorded its end: the next engine does, and other runs take the result. */
function isLeftRunning(step: StepState, bootId: string): boolean {
  const last = step.attempts.at(-1);
  if (last === undefined || last.bootId !== bootId || !last.shared) return false;
  return liveAttempt(step) !== null || step.status === "Finalizing";
}
