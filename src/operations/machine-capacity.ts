// What computes have in all: what stepwell.yml says, else what this machine has.

import fs from "node:fs";
import os from "node:os";
import type { Demand } from "../core/plan.ts";
import { fitted, type Supply } from "../core/schedule.ts";
import { own, put } from "../spec/own-keys.ts";
import type { LocalCompute, WorkspaceConfig } from "../spec/workspace-config.ts";
import type { Workspace } from "./workspace.ts";

/** What a compute of this name has in all, or null when there is no such compute. */
export function capacityOf(config: WorkspaceConfig, name: string, shell: Shell): Demand | null {
  const configured = own(config.computes, name) ?? (name === "local" ? {} : config.computes["*"]);
  if (configured === undefined) return name === "serverless" ? machine(shell) : null;
  const all = machine(shell);
  const { cpus = null, memoryBytes = null, gpus = null } = configured as Partial<Demand>;
  return {
    cpus: cpus ?? all.cpus,
    memoryBytes: memoryBytes ?? all.memoryBytes,
    gpus: gpus ?? all.gpus,
  };
}

type Shell = Readonly<Record<string, string | undefined>>;

let thisMachine: Demand | null = null;

function machine(shell: Shell): Demand {
  thisMachine ??= {
    cpus: os.availableParallelism(),
    memoryBytes: memory(),
    gpus: countGpus(),
  };
  const listed = thisMachine.gpus === 0 ? null : listedGpus(shell);
  return listed === null ? thisMachine : { ...thisMachine, gpus: listed.length };
}

/** In a container no more than it may use. */
function memory(): number {
  const limit = process.constrainedMemory() ?? 0;
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

function countGpus(): number {
  try {
    return fs.readdirSync("/proc/driver/nvidia/gpus").length;
  } catch {
    return 0;
  }
}

/** The GPUs that the shell leaves to whoever is started in it; null: all. As CUDA reads it, up to the first that is none. */
function listedGpus({ CUDA_VISIBLE_DEVICES: listed }: Shell): readonly string[] | null {
  if (listed === undefined) return null;
  const names = listed.split(",").map((name) => name.trim());
  const end = names.findIndex((name) => name === "" || name.startsWith("-"));
  return end < 0 ? names : names.slice(0, end);
}

/** A name for each of `count` GPUs, as a step finds them in `CUDA_VISIBLE_DEVICES`. */
export function gpuNames(shell: Shell, count: number): readonly string[] {
  const listed = listedGpus(shell) ?? [];
  // stepwell.yml may give more than the shell lists.
  const others = Array.from({ length: count }, (_, index) => String(index));
  return [...new Set([...listed, ...others])].slice(0, count);
}

/**
 * What the steps of one engine share: they all run on this machine, so of each resource as much as that compute of
 * `stepwell.yml` which has most. `local` that nothing is said of counts only where there is no other.
 */
function sharedCapacity({ capacity, config }: Pick<Workspace, "capacity" | "config">): Demand {
  const { local, ...others } = config.computes;
  const isSaid = local !== undefined && saysHowMuch(local);
  const names = Object.keys(isSaid || Object.keys(others).length === 0 ? config.computes : others);
  const all = names.map((name) => capacity(name) ?? machine({}));
  const most = (of: (one: Demand) => number): number => Math.max(...all.map(of));
  return {
    cpus: config.slots ?? most(({ cpus }) => cpus),
    memoryBytes: most(({ memoryBytes }) => memoryBytes),
    gpus: most(({ gpus }) => gpus),
  };
}

/**
 * All of it, and the computes of `stepwell.yml` that have less: steps of such a one are held to its numbers together. The
 * computes that only `*` stands for are one.
 */
export function engineSupply(workspace: Pick<Workspace, "capacity" | "config">): Supply {
  const { computes } = workspace.config;
  const capacity = sharedCapacity(workspace);
  const pools: Record<string, Demand> = {};
  for (const [name, said] of Object.entries(computes)) {
    if (!saysHowMuch(said)) continue;
    const part = fitted(partOf(workspace, name) ?? capacity, capacity);
    if (KINDS.some((kind) => part[kind] < capacity[kind])) put(pools, name, part);
  }
  const named = Object.keys(computes).filter((name) => name !== "*");
  return { capacity, pools, named: named.includes("local") ? named : [...named, "local"] };
}

function saysHowMuch({ cpus, memoryBytes, gpus }: LocalCompute): boolean {
  return (cpus ?? memoryBytes ?? gpus) !== null;
}

/** `slots` says how many cpus there are, whatever the computes say. */
function partOf(
  { capacity, config }: Pick<Workspace, "capacity" | "config">,
  name: string,
): Demand | null {
  const part = capacity(name);
  return part === null || config.slots === null ? part : { ...part, cpus: config.slots };
}

const KINDS = ["cpus", "memoryBytes", "gpus"] as const;
