// Says why a run stands still: after a pause in which none of its steps runs, once for each pause. Knows when nothing
// runs; what is waited for is found out by `waitingSteps`.

import { liveAttempt } from "../core/run-state.ts";
import type { RecordedRun } from "../operations/recorded/read-run.ts";
import { waitingSteps } from "../operations/recorded/waiting-steps.ts";
import type { Workspace } from "../operations/workspace.ts";

const PAUSE_MS = 2_000;
/** Steps that are named; the others wait for much the same. */
const NAMED = 3;

export function createWaitingNotices(
  workspace: Workspace,
  run: RecordedRun,
  say: (lines: readonly string[]) => void,
): { readonly close: () => void } {
  let told = "";
  let isClosed = false;
  const look = async (): Promise<void> => {
    const isAtWork = run.state.steps.some((step) => liveAttempt(step) !== null);
    if (isAtWork || run.state.endedAt !== null) {
      told = "";
      return;
    }
    // `a is doing the same work` was said when it was noticed.
    const waiting = [...(await waitingSteps(workspace, run))].filter(
      ([index]) => !run.state.attached.has(index),
    );
    const lines = waiting
      .slice(0, NAMED)
      .map(([index, words]) => `wait    ${run.plan.graph.steps[index]?.path}  ${words}`);
    const now = waiting.map(([index]) => index).join();
    if (isClosed || lines.length === 0 || now === told) return;
    told = now;
    const more = waiting.length - lines.length;
    say(more > 0 ? [...lines, `wait    ${more} more`] : lines);
  };
  // A record that cannot be read now is for those to tell who need it.
  const timer = setInterval(() => void look().catch(() => {}), PAUSE_MS);
  timer.unref();
  return {
    close() {
      isClosed = true;
      clearInterval(timer);
    },
  };
}
