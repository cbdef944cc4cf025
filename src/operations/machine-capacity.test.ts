import os from "node:os";
import { describe, expect, it } from "vitest";
import { poolOf } from "../core/schedule.ts";
import { defaultWorkspaceConfig, type LocalCompute } from "../spec/workspace-config.ts";
import { capacityOf, engineSupply, gpuNames } from "./machine-capacity.ts";

const LOCAL: LocalCompute = { type: "local", cpus: null, memoryBytes: null, gpus: null };
const CPUS = os.availableParallelism();

function supply(computes: Record<string, Partial<LocalCompute>>, slots: number | null = null) {
  const defaults = defaultWorkspaceConfig("/w");
  const said = Object.entries(computes).map(([name, one]) => [name, { ...LOCAL, ...one }]);
  const all = { ...defaults.computes, ...Object.fromEntries(said) };
  const config = { ...defaults, computes: all, slots };
  return engineSupply({ config, capacity: (name) => capacityOf(config, name, {}) });
}

function shared(computes: Record<string, Partial<LocalCompute>>, slots: number | null = null) {
  return supply(computes, slots).capacity;
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

describe("the computes whose steps are held to less", () => {
  const pools = (computes: Record<string, Partial<LocalCompute>>, slots: number | null = null) => {
    const all = supply(computes, slots).pools;
    return Object.fromEntries(
      Object.entries(all).map(([name, { cpus, gpus }]) => [name, [cpus, gpus]]),
    );
  };

  it("are none where there is one compute", () => {
    expect(pools({ "*": { cpus: 9, gpus: 2 } })).toEqual({});
    expect(pools({ small: { cpus: 1 } })).toEqual({});
    expect(pools({})).toEqual({});
  });

  it("are those that have less of anything than another has", () => {
    expect(pools({ small: { cpus: 1, gpus: 0 }, gpu: { cpus: 2, gpus: 3 } })).toEqual({
      small: [1, 0],
    });
    expect(pools({ a: { cpus: 1, gpus: 1 }, b: { cpus: 2, gpus: 0 } })).toEqual({
      a: [1, 1],
      b: [2, 0],
    });
  });

  it("have all cpus that `slots` says", () => {
    expect(pools({ small: { cpus: 1, gpus: 0 }, big: { cpus: 4, gpus: 1 } }, 8)).toEqual({
      small: [8, 0],
    });
  });

  it("are told by the names of computes, those that only * stands for together", () => {
    const of = (name: string) =>
      poolOf(supply({ "*": { cpus: 1 }, big: { cpus: 4 }, small: { cpus: 2 } }), name);
    expect([of("any"), of("small"), of("big"), of("local"), of("constructor")]).toEqual([
      "*",
      "small",
      null,
      null,
      "*",
    ]);
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
