// The plan as one attempt reads it: data from elsewhere is fetched, an input that is not what was recorded any more is
// replaced by its kept copy. Where there is none, the attempt must not start: it would read other bytes than its
// fingerprint names.

import type { StepError } from "../core/event.ts";
import type { Plan, PlannedStep, ResolvedData } from "../core/plan.ts";
import type { Contents } from "../ports/contents.ts";
import { put } from "../spec/own-keys.ts";
import type { EnginePorts } from "./engine-ports.ts";

export async function readablePlan(
  {
    contents,
    fetchData,
  }: Pick<EnginePorts, "fetchData"> & {
    readonly contents: Pick<Contents, "inputPath">;
  },
  reader: { readonly plan: Plan; readonly index: number; readonly attemptId: string },
): Promise<Plan | StepError> {
  const { plan, index, attemptId } = reader;
  const planned = plan.steps[index] as PlannedStep;
  const moved: Record<string, ResolvedData> = {};
  for (const [name, data] of Object.entries(planned.data)) {
    if (data.remote?.direct) continue;
    const notFetched = data.remote === undefined ? null : await fetchData(data, data.remote);
    if (notFetched !== null)
      return { ...notFetched, message: `input ${name}: ${notFetched.message}` };
    const path = await contents.inputPath(attemptId, name, data);
    if (path === null) return inputGone(name, data);
    if (path !== data.path) put(moved, name, { ...data, path });
  }
  if (Object.keys(moved).length === 0) return plan;
  const steps = plan.steps.with(index, { ...planned, data: { ...planned.data, ...moved } });
  return { ...plan, steps };
}

function inputGone(name: string, data: ResolvedData): StepError {
  return {
    code: "data_changed",
    message: `input ${name} (${data.written}) is gone or no longer what the run was planned with: ${data.path}`,
    hint: "run the file again to use what is there now, or restore the old bytes; with keep: copy in stepwell.yml they are kept",
  };
}
