import { describe, expect, it } from "vitest";
import type { Demand } from "../../core/plan.ts";
import type { StepNode } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import { defaultWorkspaceConfig } from "../../spec/workspace-config.ts";
import { demandOf } from "./resolve-demand.ts";

const GIB = 2 ** 30;
const NONE = { cpus: null, memoryBytes: null, gpus: null, instanceType: null, instanceCount: 1 };

/** What a step takes of 2 cpus, 8 GiB and one GPU, and what is said about it. */
function asks(resources: Partial<StepNode["resources"]>): [Demand, readonly Problem[]] {
  const config = {
    ...defaultWorkspaceConfig("/w"),
    instanceTypes: { OURS: { cpus: 2, memoryBytes: 3 * GIB, gpus: 1 } },
  };
  const capacity = { cpus: 2, memoryBytes: 8 * GIB, gpus: 1 };
  const workspace = { config, capacity: () => capacity };
  const step = { path: "train", compute: "local", position: null } as unknown as StepNode;
  const problems: Problem[] = [];
  const asked = { ...step, resources: { ...NONE, ...resources } };
  const demand = demandOf(workspace, asked, (problem) => problems.push(problem));
  return [demand, problems];
}

describe("the demand of a step", () => {
  it.each([
    ["nothing: one cpu", {}, { cpus: 1, memoryBytes: 0, gpus: 0 }],
    ["resources", { cpus: 2, memoryBytes: GIB }, { cpus: 2, memoryBytes: GIB, gpus: 0 }],
    [
      "an instance type",
      { instanceType: "Standard_DS2_v2" },
      { cpus: 2, memoryBytes: 7 * GIB, gpus: 0 },
    ],
    [
      "one of the workspace's own",
      { instanceType: "ours" },
      { cpus: 2, memoryBytes: 3 * GIB, gpus: 1 },
    ],
    ["an unknown one: one cpu", { instanceType: "cray" }, { cpus: 1, memoryBytes: 0, gpus: 0 }],
    [
      "resources before the type",
      { cpus: 1, instanceType: "ours" },
      { cpus: 1, memoryBytes: 0, gpus: 0 },
    ],
  ])("comes from %s", (_, resources, demand) => {
    expect(asks(resources)).toEqual([demand, []]);
  });

  it.each([
    ["cpus", { cpus: 8 }, /8 cpus of 2\)/],
    ["memory", { memoryBytes: 9 * GIB }, /9 GiB of 8 GiB memory/],
    ["an instance type", { instanceType: "Standard_D4_v3" }, /4 cpus of 2 and 16 GiB of 8 GiB/],
  ])("beyond the compute in %s is a warning, and the step runs alone", (_, resources, words) => {
    const [demand, problems] = asks(resources);
    expect(demand.cpus).toBeGreaterThanOrEqual(2);
    expect(problems).toMatchObject([{ severity: "warning", code: "runs_alone" }]);
    expect(problems[0]?.message).toMatch(words);
  });

  it.each([
    ["gpus", { gpus: 2 }, "step train asks for 2 GPUs; compute local has 1 GPU"],
    [
      "an instance type",
      { instanceType: "STANDARD_NC12S_V3" },
      "(STANDARD_NC12S_V3) asks for 2 GPUs",
    ],
  ])("beyond the compute in GPUs by %s is an error", (_, resources, words) => {
    const [, problems] = asks(resources);
    expect(problems[0]).toMatchObject({ severity: "error", code: "too_many_gpus" });
    expect(problems[0]?.hint).toContain("resources: {gpus: 1}");
    expect(problems[0]?.message).toContain(words);
  });
});
