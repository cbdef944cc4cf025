// What components say of the names of their outputs, those of pipelines too.

import { expect, it } from "vitest";
import { findings, loaded } from "../../testing/loaded-job.ts";

const STEP = `
type: command
command: echo > \${{outputs.o}}
inputs: {as: {type: string, optional: true}}
outputs: {o: {type: uri_folder, name: of-step, version: "1"}}
`;
const INNER = `
type: pipeline
inputs: {as: {type: string, optional: true}}
outputs: {mid: {type: uri_folder, name: "\${{inputs.as}}", same: {ignore: ["*.log"]}}}
jobs:
  s: {component: ./step.yml, outputs: {o: "\${{parent.outputs.mid}}"}}
`;
const OUTER = `
type: pipeline
inputs: {as: {type: string, optional: true}}
outputs: {top: {type: uri_folder}}
jobs:
  m: {type: pipeline, component: ./inner.yml, inputs: {as: "\${{parent.inputs.as}}"}, outputs: {mid: "\${{parent.outputs.top}}"}}
`;

function outputOf(node: string) {
  const text = `type: pipeline\njobs:\n  n: {type: pipeline, component: ./outer.yml${node}}\n`;
  const files = { "step.yml": STEP, "inner.yml": INNER, "outer.yml": OUTER };
  const job = loaded(text, { files });
  expect(findings(job).filter((one) => one.startsWith("error"))).toEqual([]);
  return job.graph?.steps[0]?.outputs.o;
}

it("registers an output under the name that a pipeline component gives it", () => {
  expect(outputOf(", inputs: {as: given}")).toMatchObject({
    registerName: "given",
    registerVersion: null,
    same: ["*.log"],
  });
});

it("goes by the component of the step where the pipelines around give no name", () => {
  expect(outputOf("")).toMatchObject({ registerName: "of-step", registerVersion: "1" });
});

it("lets whoever runs it choose another name, whose version is its own", () => {
  const asked = { name: "mine", version: null as string | null };
  const node = (): string => `, inputs: {as: given}, outputs: {top: ${JSON.stringify(asked)}}`;
  expect(outputOf(node())).toMatchObject({ registerName: "mine", registerVersion: null });
  asked.version = "7";
  expect(outputOf(node())).toMatchObject({ registerName: "mine", registerVersion: "7" });
});

it("says that a name which a pipeline component takes from an input is none", () => {
  const text = `type: pipeline\njobs:\n  n: {type: pipeline, component: ./inner.yml, inputs: {as: a/b}}\n`;
  const job = loaded(text, { files: { "step.yml": STEP, "inner.yml": INNER } });
  expect(findings(job)).toContainEqual(expect.stringContaining("error bad_name"));
});

it.each([
  ["{type: custom_model, name: m}", "data"],
  ["{type: uri_folder, name: m}", null],
  ["{type: mlflow_model}", null],
])(
  "warns where %s stands for a folder of a component that is registered as another kind: %s",
  (top, as) => {
    const text = `type: pipeline
outputs: {top: ${top}}
jobs:
  s: {component: ./step.yml, outputs: {o: "\${{parent.outputs.top}}"}}
`;
    const { problems } = loaded(text, { files: { "step.yml": STEP } });
    const told = as === null ? [] : [expect.stringContaining(`it is registered as ${as}`)];
    expect(problems.map(({ message }) => message)).toEqual(told);
  },
);
