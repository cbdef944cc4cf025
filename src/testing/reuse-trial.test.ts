import fs from "node:fs";
import nodePath from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// The trial in which every peer with a cache returned a stale result or ran too much. Each edit starts from a pipeline
// that has just run; exactly the ideal set of steps may run, and the result must be the right one.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: trial
settings: {default_compute: azureml:local}
jobs:
  first:
    command: echo first >> "$LEDGER" && python3 first.py \${{inputs.data}} \${{inputs.factor}} > \${{outputs.made}}
    code: ./first
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {data: {type: uri_file, path: ./data/in.txt}, factor: 2}
    outputs: {made: {type: uri_file}}
  second:
    command: echo second >> "$LEDGER" && python3 second.py \${{inputs.made}} > \${{outputs.doubled}}
    code: ./second
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {made: "\${{parent.jobs.first.outputs.made}}"}
    outputs: {doubled: {type: uri_file}}
`;

beforeAll(() => {
  rig = makeRig("trial");
  rig.write("data/in.txt", "1\n");
  rig.write("data/other.txt", "unrelated\n");
  rig.write("first/helper.py", "def help(x):\n    return x + 1\n");
  rig.write(
    "first/first.py",
    "import sys\nfrom helper import help\nprint(help(int(open(sys.argv[1]).read())) * int(sys.argv[2]) // 2)\n",
  );
  rig.write("second/second.py", "import sys\nprint(2 * int(open(sys.argv[1]).read()))\n");
  writePipeline(PIPELINE);
});

afterAll(() => rig.remove());

function writePipeline(text: string): void {
  rig.write("pipeline.yml", text.replaceAll("LEDGER_PATH", JSON.stringify(rig.at("ledger"))));
}

/** Runs and answers with what the second step made. */
function result(): string {
  const run = rig.run("run", "pipeline.yml");
  expect(run.status).toBe("Completed");
  const path = run.steps.find((step) => step.name === "second")?.outputs.doubled?.path ?? "";
  return fs.readFileSync(path, "utf8").trim();
}

function edit(file: string, change: (text: string) => string): void {
  rig.write(file, change(rig.read(file)));
}

describe("the reuse trial", () => {
  it("runs everything the first time", () => {
    expect(result()).toBe("4");
    expect(rig.ran()).toEqual(["first", "second"]);
  });

  it("runs nothing when nothing has changed", () => {
    expect(result()).toBe("4");
    expect(rig.ran()).toEqual([]);
  });

  it("runs only the edited step after a comment, because its output stays the same", () => {
    edit("first/first.py", (text) => `# a comment\n${text}`);
    expect(result()).toBe("4");
    expect(rig.ran()).toEqual(["first"]);
  });

  it("runs only the edited step after equivalent code", () => {
    edit("first/helper.py", (text) => text.replace("x + 1", "1 + x"));
    expect(result()).toBe("4");
    expect(rig.ran()).toEqual(["first"]);
  });

  it("runs everything below a changed helper, and the result is the new one", () => {
    edit("first/helper.py", (text) => text.replace("1 + x", "100 + x"));
    expect(result()).toBe("202");
    expect(rig.ran()).toEqual(["first", "second"]);
  });

  it("runs nothing when an input was only touched", () => {
    edit("data/in.txt", (text) => text);
    expect(result()).toBe("202");
    expect(rig.ran()).toEqual([]);
  });

  it("runs what reads a changed input", () => {
    edit("data/in.txt", () => "2\n");
    expect(result()).toBe("204");
    expect(rig.ran()).toEqual(["first", "second"]);
  });

  it("runs nothing when a step is renamed", () => {
    writePipeline(
      PIPELINE.replaceAll("first:", "renamed:").replace("jobs.first.", "jobs.renamed."),
    );
    expect(result()).toBe("204");
    expect(rig.ran()).toEqual([]);
  });

  it("runs nothing when keys of the file change places", () => {
    const swapped = PIPELINE.replace(
      "    code: ./first\n    environment_variables: {LEDGER: LEDGER_PATH}\n",
      "    environment_variables: {LEDGER: LEDGER_PATH}\n    code: ./first\n",
    ).replace("type: pipeline\ndisplay_name: trial\n", "display_name: trial\ntype: pipeline\n");
    writePipeline(swapped);
    expect(result()).toBe("204");
    expect(rig.ran()).toEqual([]);
  });

  it("runs nothing when an unrelated file changes", () => {
    edit("data/other.txt", () => "changed\n");
    expect(result()).toBe("204");
    expect(rig.ran()).toEqual([]);
  });

  it("runs nothing when an earlier state comes back", () => {
    edit("data/in.txt", () => "1\n");
    expect(result()).toBe("202");
    expect(rig.ran()).toEqual([]);
  });

  it("runs a step again whose recorded output was deleted, and says so", () => {
    const run = rig.run("run", "pipeline.yml");
    const path = run.steps.find((step) => step.name === "second")?.outputs.doubled?.path ?? "";
    removeFile(path);
    const plan = JSON.parse(rig.cli("plan", "pipeline.yml", "--json").stdout);
    expect(plan.steps[1]).toMatchObject({ decision: "run", reason: { kind: "outputs_deleted" } });
    expect(result()).toBe("202");
    expect(rig.ran()).toEqual(["second"]);
  });
});

/** The store is read-only by courtesy: its owner can still delete. */
function removeFile(path: string): void {
  fs.chmodSync(nodePath.dirname(path), 0o755);
  fs.rmSync(path);
}
