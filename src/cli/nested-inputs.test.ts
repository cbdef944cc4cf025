import { afterAll, beforeAll, expect, it } from "vitest";
import { makeRig, type Rig } from "../testing/rig.ts";

// A nested pipeline is shown with what it was given, as any other step.

let rig: Rig;

const INNER = `
type: pipeline
inputs:
  table: {type: uri_file}
  alpha: {type: number, default: 0.5}
  note: {type: string, optional: true}
  unread: {type: uri_file}
jobs:
  deep:
    type: pipeline
    inputs: {table: "\${{parent.inputs.table}}", alpha: "\${{parent.inputs.alpha}}"}
    jobs:
      show:
        command: cat \${{inputs.table}}; echo \${{inputs.alpha}}
        inputs: {table: "\${{parent.inputs.table}}", alpha: "\${{parent.inputs.alpha}}"}
`;

const JOB = `
type: pipeline
display_name: outer
settings: {default_compute: azureml:local}
inputs: {text: {type: uri_file, path: azureml:text@latest}}
jobs:
  make: {command: "echo made > \${{outputs.o}}", outputs: {o: {type: uri_file}}}
  given:
    component: ./inner.yml
    inputs:
      table: \${{parent.inputs.text}}
      alpha: 2
      unread: \${{parent.jobs.make.outputs.o}}
  made:
    component: ./inner.yml
    inputs:
      table: \${{parent.jobs.make.outputs.o}}
      unread: {path: ./text.txt}
`;

beforeAll(() => {
  rig = makeRig("nested-inputs");
  rig.write("text.txt", "text\n");
  rig.write("inner.yml", INNER);
  rig.write("job.yml", JOB);
  expect(rig.cli("data", "create", "--name", "text", "--path", "text.txt").code).toBe(0);
});

afterAll(() => rig.remove());

it("a nested pipeline stands where the definition has it, before its own steps", () => {
  const names = rig.run("run", "job.yml", "--name", "order").steps.map(({ name }) => name);
  const inside = (node: string) => [node, `${node}.deep`, `${node}.deep.show`];
  expect(names).toEqual(["make", ...inside("given"), ...inside("made")]);
});

it("--json has them: literals, defaults, data, outputs of steps, and what is not set", () => {
  const { steps } = rig.run("run", "job.yml", "--name", "one");
  const inputsOf = (step: string) => steps.find(({ name }) => name === step)?.inputs;
  const id = expect.stringMatching(/^sha256:/);
  const text = { type: "uri_file", path: rig.at("text.txt"), id, asset: "text:1" };
  const made = { type: "uri_file", from: "make.o", path: expect.stringContaining("/make/"), id };
  expect(inputsOf("given")).toEqual({
    table: text,
    alpha: { type: "number", value: "2" },
    note: { type: "string", value: null },
    unread: made,
  });
  expect(inputsOf("given.deep")).toEqual({ table: text, alpha: { type: "number", value: "2" } });
  expect(inputsOf("made")).toMatchObject({ table: made, alpha: { type: "number", value: "0.5" } });
  expect(inputsOf("made.deep.show")).toMatchObject({ table: made });
});

it("show has them in words", () => {
  const { stdout } = rig.cli("show", "one", "given");
  expect(stdout).toContain(`input table  ${rig.at("text.txt")}  (text:1)\n`);
  expect(stdout).toContain("input note  (not set)\n");
});

it("data that no step inside reads is named as it was written", () => {
  const found = rig.run("show", "one").steps.find(({ name }) => name === "made");
  expect(found?.inputs.unread).toEqual({
    type: "uri_file",
    path: rig.at("text.txt"),
    id: null,
    asset: null,
  });
});
