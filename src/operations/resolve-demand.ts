// What a step takes from its compute: asked for, else by the table of Azure's instance types, else one cpu. More than
// the compute has is an error for GPUs; of the rest the step gets all there is and runs alone.

import type { Demand } from "../core/plan.ts";
import type { StepNode } from "../spec/graph.ts";
import type { Problem } from "../spec/problem.ts";
import { INSTANCE_TYPES } from "./instance-types.ts";
import type { Workspace } from "./workspace.ts";

/** The demand of a step; doubts and errors are added to `problems`. */
export function demandOf(workspace: Workspace, step: StepNode, problems: Problem[]): Demand {
  const { cpus, memoryBytes, gpus, instanceType } = step.resources;
  const table = instanceType === null ? undefined : INSTANCE_TYPES[instanceType.toUpperCase()];
  const explicit = cpus !== null || memoryBytes !== null || gpus !== null;
  const base = explicit ? undefined : table;
  const demand: Demand = {
    cpus: cpus ?? base?.cpus ?? 1,
    memoryBytes: memoryBytes ?? base?.memoryBytes ?? 0,
    gpus: gpus ?? base?.gpus ?? 0,
  };
  const capacity = workspace.capacity(step.compute);
  if (capacity === null) return demand;
  if (gpus !== null && gpus > capacity.gpus) problems.push(tooManyGpus(step, gpus, capacity.gpus));
  if (explicit && (demand.cpus > capacity.cpus || demand.memoryBytes > capacity.memoryBytes))
    problems.push(runsAlone(step));
  return demand;
}

function tooManyGpus(step: StepNode, asked: number, there: number): Problem {
  return {
    severity: "error",
    code: "too_many_gpus",
    message: `step ${step.path} asks for ${asked} GPUs; compute ${step.compute} has ${there}`,
    hint: "lower resources.gpus, or choose another compute",
    position: step.position,
  };
}

function runsAlone(step: StepNode): Problem {
  return {
    severity: "warning",
    code: "runs_alone",
    message: `step ${step.path} asks for more than compute ${step.compute} has: it gets all of it and runs alone`,
    hint: null,
    position: step.position,
  };
}
