import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Modes of inputs on this machine: a mount is the data itself, to read; a download is a copy of the attempt's own.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("modes");
  rig.write("data/a.txt", "a\n");
});

afterEach(() => rig.remove());

const writes = (mode: string, input = "./data"): string => `
type: command
compute: local
command: echo more >> \${{inputs.d}}/a.txt; cat \${{inputs.d}}/a.txt > \${{outputs.o}}
inputs: {d: {type: uri_folder, mode: ${mode}, path: "${input}"}}
outputs: {o: {type: uri_file}}
`;

const CHAIN = `
type: pipeline
display_name: chain
settings: {default_compute: azureml:local}
jobs:
  make:
    type: command
    command: echo a > \${{outputs.d}}/a.txt
    outputs: {d: {type: uri_folder}}
  change:
    type: command
    command: echo more >> \${{inputs.d}}/a.txt; cat \${{inputs.d}}/a.txt > \${{outputs.o}}
    inputs: {d: {type: uri_folder, mode: download, path: "\${{parent.jobs.make.outputs.d}}"}}
    outputs: {o: {type: uri_file}}
`;

describe("an input", () => {
  it("of mode download may be written to: only the step sees it", () => {
    rig.write("p.yml", writes("download"));
    const run = rig.run("run", "p.yml");
    expect(run.status).toBe("Completed");
    const at = rig.cli("outputs", run.name, "o").stdout.trim();
    expect(fs.readFileSync(at, "utf8")).toBe("a\nmore\n");
    expect(rig.read("data/a.txt")).toBe("a\n");
    const left = fs
      .readdirSync(rig.at(".stepwell/attempts"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("a.txt"));
    expect(left).toEqual([]);
  });

  it("of mode download does not care what becomes of the place that it was copied from", () => {
    rig.write(
      "p.yml",
      writes("download").replace("echo more", `echo late >> ${rig.at("data/a.txt")}; echo more`),
    );
    const run = rig.run("run", "p.yml");
    expect([run.status, run.steps[0]?.error ?? null]).toEqual(["Completed", null]);
    expect(rig.read("data/a.txt")).toBe("a\nlate\n");
  });

  it("of mode download that another step made stays what was recorded", () => {
    rig.write("p.yml", CHAIN);
    expect(rig.run("run", "p.yml").status).toBe("Completed");
    const again = rig.run("run", "p.yml");
    expect(again.steps.map((step) => step.reuse?.decision)).toEqual(["reused", "reused"]);
  });

  it.each(["ro_mount", "rw_mount"])("of mode %s fails the step that writes to it", (mode) => {
    rig.write("p.yml", writes(mode));
    const run = rig.run("run", "p.yml");
    expect(run.steps[0]?.error?.code).toBe("changed_while_read");
  });
});
