import os from "node:os";
import { describe, expect, it } from "vitest";
import { defaultWorkspaceConfig, type LocalCompute } from "../spec/workspace-config.ts";
import { capacityOf, engineCapacity, gpuNames } from "./machine-capacity.ts";

const LOCAL: LocalCompute = { type: "local", cpus: null, memoryBytes: null, gpus: null };
const CPUS = os.availableParallelism();

function shared(computes: Record<string, Partial<LocalCompute>>, slots: number | null = null) {
  const defaults = defaultWorkspaceConfig("/w");
  const said = Object.entries(computes).map(([name, one]) => [name, { ...LOCAL, ...one }]);
  const all = { ...defaults.computes, ...Object.fromEntries(said) };
  const config = { ...defaults, computes: all, slots };
  return engineCapacity({ config, capacity: (name) => capacityOf(config, name, {}) });
}

describe("what the steps of one engine share", () => {
  it("is what the one compute has, whatever name the pipelines give it", () => {
    expect(shared({ "*": { cpus: 9, memoryBytes: 5, gpus: 2 } })).toEqual({
      cpus: 9,
      memoryBytes: 5,
      gpus: 2,
    });
    expect(shared({ local: { cpus: 1 } }).cpus).toBe(1);
    expect(shared({ small: { cpus: 0.5 } }).cpus).toBe(0.5);
  });

  it("is of each resource as much as any of several has", () => {
    const { cpus, gpus } = shared({ small: { cpus: 1, gpus: 0 }, gpu: { gpus: 3 } });
    expect({ cpus, gpus }).toEqual({ cpus: CPUS, gpus: 3 });
    expect(shared({ local: { cpus: 77 }, small: { cpus: 1 } }).cpus).toBe(77);
  });

  it("is the machine where nothing is said, and so many steps as `slots` says", () => {
    expect(shared({})).toMatchObject({ cpus: CPUS });
    expect(shared({ small: { cpus: 1 } }, 6).cpus).toBe(6);
  });
});

describe("the GPUs that are given out", () => {
  it.each([
    ["all that there are, by their numbers", undefined, 2, ["0", "1"]],
    ["those that the shell lists", "3,1", 2, ["3", "1"]],
    ["those that the shell lists, by whatever name", "GPU-5a, MIG-7", 2, ["GPU-5a", "MIG-7"]],
    ["as CUDA reads the list, none behind one that is not there", "2,-1,0", 1, ["2"]],
    ["others too where stepwell.yml says that there are more", "2", 3, ["2", "0", "1"]],
    ["none where there are none", "0", 0, []],
  ])("are %s", (_, listed, count, expected) => {
    expect(gpuNames({ CUDA_VISIBLE_DEVICES: listed }, count)).toEqual(expected);
  });
});
