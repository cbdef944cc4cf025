// Which steps of a run have lost their outputs to `gc` or `delete` since: the paths that are recorded lead nowhere then.

import { recordedOutputs } from "../../core/output.ts";
import { describeRemoval } from "../../core/removal.ts";
import type { Workspace } from "../workspace.ts";
import type { RecordedRun } from "./read-run.ts";

/** One warning for each of those steps, in their order. */
export async function removedOutputs(
  { records }: Pick<Workspace, "records">,
  { plan, results }: RecordedRun,
): Promise<readonly string[]> {
  const made = [...results].filter(([, { result }]) => recordedOutputs(result).length > 0);
  const removals = await records.removals(made.map(([, row]) => row));
  return made.flatMap(([index], at) => {
    const removal = removals[at] ?? null;
    const step = plan.graph.steps[index]?.path ?? "";
    return removal === null ? [] : [`step ${step}: its outputs were ${describeRemoval(removal)}`];
  });
}
