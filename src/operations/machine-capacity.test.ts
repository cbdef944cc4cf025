import { describe, expect, it } from "vitest";
import { gpuNames } from "./machine-capacity.ts";

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
