// Which steps of a large run are shown: a person who looks at ten thousand of them sees none. Knows nothing of how.

import type { StepView } from "../operations/recorded/run-view.ts";

/** In their order; of many what ended badly comes first, then what goes on or ran, and what was reused last. */
export function shownSteps(steps: readonly StepView[], most: number): readonly StepView[] {
  if (steps.length <= most) return steps;
  const byRank = [...steps].sort((a, b) => rankOf(a) - rankOf(b));
  const shown = new Set(byRank.slice(0, most));
  return steps.filter((step) => shown.has(step));
}

function rankOf({ status, reuse }: StepView): number {
  if (status === "Failed") return 0;
  if (status === "Canceled") return 1;
  if (status === "Completed") return reuse.decision === "ran" ? 3 : 5;
  return status === "Skipped" || status === "NotStarted" ? 4 : 2;
}
