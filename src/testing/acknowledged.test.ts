import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LoopDisk, loopDisk } from "./loop-disk.ts";
import { killEverything, makeRig, type Rig } from "./rig.ts";

// The power goes at the moment at which a command says that it is done: what it was asked for is there all the same, and
// can be used after everything that it was made from is gone.

let disk: LoopDisk | null;
let rig: Rig;

beforeEach((context) => {
  disk = loopDisk(256);
  if (disk === null) return context.skip();
  rig = makeRig("told", disk.folder, disk.through);
});

afterEach(() => {
  if (disk === null) return;
  rig.remove();
  disk.remove();
});

function cutPower(): void {
  disk?.cutPower();
  while (killEverything(rig.folder) > 0);
  disk?.comeBack();
}

/** The command, and no power after its last word. */
function told(...words: readonly string[]): void {
  // What the user wrote before is not the command's to keep.
  spawnSync("sync", ["-f", rig.folder]);
  const { code, stderr } = rig.cli(...words);
  cutPower();
  expect([words.join(" "), code, code === 0 ? "" : stderr]).toEqual([words.join(" "), 0, ""]);
}

function gone(...names: readonly string[]): void {
  for (const name of names) fs.rmSync(rig.at(name), { recursive: true });
}

function textOf(output: string): string {
  const path = rig.run("show", "reads").outputs[output]?.path;
  return path === undefined ? "" : fs.readFileSync(path, "utf8");
}

it("keeps a registered component and its code", () => {
  rig.write("c/work.sh", "echo made > $1\n");
  rig.write(
    "c.yml",
    `type: command
name: made
version: "1"
code: ./c
command: sh work.sh \${{outputs.o}}
outputs: {o: {type: uri_file}}
`,
  );
  told("component", "create", "--file", "c.yml");
  gone("c", "c.yml");
  rig.write(
    "p.yml",
    `type: pipeline
settings: {default_compute: azureml:local}
outputs: {o: {type: uri_file}}
jobs: {a: {component: "azureml:made:1", outputs: {o: "\${{parent.outputs.o}}"}}}
`,
  );
  expect(rig.cli("run", "p.yml", "--name", "reads").code).toBe(0);
  expect(textOf("o")).toBe("made\n");
});

const READS = `type: command
command: cat \${{inputs.d}} > \${{outputs.o}}
compute: azureml:local
inputs: {d: {type: uri_file, path: "azureml:rows:1"}}
outputs: {o: {type: uri_file}}
`;

it.each([[[]], [["--copy"]]])("keeps registered data %s", (more) => {
  rig.write("rows.csv", "1,2\n");
  const what = ["--name", "rows", "--version", "1", "--type", "uri_file", "--path", "rows.csv"];
  told("data", "create", ...what, ...more);
  gone("rows.csv");
  rig.write("job.yml", READS);
  expect(rig.cli("run", "job.yml", "--name", "reads").code).toBe(0);
  expect(textOf("o")).toBe("1,2\n");
});

it("keeps what an output was registered as, and the output", () => {
  rig.write(
    "make.yml",
    `type: command
command: echo made > \${{outputs.o}}
compute: azureml:local
outputs: {o: {type: uri_file, name: rows, version: "1"}}
`,
  );
  told("run", "make.yml", "--name", "one");
  gone("make.yml");
  rig.write("job.yml", READS);
  expect(rig.cli("run", "job.yml", "--name", "reads").code).toBe(0);
  expect(textOf("o")).toBe("made\n");
});

it("keeps what was written into a file of the user's", () => {
  rig.write("train.py", "import argparse\np = argparse.ArgumentParser()\np.add_argument('--a')\n");
  rig.write("pipeline.yml", "type: pipeline\njobs:\n  first: {command: echo 1}\n");
  told("add", "train", "--", "python", "train.py", "--a", "1");
  expect(rig.read("pipeline.yml")).toMatch(/^type: pipeline\n.*first:.*train:.*--a/s);
  const left = fs.readdirSync(rig.folder).filter((name) => /^\.pipe|partial|tmp/.test(name));
  expect(left).toEqual([]);
});

it("keeps what was decided on runs", () => {
  rig.write(
    "job.yml",
    "type: command\ncommand: echo 1 > ${{outputs.o}}\ncompute: azureml:local\noutputs: {o: {type: uri_file}}\n",
  );
  expect(rig.cli("run", "job.yml", "--name", "one").code).toBe(0);
  told("pin", "one");
  expect(rig.cli("pin").stdout).toContain("one");
  told("invalidate", "one", "--reason", "wrong labels");
  expect(JSON.parse(rig.cli("plan", "job.yml", "--json").stdout).counts).toMatchObject({
    reuse: 0,
  });
  told("unpin", "one");
  told("delete", "one");
  expect(rig.cli("outputs", "one", "o", "--to", "copy").code).not.toBe(0);
});

const WITH_CODE = `type: command
code: src
command: sh work.sh \${{inputs.rows}} \${{inputs.folder}}/0 > \${{outputs.o}}
compute: azureml:local
inputs:
  rows: {type: uri_file, path: ./rows.csv}
  folder: {type: uri_folder, path: ./folder}
outputs: {o: {type: uri_file}}
`;

it.each([
  ["much code", 12, 1],
  ["many files to read", 1, 12],
])("keeps what a run that was taken needs to go on: %s", (_, parts, files) => {
  rig.write("job.yml", WITH_CODE);
  // Nothing is copied that could stand in for it.
  rig.write("stepwell.yml", "keep: reference\n");
  rig.write("rows.csv", "1,2\n");
  for (let index = 0; index < files; index += 1) rig.write(`folder/${index}`, `${index};`);
  for (let index = 0; index < parts; index += 1) rig.write(`src/part${index}.txt`, `${index}`);
  rig.write("src/work.sh", "cat $1 $2 part0.txt\n");
  // The run is taken, and nothing is done for it yet.
  rig.cliWith({ STEPWELL_CRASH_AT: "before-sync:1" }, "run", "job.yml", "--name", "one");
  cutPower();
  const run = rig.run("run", "--resume", "one");
  expect(run.steps.map(({ error }) => error)).toEqual([null]);
  expect(rig.read(run.outputs.o?.path.slice(rig.folder.length + 1) as string)).toBe("1,2\n0;0");
});
