import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clonesFiles } from "../../testing/clones-files.ts";
import { collectLater } from "../../testing/collect-later.ts";
import { makeRig, type Rig } from "../../testing/rig.ts";

let rig: Rig;
beforeEach(() => {
  rig = makeRig("disk");
  rig.write("stepwell.yml", 'computes: {"*": {type: local}}\n');
  rig.write("pipeline.yml", PIPELINE);
});
afterEach(() => rig.remove());

const PIPELINE = `type: pipeline
display_name: taxi
jobs:
  one: {command: "head -c 300000 /dev/zero >\${{outputs.o}}", outputs: {o: {type: uri_file}}}
  two: {command: "head -c 300000 /dev/zero >\${{outputs.o}}/part; head -c 1000 /dev/zero >\${{outputs.o}}/small", outputs: {o: {type: uri_folder}}}
`;

interface Usage {
  readonly groups: readonly { name: string; sizeBytes: number; sharedBytes: number }[];
  readonly sizeBytes: number;
  readonly garbageBytes: number;
}

function usage(by: string): Usage {
  const done = rig.cli("du", "--by", by, "--json");
  expect(done.code).toBe(0);
  return JSON.parse(done.stdout) as Usage;
}

it("says what takes the disk, and counts the same bytes once", () => {
  rig.run("run", "pipeline.yml");
  const steps = usage("step");
  const one = steps.groups.find((group) => group.name === "taxi: one");
  const two = steps.groups.find((group) => group.name === "taxi: two");
  expect(two?.sizeBytes).toBeGreaterThanOrEqual(301_000);
  const isShared = !clonesFiles(rig.folder);
  expect([one?.sharedBytes, two?.sharedBytes]).toEqual(isShared ? [300_000, 300_000] : [0, 0]);
  expect(steps.sizeBytes).toBe(
    (one?.sizeBytes ?? 0) + (two?.sizeBytes ?? 0) - (isShared ? 300_000 : 0),
  );
  expect(usage("pipeline").groups.map((group) => group.name)).toEqual(["taxi"]);
  expect(usage("run").groups.map((group) => group.name)).toEqual(["taxi-1"]);
  expect(usage("experiment").groups.map((group) => group.name)).toEqual(["taxi"]);
  const kinds = usage("kind").groups.map((group) => group.name);
  expect(kinds).toEqual(expect.arrayContaining(["outputs", "logs", "records"]));
  expect(rig.cli("du").stdout).toMatch(/SIZE +SHARED +KIND[\s\S]*in all\ngc would free/);
  expect(rig.cli("du", "--by", "colour").code).toBe(2);
});

it("counts a reused result where it was made", () => {
  rig.run("run", "pipeline.yml");
  rig.run("run", "pipeline.yml");
  const sizeOf = (run: string): number =>
    usage("run").groups.find((group) => group.name === run)?.sizeBytes ?? 0;
  expect(sizeOf("taxi-1")).toBeGreaterThan(300_000);
  expect(sizeOf("taxi-2")).toBe(0);
});

it("notes the size of the workspace where all of it was counted, and looks at it no second time elsewhere", () => {
  rig.run("run", "pipeline.yml");
  const note = (): string => fs.readFileSync(rig.at(".stepwell/cache/usage.json"), "utf8");
  const before = note();
  usage("step");
  expect(note()).toBe(before);
  const { sizeBytes } = usage("kind");
  expect(JSON.parse(note())).toMatchObject({ sizeBytes });
});

it("counts copies of the record that earlier versions left as records, and gc leaves the newest", () => {
  rig.run("run", "pipeline.yml");
  const copies = ["v3-1", "v10-1", "v9-2"].map((name) =>
    rig.at(`.stepwell/stepwell.db.${name}.bak`),
  );
  for (const [age, at] of copies.reverse().entries()) {
    fs.writeFileSync(at, "x".repeat(500_000));
    fs.utimesSync(at, 0, Date.now() / 1000 - age);
  }
  rig.write(".stepwell/stepwell.db.mine.bak", "not one of them");
  const records = usage("kind").groups.find(({ name }) => name === "records");
  expect(records?.sizeBytes).toBeGreaterThan(1_500_000);
  const { removed } = JSON.parse(rig.cli("gc", "--json").stdout);
  expect(removed.records).toEqual({ count: 2, sizeBytes: 1_000_000 });
  const left = fs.readdirSync(rig.at(".stepwell")).filter((name) => name.endsWith(".bak"));
  expect(left.sort()).toEqual(["stepwell.db.mine.bak", "stepwell.db.v9-2.bak"]);
});

it("counts an empty workspace as nothing", () => {
  fs.mkdirSync(rig.at(".stepwell"));
  for (const by of ["run", "step", "pipeline", "experiment"])
    expect(usage(by)).toMatchObject({ groups: [], sizeBytes: 0, garbageBytes: 0 });
  const kinds = usage("kind").groups.map((group) => group.name);
  expect(kinds).not.toContain("outputs");
});

it("warns at the end of a run when the workspace is larger than asked for, and names the ways out", () => {
  const quiet = rig.cli("run", "pipeline.yml");
  expect(quiet.stderr).not.toContain("warn_size");
  rig.write("stepwell.yml", 'computes: {"*": {type: local}}\nwarn_size: 100kB\n');
  const told = rig.cli("run", "pipeline.yml");
  expect(told.stderr).toMatch(/this workspace takes .* more than 100 kB \(warn_size\)/);
  expect(told.stderr).toContain("stepwell gc");
  rig.write("stepwell.yml", 'computes: {"*": {type: local}}\nwarn_size: lots\n');
  expect(rig.cli("run", "pipeline.yml").stderr).toContain("lots");
});

it("lets gc remove shared bytes that no output names any more, and no others", async () => {
  const { steps } = rig.run("run", "pipeline.yml");
  const shared = rig.at(".stepwell/store/.shared");
  const files = (): string[] =>
    fs
      .readdirSync(shared, { recursive: true, withFileTypes: true })
      .flatMap((entry) => (entry.isFile() ? [`${entry.parentPath}/${entry.name}`] : []));
  expect(files()).toHaveLength(2);
  rig.cli("gc");
  expect(files()).toHaveLength(2);
  const [one, two] = steps.map((step) => path.dirname(step.outputs.o?.path ?? "")) as [
    string,
    string,
  ];
  removeOutput(one);
  // Where blocks can be shared, the shared file has no other name and is only kept for the next step.
  await collectLater(rig, 2, false);
  expect(files()).toHaveLength(clonesFiles(rig.folder) ? 0 : 2);
  removeOutput(two);
  await collectLater(rig, 2, false);
  expect(files()).toEqual([]);
});

it("ends quietly when whoever reads its output has left", () => {
  rig.write("pipeline.yml", "type: command\ncompute: local\ncommand: seq 99999\n");
  rig.run("run", "pipeline.yml");
  const cli = `"${process.execPath}" "${path.resolve("dist/stepwell.js")}"`;
  for (const words of ["runs", "du --by run", "show", "logs"]) {
    const line = `set -o pipefail; ${cli} ${words} | true`;
    const done = spawnSync("bash", ["-c", line], { cwd: rig.folder, encoding: "utf8" });
    expect([words, done.status, done.stderr]).toEqual([words, 0, ""]);
  }
});

/** The store is read-only by courtesy: its owner can still delete. */
function removeOutput(folder: string): void {
  spawnSync("chmod", ["-R", "u+w", folder]);
  fs.rmSync(folder, { recursive: true });
}
