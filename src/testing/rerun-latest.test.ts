import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// `rerun --latest`: the recorded definition, with every file and every label that it names read as they are now.

let rig: Rig;

const SAY = `
type: command
name: say
command: echo one \${{inputs.word}} $(cat \${{inputs.data}} \${{inputs.model}}) $(python3 -c 'import sys; print(sys.prefix)')
environment: azureml:python@blessed
inputs: {word: {type: string}, data: {type: uri_file}, model: {type: custom_model}}
`;

const JOB = `
type: pipeline
display_name: latest
settings: {default_compute: azureml:cluster}
jobs:
  newest:
    component: azureml:say
    inputs: &given
      word: a
      data: {type: uri_file, path: azureml:table@latest}
      model: {type: custom_model, path: azureml:tree@blessed}
  labelled: {component: "azureml:say@blessed", inputs: *given}
  pinned: {component: "azureml:say:1", inputs: *given}
  file: {component: ./file.yml}
`;

const FILE = "type: command\ncommand: echo file one\n";

beforeAll(() => {
  rig = makeRig("rerun-latest");
  rig.write("say.yml", SAY);
  rig.write("file.yml", FILE);
  rig.write("job.yml", JOB);
  rig.write("table.txt", "table 1\n");
  rig.write("tree.txt", "tree 1\n");
  rig.write("python.yml", "name: python\npython: /usr/bin/python3\n");
  create("environment", "python.yml");
  bless("environment", "python:1");
  create("component", "say.yml");
  bless("component", "say:1");
  create("data", "--name", "table", "--path", "table.txt");
  create("model", "--name", "tree", "--path", "tree.txt", "--type", "custom_model");
  bless("model", "tree:1");
});

afterAll(() => rig.remove());

function create(kind: string, ...words: readonly string[]): void {
  expect(rig.cli(kind, "create", ...words).code).toBe(0);
}

function bless(kind: string, version: string): void {
  expect(rig.cli(kind, "label", version, "blessed").code).toBe(0);
}

function said(run: string): Readonly<Record<string, string>> {
  const { steps } = rig.run("show", run);
  return Object.fromEntries(
    steps.map(({ name, log }) => [name, fs.readFileSync(log ?? "", "utf8").trim()]),
  );
}

const ONCE = "one b table 1 tree 1 /usr";

describe("rerun --latest", () => {
  beforeAll(() => {
    const given = ["--set", "jobs.newest.inputs.word=b", "--compute", "local"];
    const all = ["labelled", "pinned"].flatMap((step) => ["--set", `jobs.${step}.inputs.word=b`]);
    expect(rig.cli("run", "job.yml", "--name", "first", ...given, ...all).code).toBe(0);
  });

  it("reads components by label, data, models, environments and files again; without it nothing", () => {
    const before = said("first");
    expect(before).toEqual({ newest: ONCE, labelled: ONCE, pinned: ONCE, file: "file one" });
    rig.write("say.yml", SAY.replace("echo one", "echo two"));
    create("component", "say.yml");
    rig.write("table.txt.2", "table 2\n");
    create("data", "--name", "table", "--path", "table.txt.2");
    rig.write("tree.txt.2", "tree 2\n");
    create("model", "--name", "tree", "--path", "tree.txt.2", "--type", "custom_model");
    rig.write("file.yml", FILE.replace("one", "two"));
    expect(rig.cli("rerun", "first", "--name", "same").stdout).toContain("0 steps ran, 4 reused");
    const latest = rig.cli("rerun", "first", "--latest", "--name", "second", "--no-logs");
    expect([latest.code, latest.stderr]).toEqual([0, expect.stringContaining("start   newest")]);
    const half = "one b table 2 tree 1 /usr";
    expect(said("second")).toEqual({
      newest: half.replace("one", "two"),
      labelled: half,
      pinned: half,
      file: "file two",
    });
    expect(latest.stderr).toContain("the component say stays say:1 as recorded");
  });

  it("follows labels that are moved, also in a rerun of a rerun", () => {
    bless("component", "say:2");
    bless("model", "tree:2");
    rig.write("python.yml", "name: python\npython: /usr/bin/env python3\n");
    expect(rig.cli("rerun", "same", "--latest", "--name", "third").code).toBe(0);
    const now = "one b table 2 tree 2 /usr";
    expect(said("third")).toMatchObject({ labelled: now.replace("one", "two"), pinned: now });
  });

  it("keeps the definition as it was recorded, whatever has become of its file", () => {
    rig.write("job.yml", JOB.replace("word: a", "word: c").replace("pinned:", "other:"));
    expect(rig.cli("rerun", "first", "--latest", "--name", "fourth").stdout).toContain("4 reused");
    fs.rmSync(rig.at("job.yml"));
    expect(rig.cli("rerun", "first", "--latest", "--name", "fifth").stdout).toContain("4 reused");
    rig.write("job.yml", JOB);
  });

  it("takes --until and --force, and refuses a step that is not there", () => {
    const words = ["rerun", "first", "--latest", "--until", "file", "--force=file"];
    expect(rig.run(...words, "--name", "part").steps.map(({ status }) => status)).toEqual([
      "Skipped",
      "Skipped",
      "Skipped",
      "Completed",
    ]);
    const refused = rig.cli("rerun", "first", "--latest", "--until", "fil");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("file")]);
  });

  it("is refused with the place of what a file says now and cannot be", () => {
    rig.write("file.yml", `${FILE}comand: x\n`);
    const refused = rig.cli("rerun", "first", "--latest");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("file.yml:3:1: ")]);
    rig.write("file.yml", FILE);
  });
});

it("rerun --latest of a module keeps what it gave, and reads the files that it names", () => {
  rig.write(
    "pipeline.mjs",
    `import { loadComponent, pipeline } from "stepwell";
const file = loadComponent("./file.yml");
export default pipeline({ name: "mod" }, () => { file({}, { name: "told" }); });
`,
  );
  const run = rig.run("run", "pipeline.mjs", "--name", "module");
  expect(run.status).toBe("Completed");
  rig.write("file.yml", FILE.replace("one", "three"));
  rig.write("pipeline.mjs", "process.exit(1);\n");
  expect(rig.cli("rerun", "module", "--latest", "--name", "again").code).toBe(0);
  expect(Object.values(said("again"))).toEqual(["file three"]);
});
