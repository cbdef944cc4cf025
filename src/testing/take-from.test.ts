import fs from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// `--from` with real processes: what is taken counts as any reused step does.

const PIPELINE = `type: pipeline
display_name: taken
settings: {default_compute: azureml:local}
jobs:
  left: {command: "echo left >\${{outputs.o}}", outputs: {o: {type: uri_file, path: ./copies}}}
  right: {command: "echo right >\${{outputs.o}}", outputs: {o: {type: uri_file}}}
  join:
    command: "cat \${{inputs.a}} \${{inputs.b}}"
    inputs: {a: "\${{parent.jobs.left.outputs.o}}", b: "\${{parent.jobs.right.outputs.o}}"}
`;

let rig: Rig;

beforeAll(() => {
  rig = makeRig("taken");
  rig.write("pipeline.yml", PIPELINE);
});

afterAll(() => rig.remove());

it("steps that are taken are told together, and their copies are put back", () => {
  expect(rig.run("run", "pipeline.yml").status).toBe("Completed");
  const copies = `${rig.folder}/copies`;
  const before = fs.readFileSync(copies, "utf8");
  fs.rmSync(copies);
  const again = rig.run("run", "pipeline.yml", "--from", "join", "--force=join");
  const told = again.steps.map(({ name, reuse }) => [name, reuse.decision, reuse.reason?.detail]);
  expect(told).toEqual([
    ["left", "reused", "taken from taken-1"],
    ["right", "reused", "taken from taken-1"],
    ["join", "ran", "forced by --force"],
  ]);
  expect(fs.readFileSync(copies, "utf8")).toBe(before);
});

it("a step that differs from what is taken for it is told by plan, run and why, with its first difference", () => {
  rig.write("pipeline.yml", PIPELINE.replace("echo right", "echo other"));
  const told = /right is taken from taken-1 although it differs from it: command changed: /;
  const planned = rig.cli("plan", "pipeline.yml", "--from", "join", "--json");
  const { steps } = JSON.parse(planned.stdout);
  expect(steps).toMatchObject([
    { name: "left", decision: "reuse", warnings: [] },
    { name: "right", decision: "reuse", warnings: [expect.stringMatching(told)] },
    { name: "join", decision: "reuse", warnings: [] },
  ]);
  const run = rig.run("run", "pipeline.yml", "--from", "join");
  expect(run.warnings).toEqual(["step right was taken from taken-1 although it differs from it"]);
  expect(rig.cli("why", run.name, "right").stdout).toMatch(told);
  expect(rig.cli("why", run.name, "left").stdout).not.toContain("although");
});
