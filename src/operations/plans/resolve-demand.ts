// What a step takes from its compute: asked for, else by the table of Azure's instance types, else one cpu. More than
// the compute has is an error for GPUs; of the rest the step gets all there is and runs on it alone.

import type { Demand } from "../../core/plan.ts";
import type { StepNode } from "../../spec/graph.ts";
import { own } from "../../spec/own-keys.ts";
import type { Problem } from "../../spec/problem.ts";
import type { Workspace } from "../workspace.ts";
import { INSTANCE_TYPES } from "./instance-types.ts";

type Machine = Pick<Workspace, "config" | "capacity">;

/** The demand of a step; doubts and errors are reported. */
export function demandOf(
  workspace: Machine,
  step: StepNode,
  report: (problem: Problem) => void,
): Demand {
  const { cpus, memoryBytes, gpus, instanceType } = step.resources;
  const explicit = cpus !== null || memoryBytes !== null || gpus !== null;
  const table = explicit || instanceType === null ? undefined : sizeOf(workspace, instanceType);
  const demand = asBefore({
    cpus: cpus ?? table?.cpus ?? 1,
    memoryBytes: memoryBytes ?? table?.memoryBytes ?? 0,
    gpus: gpus ?? table?.gpus ?? 0,
  });
  const capacity = workspace.capacity(step.compute);
  if (capacity === null) return demand;
  const asker = table === undefined ? step.path : `${step.path} (${instanceType})`;
  if (demand.gpus > capacity.gpus) report(tooManyGpus(step, asker, demand.gpus, capacity.gpus));
  if (demand.cpus <= capacity.cpus && demand.memoryBytes <= capacity.memoryBytes) return demand;
  report(runsAlone(step, asker, demand, capacity));
  // All the slots there are, whichever of the two was too much: nothing runs beside it.
  return { ...demand, cpus: Math.max(demand.cpus, capacity.cpus, workspace.config.slots ?? 0) };
}

let before: Demand = { cpus: 1, memoryBytes: 0, gpus: 0 };

/** Most steps ask for the same: for one object then. */
function asBefore(demand: Demand): Demand {
  const { cpus, memoryBytes, gpus } = before;
  if (demand.cpus !== cpus || demand.memoryBytes !== memoryBytes || demand.gpus !== gpus)
    before = demand;
  return before;
}

function sizeOf(workspace: Machine, instanceType: string): Demand | undefined {
  const name = instanceType.toUpperCase();
  return own(workspace.config.instanceTypes, name) ?? own(INSTANCE_TYPES, name);
}

function tooManyGpus(step: StepNode, asker: string, asked: number, there: number): Problem {
  const gpus = (count: number): string => `${count} ${count === 1 ? "GPU" : "GPUs"}`;
  return {
    severity: "error",
    code: "too_many_gpus",
    message: `step ${asker} asks for ${gpus(asked)}; compute ${step.compute} has ${gpus(there)}`,
    hint: `ask for fewer with resources: {gpus: ${there}}, or choose another compute with --compute`,
    position: step.position,
  };
}

function runsAlone(step: StepNode, asker: string, asked: Demand, there: Demand): Problem {
  const cpus = asked.cpus > there.cpus ? [`${asked.cpus} cpus of ${there.cpus}`] : [];
  const memory =
    asked.memoryBytes > there.memoryBytes
      ? [`${gib(asked.memoryBytes)} of ${gib(there.memoryBytes)} memory`]
      : [];
  const much = [...cpus, ...memory].join(" and ");
  return {
    severity: "warning",
    code: "runs_alone",
    message: `step ${asker} asks for more than compute ${step.compute} has (${much}): it gets all of it and runs there alone`,
    hint: null,
    position: step.position,
  };
}

function gib(bytes: number): string {
  return `${Math.round((bytes / 2 ** 30) * 10) / 10} GiB`;
}
