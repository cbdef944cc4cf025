import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLI, makeRig, type Rig } from "../testing/rig.ts";

// What is said to whoever names a file, a folder or an environment that is not there, stands in the wrong folder, or finds a
// log empty.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("wrong turns, ü");
});

afterEach(() => rig.remove());

const READING =
  'type: command\ncompute: local\ncommand: cat ${{inputs.x}}\ninputs: {x: {type: uri_file, path: "./data/a.csv"}}\n';

describe("a name that leads nowhere", () => {
  it.each([
    [["run", "pipelin.yml"], "Did you mean `pipeline.yml`?"],
    [["run", "pipeline.yaml"], "Did you mean `pipeline.yml`?"],
    [["run", "pipeline"], "Did you mean `pipeline.yml`?"],
    [["run", "."], "Name the file in it: `HERE/pipeline.yml`."],
    [["run", "pipeline.yml/x"], "there is no such file"],
    [["run", "x".repeat(300)], "no file can have so long a name"],
    [["run", "-"], "standard input is /dev/stdin"],
    [["run", "--set", "inputs.x.path=./dat/a.csv"], "Put it there, or write another path"],
    [["run", "--set", "inputs.x.path=./data/b.csv"], "Did you mean `./data/a.csv`?"],
    [["run", "--set", "inputs.x.path=dat"], "Did you mean `data`?"],
    [["run", "--set", "code=./daat/"], "Did you mean `./data`?"],
    [["run", "--set", "environment={requirements: requirement.txt}"], "`requirements.txt`?"],
    [["run", "--set", "environment={requirements: data}"], "a folder\n  → Correct it, or name"],
  ])("%j: says %s", (words, way) => {
    rig.write("pipeline.yml", READING);
    rig.write("data/a.csv", "1\n");
    rig.write("requirements.txt", "");
    const refused = rig.cli(...words);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining(way.replace("HERE", rig.folder)),
    ]);
  });

  it.each([
    "azureml:nope@latest",
    "azureml:nope:3",
    "azureml://registries/azureml/environments/nope/labels/latest",
    "azureml://registries/mine/environments/nope/versions/3",
  ])("%s, which is no environment, is pointed at", (name) => {
    rig.write("pipeline.yml", `type: command\ncompute: local\ncommand: ls\nenvironment: ${name}\n`);
    expect(rig.cli("run").stderr).toMatch(/^pipeline\.yml:4:14: error: No environment named nope/m);
  });
});

describe("a value of the command line that means nothing here", () => {
  it.each([
    ["--input raw=azureml:nope:1", "--input raw: step a: input x: there is no data asset"],
    ["--set inputs.raw.path=azureml:nope:1", "--set inputs.raw.path: step a: input x: there is no"],
    ["--set jobs.a.inputs.x.path=azureml:nope:1", "--set jobs.a.inputs.x.path: step a: input x: "],
    ["--input raw=azureml:nope:1 --set jobs.a.inputs.x.mode=download", "--input raw: step a: "],
    ["--set jobs.a.environment=azureml:nope:1", "--set jobs.a.environment: step a: No environment"],
    [
      "--input raw=azureml://datastores/nope/paths/x",
      "--input raw: step a: input x: there is no d",
    ],
  ])("%s: the option is named, and no line of the file is shown", (words, said) => {
    rig.write("data/a.csv", "1\n");
    rig.write(
      "pipeline.yml",
      `type: pipeline
inputs: {raw: {type: uri_file, path: ./data/a.csv}}
jobs:
  a: {command: "cat \${{inputs.x}}", compute: local, inputs: {x: "\${{parent.inputs.raw}}"}}
`,
    );
    const refused = rig.cli("run", ...words.split(" "));
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`error: ${said}`)]);
    expect(refused.stderr).not.toContain("pipeline.yml:");
  });

  it("is told beside another option's that cannot be read either", () => {
    rig.write("pipeline.yml", READING);
    const words = ["--input", "x=azureml:nope:1", "--set", "environment=azureml:nope:1"];
    const { stderr } = rig.cli("run", ...words, "--set", "limits.timeout=x");
    for (const option of ["--input x", "--set environment", "--set limits.timeout"])
      expect(stderr).toContain(`error: ${option}: `);
  });
});

describe("environment upgrade with the pipeline's file where a name stands", () => {
  const way = "stepwell environment upgrade --file 'my job.yml'";

  it("says how the file is named, with a pipeline here and without one", () => {
    rig.write("my job.yml", READING);
    const alone = rig.cli("environment", "upgrade", "my job.yml");
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining(way)]);
    rig.write("pipeline.yml", READING);
    rig.write("data/a.csv", "1\n");
    rig.run("run");
    const beside = rig.cli("environment", "upgrade", "my job.yml");
    expect([beside.code, beside.stderr]).toEqual([2, expect.stringContaining(way)]);
  });
});

describe("a command line that is shown again", () => {
  it("has the quotes that a shell needs", () => {
    rig.write("my job.yml", READING);
    rig.write("data/a.csv", "1\n");
    expect(rig.cli("run", "my job.yml", "--tag", "team=a b").code).toBe(0);
    expect(rig.cli("show").stdout).toContain(" run 'my job.yml' --tag 'team=a b'\n");
  });

  it("also where it is to register data again that was changed", () => {
    rig.write("my data.csv", "1\n");
    fs.writeFileSync(rig.at("stepwell.yml"), "keep: reference\n");
    expect(rig.cli("data", "create", "--name", "mine", "--path", "my data.csv").code).toBe(0);
    rig.write("my data.csv", "2\n");
    rig.write("pipeline.yml", READING.replace("./data/a.csv", "azureml:mine:1"));
    expect(rig.cli("run").stderr).toContain(`--path '${rig.at("my data.csv")}'`);
  });
});

describe("in a folder of the project", () => {
  it("the pipeline above is named, but none above the project", () => {
    rig.write("pipeline.yml", "type: command\ncompute: local\ncommand: ls\n");
    rig.write("code/deep/train.py", "");
    const run = (folder: string) =>
      spawnSync(process.execPath, [CLI, "run"], { cwd: rig.at(folder), encoding: "utf8" }).stderr;
    expect(run("code/deep")).toContain("there is one above: name it, ../../pipeline.yml");
    fs.mkdirSync(rig.at("code/deep/.git"));
    expect(run("code/deep")).toContain("name the file, or start one: stepwell init");
  });
});

describe("logs", () => {
  it("of a nested pipeline are those of the steps in it, whose paths are told to whoever leaves it out", () => {
    const step = (word: string) => `{command: echo ${word}, compute: local}`;
    rig.write(
      "pipeline.yml",
      `type: pipeline
jobs:
  sub: {type: pipeline, jobs: {one: ${step("first")}, two: ${step("second")}}}
  subject: ${step("third")}
`,
    );
    rig.run("run");
    const { stdout } = rig.cli("logs", "last", "sub");
    expect(stdout.split("\n").sort()).toEqual([
      "",
      ...["== sub.one ==", "== sub.two ==", "first", "second"],
    ]);
    expect(rig.cli("logs", "sub").stdout).toBe(stdout);
    for (const verb of ["logs", "show", "why"])
      expect(rig.cli(verb, "one").stderr).toContain("did you mean sub.one?");
  });

  it("says that nothing was printed", () => {
    const job = (command: string) => `type: command\ncompute: local\ncommand: ${command}\n`;
    rig.write("pipeline.yml", job("'true'"));
    rig.cli("run");
    const silent = rig.cli("logs");
    expect([silent.stdout, silent.stderr]).toEqual(["", "nothing was printed\n"]);
    rig.write("pipeline.yml", job("echo x"));
    rig.cli("run");
    const said = rig.cli("logs");
    expect([said.stdout, said.stderr]).toEqual(["x\n", ""]);
  });
});

it("takes the steps of several --force together", () => {
  const steps = ["a", "b", "c"].map((name) => `  ${name}: {command: "true", compute: local}\n`);
  rig.write("pipeline.yml", `type: pipeline\njobs:\n${steps.join("")}`);
  rig.run("run");
  const forced = (...words: string[]) =>
    JSON.parse(rig.cli("plan", "--json", ...words).stdout)
      .steps.filter((step: { decision: string }) => step.decision === "run")
      .map((step: { name: string }) => step.name);
  expect(forced("--force", "a", "--force", "c")).toEqual(["a", "c"]);
  expect(forced("--force", "a,b")).toEqual(["a", "b"]);
  expect(forced("--force", "a", "--force")).toEqual(["a", "b", "c"]);
});
