import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, eventually, exited, makeRig, type Rig } from "../testing/rig.ts";

// Many experiments: a run for each combination, found and compared by what they were given and what they measured.

let rig: Rig;
let each: Ended;

beforeAll(() => {
  rig = makeRig("experiments");
  rig.write("pipeline.yml", GRID);
  // Room for several runs at once on any machine: only --max-concurrent holds them back.
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 4}}\n");
  each = rig.cli("run", "--each", "alpha=1,3", "--each", "seed=1..2", "--tag", "team=x");
});

afterAll(() => rig.remove());

const GRID = `
type: pipeline
display_name: grid
settings: {default_compute: azureml:local}
inputs: {alpha: 1, seed: 1}
jobs:
  prepare:
    command: "echo prepared > \${{outputs.table}}"
    outputs: {table: {type: uri_file}}
  train:
    command: "cat \${{inputs.table}}; echo '{\\"score\\": \${{inputs.alpha}}\${{inputs.seed}}, \\"loss\\": {\\"test\\": 0.5}}' > \${{outputs.metrics}}"
    inputs: {table: "\${{parent.jobs.prepare.outputs.table}}", alpha: "\${{parent.inputs.alpha}}", seed: "\${{parent.inputs.seed}}"}
    outputs: {metrics: {type: uri_file}}
`;

function lines(...words: readonly string[]): readonly string[] {
  return rig
    .cli(...words)
    .stdout.trim()
    .split(/\r?\n/);
}

describe("run --each", () => {
  it("makes one run for each combination, runs what they share once, and compares them", () => {
    expect([each.code, each.stdout.trim().split("\n")]).toEqual([
      0,
      [
        expect.stringMatching(/^run +alpha +seed +status +train\.score +train\.loss\.test$/),
        expect.stringMatching(/^grid-1 +1 +1 +Completed +11 +0\.5$/),
        expect.stringMatching(/^grid-2 +1 +2 +Completed +12 +0\.5$/),
        expect.stringMatching(/^grid-3 +3 +1 +Completed +31 +0\.5$/),
        expect.stringMatching(/^grid-4 +3 +2 +Completed +32 +0\.5$/),
        "4 runs: 1 prepare, 4 train",
      ],
    ]);
  });

  it("groups them under one experiment and one tag", () => {
    const { runs } = JSON.parse(rig.cli("runs", "--json").stdout);
    const groups = new Set(runs.map((run: { tags: { group: string } }) => run.tags.group));
    expect([runs.length, groups.size]).toEqual([4, 1]);
    expect(new Set(runs.map((run: { experiment: string }) => run.experiment))).toEqual(
      new Set(["grid"]),
    );
  });

  it("reuses what an earlier group ran, and says so as JSON", () => {
    const again = JSON.parse(
      rig.cli("run", "--each", "alpha=3,5", "--each", "seed=1", "--max-concurrent", "1", "--json")
        .stdout,
    );
    expect(again.ran).toEqual({ train: 1 });
    expect(again.runs.map((run: { each: unknown }) => run.each)).toEqual([
      { alpha: "3", seed: "1" },
      { alpha: "5", seed: "1" },
    ]);
  });

  it("ends with 1 when one of them fails, and runs the others", () => {
    const commands = "jobs.train.command=echo > ${{outputs.metrics}},exit 3";
    const ended = rig.cli("run", "--each", commands, "--until", "train");
    expect([ended.code, ended.stdout]).toEqual([
      1,
      expect.stringMatching(/Completed[\s\S]*Failed/),
    ]);
    expect(ended.stdout).toMatch(/jobs\.train\.command/);
    expect(ended.stdout.trim().split("\n").at(-1)).toBe("2 runs: 1 train");
    const [, failed] = /^(\S+) Failed/m.exec(ended.stderr) ?? [];
    expect(ended.stderr).toContain(`${failed} failed: step train ended with exit code 3`);
    expect(ended.stderr).toContain(`\n  stepwell logs ${failed} train\n`);
    const none = rig.cli("run", "--each", "jobs.train.command=exit 3,exit 3", "--until", "train");
    expect(none.stdout.trim().split("\n").at(-1)).toMatch(/^\d runs?: nothing ran to a good end$/);
  });

  it("says why one failed whose steps all ended well", () => {
    const named = ["--set", "jobs.train.outputs.metrics.name=once"];
    const version = ["--set", "jobs.train.outputs.metrics.version=1"];
    const ended = rig.cli("run", "--each", "alpha=11,12", "--until", "train", ...named, ...version);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/^\S+ failed: data once:1 exists with other content/m);
    expect(ended.stderr).toContain(
      "\n  → register it as the next free version: stepwell data create",
    );
  });

  it("starts nothing when one of them is a mistake", () => {
    const before = lines("runs", "--csv").length;
    expect(rig.cli("run", "--each", "nope=1,2").stderr).toMatch(/the job has no input `nope`/);
    expect(rig.cli("run", "--each", "alpha=1", "--name", "x").code).toBe(2);
    expect(rig.cli("run", "--each", "alpha=1", "--max-concurrent", "0").code).toBe(2);
    expect(lines("runs", "--csv")).toHaveLength(before);
  });

  it("has at most so many going on as --max-concurrent says", () => {
    const held = `n=$(ls "${rig.at(".")}" | grep -c ^held-); touch "${rig.at("held-$$")}"; sleep 0.2; rm "${rig.at("held-$$")}"; exit $n`;
    rig.write("held.yml", `type: command\ncompute: local\ncommand: '${held}'\ninputs: {x: 0}\n`);
    expect(rig.cli("run", "held.yml", "--each", "x=1..3", "--max-concurrent", "1").code).toBe(0);
  });

  it("cancels all of them on Ctrl-C, and submits no more", async () => {
    const wait = `touch "${rig.at("begun-$$")}"; while true; do sleep 0.05; done`;
    rig.write(
      "wait.yml",
      `type: command\ndisplay_name: wait\ncompute: local\ncommand: '${wait}'\ninputs: {x: 0}\n`,
    );
    const run = rig.start("run", "wait.yml", "--each", "x=1..5", "--max-concurrent", "2");
    const begun = () => fs.readdirSync(rig.folder).filter((name) => name.startsWith("begun-"));
    await eventually(() => begun().length === 2, "two steps to start");
    run.kill("SIGINT");
    expect(await exited(run)).toBe(3);
    const { runs } = JSON.parse(rig.cli("runs", "--pipeline", "wait", "--json").stdout);
    expect(runs.map((one: { status: string }) => one.status)).toEqual(["Canceled", "Canceled"]);
  });

  it("ends with 3 when Ctrl-C comes between two of them, and says how many were never one", async () => {
    rig.write("quick.yml", "type: command\ncompute: local\ncommand: 'true'\ninputs: {x: 0}\n");
    const words = ["run", "quick.yml", "--each", "x=1..9", "--max-concurrent", "1"];
    const run = rig.watch({}, ...words);
    await eventually(() => run.said().includes("Completed"), "one run to end");
    run.child.kill("SIGINT");
    expect(await exited(run.child)).toBe(3);
    expect(run.said()).toMatch(/^[1-8] of 9 runs (was|were) not submitted$/m);
  });

  it("leaves them to themselves with --detach", () => {
    expect(lines("run", "--each", "alpha=7,8", "--detach")).toHaveLength(2);
    expect(rig.cli("wait", "grid@last~1").code).toBe(0);
    expect(rig.cli("wait", "grid@last").code).toBe(0);
  });
});

describe("runs", () => {
  it("shows the columns that are asked for, of runs that a condition holds for, in an order", () => {
    const words = ["--columns", "name,inputs.alpha,train.score", "--csv", "--sort", "-train.score"];
    const where = "train.score > 11 and inputs.alpha <= 3 and tag.team = x";
    expect(lines("runs", ...words, "--where", where)).toEqual([
      "name,inputs.alpha,train.score",
      "grid-4,3,32",
      "grid-3,3,31",
      "grid-2,1,12",
    ]);
    expect(lines("runs", ...words, "--where", "train.score = 11 or name ~ RID-4")).toEqual([
      "name,inputs.alpha,train.score",
      "grid-4,3,32",
      "grid-1,1,11",
    ]);
  });

  it("prints Markdown and JSON of the same, and looks past --limit for the best", () => {
    const best = ["--columns", "name,train.score", "--sort", "train.score", "--limit", "1"];
    expect(lines("runs", ...best, "--md")).toEqual([
      "| name | train.score |",
      "|---|---|",
      "| grid-1 | 11 |",
    ]);
    expect(JSON.parse(rig.cli("runs", ...best, "--json").stdout)).toEqual({
      schema: 1,
      runs: [{ name: "grid-1", "train.score": 11 }],
    });
  });

  it("says which names no run has, and refuses what is only mistyped", () => {
    const words = ["--columns", "name,train.scoer,tag.none", "--where", "train.f1 != 1"];
    const shown = rig.cli("runs", ...words);
    expect([shown.code, shown.stderr.trim().split("\n")]).toEqual([
      0,
      [
        "no run here has train.scoer; did you mean train.score?",
        "no run here has tag.none",
        "no run here has train.f1",
      ],
    ]);
    expect(rig.cli("runs", "--sort", "-score").stderr).toBe(
      "no run here has score; did you mean train.score?\n",
    );
    for (const typo of [
      ["--columns", "name,statsu"],
      ["--sort", "-tok"],
    ])
      expect(rig.cli("runs", ...typo)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/did you mean (status|took)\?/),
      });
    expect(rig.cli("runs", "--columns", "name,,status").stderr).toMatch(/a column has no name/);
  });

  it("refuses what is no condition, with an example", () => {
    for (const where of [
      "train.score >",
      "> 1",
      "a = 1 and",
      "a = 1 xor b = 2",
      "a",
      "(a = 1)",
      "not a = 1",
      "a = 1 or (b = 2)",
    ])
      expect(rig.cli("runs", "--where", where)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/write it like/),
      });
  });

  it("takes a status in a condition however it is capitalised, as --status does", () => {
    const named = (where: string) =>
      lines("runs", "--columns", "name", "--csv", "--pipeline", "grid", "--where", where);
    expect(named("status = completed")).toEqual(named("status = Completed"));
    expect(named("status = completed").length).toBeGreaterThan(1);
    expect(named("status != COMPLETED")).toEqual(named("status != Completed"));
  });

  it("takes a status beside a condition, whatever words the condition quotes", () => {
    const where = "tag.team = 'this or that' or train.score = 31";
    const words = ["--columns", "name", "--csv", "--where", where, "--status"];
    expect(lines("runs", ...words, "Completed")).toEqual(["name", "grid-5", "grid-3"]);
    expect(lines("runs", ...words, "Failed")).toEqual(["name"]);
  });
});

describe("two steps of one run that do the same", () => {
  it("are done once, and why names the step that did it", () => {
    const job = '{command: "echo same > ${{outputs.o}}", outputs: {o: {type: uri_file}}}';
    rig.write(
      "same.yml",
      `type: pipeline\ndisplay_name: same\nsettings: {default_compute: azureml:local}\njobs:\n  a: ${job}\n  b: ${job}\n`,
    );
    rig.cli("run", "same.yml");
    expect(rig.cli("why", "same@last", "b").stdout).toMatch(
      /^b took the result of the same work in step a of this run/,
    );
    rig.write("out", "");
    const copied = rig.cli("outputs", "same@last", "a.o", "--to", "out");
    expect([copied.code, copied.stderr]).toEqual([2, expect.stringMatching(/out is a file/)]);
  });
});

describe("compare", () => {
  it("shows only what differs, one column a run, the same input once", () => {
    expect(lines("compare", "grid-1", "grid-2", "grid-4", "--csv").slice(0, 4)).toEqual([
      ",grid-1,grid-2,grid-4",
      "inputs.alpha,1,1,3",
      "inputs.seed,1,2,2",
      "train.score,11,12,32",
    ]);
  });

  it("is refused with nothing to compare", () => {
    expect(rig.cli("compare", "grid-1", "grid-1")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/name two runs or more/),
    });
  });

  it("names code and command that changed, and compares the last two by itself", () => {
    rig.write("job/run.sh", "echo 1");
    const job = "type: command\ncompute: local\ncode: ./job\ncommand: bash run.sh\n";
    rig.write("job.yml", job);
    rig.cli("run", "job.yml");
    rig.write("job/run.sh", "echo 2");
    rig.write("job.yml", job.replace("run.sh", "run.sh again"));
    rig.cli("run", "job.yml");
    const { runs, differences } = JSON.parse(rig.cli("compare", "--json").stdout);
    expect(runs).toEqual(["job-1", "job-2"]);
    const names = differences.map((one: { name: string }) => one.name);
    expect(names.slice(0, 2).sort()).toEqual(["code", "command"]);
  });
});
