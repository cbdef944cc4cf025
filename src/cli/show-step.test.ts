import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "../testing/rig.ts";

// `show RUN STEP`: one step with what it was to do, what it read and made, and how it ended.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("show step");
  rig.write("code/helper.txt", "1\n");
  rig.write("one.txt", "one\n");
  rig.write(
    "pipeline.yml",
    `type: pipeline
name: parts
settings: {default_compute: azureml:local}
jobs:
  first:
    command: cat \${{inputs.file}} > \${{outputs.out}}
    code: ./code
    inputs: {file: {type: uri_file, path: ./one.txt}, alpha: 0.5}
    outputs: {out: {type: uri_file}}
  inner:
    type: pipeline
    inputs: {in: "\${{parent.jobs.first.outputs.out}}"}
    jobs:
      deep:
        command: |
          echo one
          exit 3
        inputs: {in: "\${{parent.inputs.in}}"}
`,
  );
});

afterEach(() => rig.remove());

describe("show of one step", () => {
  it("prints its command, code, inputs, outputs, attempts and log", () => {
    rig.cli("run", "--name", "parts-1");
    const { code, stdout } = rig.cli("show", "parts-1", "first");
    expect(code).toBe(0);
    expect(stdout.replace(/, \d+\.\d s, at \S+/, ", TIME")).toBe(
      [
        "parts-1 first Completed: never ran",
        `command cat \${{inputs.file}} > \${{outputs.out}}`,
        `code ${rig.at("code")}`,
        "compute local",
        `input file  ${rig.at("one.txt")}`,
        "input alpha  0.5",
        `output out  ${rig.at(".stepwell/store/azureml/parts-1/first/out/out")}`,
        "attempt 1 Completed, exit code 0, TIME",
        `log ${rig.at(".stepwell/logs/parts-1/first.1.log")}`,
        "",
      ].join("\n"),
    );
  });

  it("takes RUN STEP, RUN.STEP and, where no run is called so, STEP", () => {
    rig.cli("run", "--name", "parts-1");
    const said = rig.cli("show", "parts-1", "first").stdout;
    for (const words of [["parts-1.first"], ["last", "first"], ["first"]])
      expect(rig.cli("show", ...words).stdout).toBe(said);
    rig.cli("run", "--name", "first-of-all");
    expect(rig.cli("show", "first").stdout).toMatch(/^first-of-all Failed/);
    expect(rig.cli("show", "last", "first").stdout).toMatch(
      /^first-of-all first Completed: reused from parts-1\n/,
    );
  });

  it("shows why one failed, and a nested pipeline by its steps", () => {
    rig.cli("run", "--name", "parts-1");
    const { stdout } = rig.cli("show", "inner.deep");
    expect(stdout).toMatch(
      /^parts-1 inner\.deep Failed: never ran\ncommand\n {2}echo one\n {2}exit 3\n/,
    );
    expect(stdout).toContain(`input in  ${rig.at(".stepwell")}`);
    expect(stdout).toMatch(/ {2}\(first\.out\)\n/);
    expect(stdout).toMatch(/attempt 1 Failed, exit code 3, /);
    expect(stdout).toMatch(/error {2}step inner\.deep.* 3/);
    expect(rig.cli("show", "inner").stdout).toMatch(
      /^parts-1 inner Failed\ninput in .*\(first\.out\)\nSTEP +STATUS .*\ninner\.deep +Failed /,
    );
  });

  it("prints one object with --json, and refuses a step that is not there", () => {
    rig.cli("run", "--name", "parts-1");
    expect(JSON.parse(rig.cli("show", "last", "first", "--json").stdout)).toMatchObject({
      schema: 1,
      run: "parts-1",
      name: "first",
      status: "Completed",
      command: `cat \${{inputs.file}} > \${{outputs.out}}`,
      code: { path: rig.at("code"), includes: [] },
      environment: null,
      compute: "local",
      inputs: { alpha: { type: "number", value: "0.5" } },
      steps: [],
    });
    const inner = JSON.parse(rig.cli("show", "last", "inner", "--json").stdout);
    expect(inner.steps.map((step: { name: string }) => step.name)).toEqual(["inner.deep"]);
    const missing = rig.cli("show", "last", "frist", "--json");
    expect(missing.code).not.toBe(0);
    expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: "unknown_step" } });
  });
});

describe("show of a job that is one command", () => {
  it("names each output once", () => {
    rig.write(
      "job.yml",
      `type: command
compute: local
command: echo 1 > \${{outputs.out}}
outputs: {out: {type: uri_file}}
`,
    );
    rig.run("run", "job.yml", "--name", "job-1");
    const out = rig.at(".stepwell/store/azureml/job-1/_/out/out");
    const lines = rig.cli("show", "job-1").stdout.split("\n");
    expect(lines.filter((line) => line.includes(out))).toEqual([`output out  ${out}`]);
  });
});
