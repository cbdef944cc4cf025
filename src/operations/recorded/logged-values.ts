// What is shown as a step's metrics and parameters: those of its result, or what its latest attempt that logged anything had
// logged when it failed or was stopped.

import type { LoggedValues } from "../../core/output.ts";
import type { RecordedRun } from "./read-run.ts";

export interface Logged extends LoggedValues {
  /** True: of an attempt that did not succeed; no result has them. */
  readonly failed: boolean;
}

const NOTHING: Logged = { metrics: {}, loggedParameters: {}, failed: false };

export function loggedOf({ results, state }: RecordedRun, index: number): Logged {
  const row = results.get(index);
  if (row !== undefined) {
    const { metrics, loggedParameters } = row.result;
    return { metrics, loggedParameters, failed: false };
  }
  const last = state.steps[index]?.attempts.findLast(({ logged }) => logged !== null);
  return last?.logged ? { ...last.logged, failed: true } : NOTHING;
}
