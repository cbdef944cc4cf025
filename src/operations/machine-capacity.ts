// What computes have in all: what stepwell.yml says, else what this machine has.

import fs from "node:fs";
import os from "node:os";
import type { Demand } from "../core/plan.ts";
import { own } from "../spec/own-keys.ts";
import type { WorkspaceConfig } from "../spec/workspace-config.ts";
import type { Workspace } from "./workspace.ts";

/** What a compute of this name has in all, or null when there is no such compute. */
export function capacityOf(config: WorkspaceConfig, name: string): Demand | null {
  const configured = own(config.computes, name) ?? (name === "local" ? {} : config.computes["*"]);
  if (configured === undefined) return name === "serverless" ? machine() : null;
  const all = machine();
  const { cpus = null, memoryBytes = null, gpus = null } = configured as Partial<Demand>;
  return {
    cpus: cpus ?? all.cpus,
    memoryBytes: memoryBytes ?? all.memoryBytes,
    gpus: gpus ?? all.gpus,
  };
}

let thisMachine: Demand | null = null;

function machine(): Demand {
  thisMachine ??= {
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    gpus: countGpus(),
  };
  return thisMachine;
}

function countGpus(): number {
  try {
    return fs.readdirSync("/proc/driver/nvidia/gpus").length;
  } catch {
    return 0;
  }
}

/** What the steps of one engine share. */
export function engineCapacity(workspace: Pick<Workspace, "capacity" | "config">): Demand {
  const capacity = workspace.capacity("local") ?? machine();
  const star = workspace.capacity(workspace.config.defaultCompute ?? "local") ?? capacity;
  const cpus = workspace.config.slots ?? star.cpus;
  return { cpus, memoryBytes: star.memoryBytes, gpus: star.gpus };
}
