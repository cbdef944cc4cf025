import { expect, it } from "vitest";
import type { RecordedRun } from "../operations/recorded/read-run.ts";
import type { StepView } from "../operations/recorded/run-view.ts";
import { stepReport } from "./step-report.ts";

// What the definition says of a step is told as its author wrote it.

const STEP = { name: "train", type: "command" } as StepView;
const FROZEN = `/home/me/p/.stepwell/frozen/${"ab".repeat(32)}/root`;

function reported(node: Readonly<Record<string, unknown>>) {
  const nodes = [{ path: "train", command: "ls", compute: "local", code: null, ...node }];
  const run = { row: { name: "r-1" }, plan: { graph: { steps: nodes } } } as unknown as RecordedRun;
  return stepReport(run, STEP, [STEP]);
}

const asset = { kind: "asset", name: "sk", version: null, label: null, registry: null };
const inline = { kind: "inline", name: null, image: null, conda: null, requirements: null };

it.each([
  [null, null],
  [{ ...asset, version: "3" }, "azureml:sk:3"],
  [{ ...asset, label: "latest" }, "azureml:sk@latest"],
  [
    { ...asset, registry: "azureml", label: "latest" },
    "azureml://registries/azureml/environments/sk/labels/latest",
  ],
  [
    { ...asset, registry: "azureml", version: "2" },
    "azureml://registries/azureml/environments/sk/versions/2",
  ],
  [{ ...inline, image: "ubuntu" }, "ubuntu"],
  [{ ...inline, image: "ubuntu", conda: { path: `${FROZEN}/p/conda.yml` } }, "/p/conda.yml"],
  [{ ...inline, packages: ["six"] }, "written in the step"],
])("names the environment %j", (environment, name) => {
  expect(reported({ environment }).environment).toBe(name);
});

it("names the code where its author edits it", () => {
  const code = { path: `${FROZEN}/p/src`, includes: [`${FROZEN}/lib`], definitionFiles: [] };
  expect(reported({ code }).code).toEqual({ path: "/p/src", includes: ["/lib"] });
});
