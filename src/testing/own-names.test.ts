import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Two of the public examples call an input `constructor`. Names that JavaScript's objects have of their own are names
// like any other from the file to the record, and nothing of ours is polluted by them.

const NAMES = ["constructor", "__proto__", "prototype", "toString", "hasOwnProperty"];

let rig: Rig;

function pipeline(greeting: string): string {
  const jobs = NAMES.flatMap((name) => [
    `  ${name}:
    command: echo \${{inputs.${name}}} $(cat \${{inputs.file}}) > \${{outputs.${name}}}; echo '{"name":"${name}","value":1}' >> $STEPWELL_METRICS
    inputs: {${name}: ${greeting}, file: {type: uri_file, path: ./in.txt}}
    outputs: {${name}: {type: uri_file}}
    tags: {${name}: x}`,
    `  reads_${name}:
    command: cat \${{inputs.${name}}} > \${{outputs.o}}
    inputs: {${name}: "\${{parent.jobs.${name}.outputs.${name}}}"}
    outputs: {o: {type: uri_file}}`,
  ]);
  return `type: pipeline\ndisplay_name: names\nsettings: {default_compute: azureml:constructor}\njobs:\n${jobs.join("\n")}\n`;
}

beforeAll(() => {
  rig = makeRig("names");
  rig.write("in.txt", "there\n");
  rig.write("stepwell.yml", "computes: {constructor: {type: local}}\n");
  rig.write("pipeline.yml", pipeline("hello"));
});

afterAll(() => rig.remove());

describe("names that objects have of their own", () => {
  it("run, with their inputs, outputs and metrics", () => {
    const run = rig.run("run", "pipeline.yml");
    expect(run.steps.flatMap((step) => step.error?.message ?? [])).toEqual([]);
    for (const name of NAMES) {
      const reader = run.steps.find((step) => step.name === `reads_${name}`);
      expect(fs.readFileSync(reader?.outputs.o?.path ?? "", "utf8")).toBe("hello there\n");
      const step = run.steps.find((one) => one.name === name);
      expect(Object.entries(step?.metrics ?? {})).toEqual([[name, 1]]);
      expect(Object.keys(step?.outputs ?? {})).toEqual([name]);
    }
  });

  it("are reused, planned, explained and found like any other", () => {
    const plan = JSON.parse(rig.cli("plan", "pipeline.yml", "--json").stdout);
    expect(plan.counts).toMatchObject({ reuse: 10, run: 0, depends: 0 });
    rig.write("pipeline.yml", pipeline("bye"));
    const changed = JSON.parse(rig.cli("plan", "pipeline.yml", "--json").stdout);
    const reasons = changed.steps.map((step: { reason: { detail: string } }) => step.reason.detail);
    expect(reasons).toContain('parameter __proto__ "hello" → "bye"');
    const run = rig.run("run", "pipeline.yml");
    expect(run.status).toBe("Completed");
    for (const name of NAMES) expect(rig.cli("outputs", run.name, `${name}.${name}`).code).toBe(0);
    expect(rig.cli("why", run.name, "__proto__").stdout).toContain("parameter __proto__");
    expect(rig.cli("run", "pipeline.yml", "--from", "reads_constructor").code).toBe(0);
    expect(rig.cli("rerun", run.name).stdout).toContain("0 steps ran, 10 reused");
    const diff = rig.cli("diff", "names-1", run.name);
    expect(diff.stdout).toContain("parameter constructor");
  });

  it("that are not there are not found", () => {
    expect(rig.cli("outputs", "names-1", "constructor.valueOf").code).toBe(2);
    expect(rig.cli("outputs", "names-1", "valueOf").code).toBe(2);
    expect(rig.cli("validate", "pipeline.yml", "--compute", "toString").code).toBe(2);
  });
});
