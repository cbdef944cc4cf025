import { expect, it } from "vitest";
import { loaded } from "../testing/loaded-job.ts";

it.each([
  ["uri_folder", "{type: uri_file, path: ./data/f.csv}", "write `type: uri_folder`"],
  ["uri_folder", "{path: ./data/f.csv}", "name a folder"],
  ["uri_file", "{path: ./data}", "name a file"],
  ["mltable", "{path: ./data}", "write `type: mltable`"],
  ["uri_folder", `"\${{parent.inputs.f}}"`, "the pipeline's input as `uri_folder`"],
  ["uri_file", `"\${{parent.jobs.b.outputs.o}}"`, "the output as `uri_file`"],
])("a %s that is given %s can be mended on either side", (type, given, otherwise) => {
  const files = { "data/f.csv": "", "c.yml": `command: ls\ninputs: {data: {type: ${type}}}` };
  const text = `type: pipeline
inputs: {f: {type: uri_file, path: ./data/f.csv}}
jobs:
  a: {component: ./c.yml, inputs: {data: ${given}}}
  b: {command: ls, outputs: {o: {type: uri_folder}}}
`;
  const [problem, ...more] = loaded(text, { files }).problems;
  expect([problem?.code, more]).toEqual(["type_mismatch", []]);
  expect(problem?.hint).toMatch(/^Declare the input as `uri_\w+`, or /);
  expect(problem?.hint).toContain(`, or ${otherwise}.`);
});

it("of a component that is not there nobody says what kind of data it makes", () => {
  const text = `type: pipeline
jobs:
  a: {component: azureml:gone:1}
  b: {component: ./c.yml, inputs: {data: "\${{parent.jobs.a.outputs.o}}"}}
`;
  const files = { "c.yml": "command: ls\ninputs: {data: {type: uri_file}}" };
  expect(loaded(text, { files }).problems.map(({ code }) => code)).toEqual(["unknown_component"]);
});
