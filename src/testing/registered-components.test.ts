import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// A registered version is immutable in fact: whatever happens to the files it was made from, name:version runs what it ran.

let rig: Rig;

const INNER = `
type: command
name: inner
command: cat say.txt extra.txt \${{inputs.table}} $(dirname \${{inputs.table}})/table.txt > \${{outputs.said}}; test -z "$(ls Dockerfile* 2>/dev/null)"
code: ./code
additional_includes: [../shared/extra.txt]
environment: {python: /usr/bin/python3}
inputs: {table: {type: uri_file}}
outputs: {said: {type: uri_file}}
`;

const OUTER = `
type: pipeline
name: outer
outputs: {said: {type: uri_file}}
jobs:
  inner:
    component: ../inner/inner.yml
    inputs: {table: {type: uri_file, path: ./table.txt}}
    outputs: {said: "\${{parent.outputs.said}}"}
`;

const JOB = `
type: pipeline
display_name: registered
settings: {default_compute: azureml:local}
jobs:
  use:
    component: azureml:outer:1
`;

beforeAll(() => {
  rig = makeRig("registered");
  rig.write("parts/inner/inner.yml", INNER);
  rig.write("parts/inner/code/say.txt", "hello\n");
  rig.write("parts/inner/code/.amlignore", "*.log\n");
  rig.write("parts/inner/code/noise.log", "noise\n");
  rig.write("parts/shared/extra.txt", "extra\n");
  rig.write("parts/outer/outer.yml", OUTER);
  rig.write("parts/outer/table.txt", "table\n");
  rig.write("job.yml", JOB);
});

afterAll(() => rig.remove());

function said(...words: readonly string[]): string {
  const run = rig.run("run", "job.yml", ...words);
  expect(run.steps.flatMap((step) => step.error ?? [])).toEqual([]);
  const step = run.steps.find((one) => one.name === "use.inner");
  return fs.readFileSync(step?.outputs.said?.path ?? "", "utf8");
}

const FIRST = "hello\nextra\ntable\ntable\n";

describe("a registered component", () => {
  it("runs as it was registered, and shares results with its file", () => {
    expect(rig.cli("component", "create", "parts/outer/outer.yml").stdout).toMatch(/outer:1/);
    expect(said()).toBe(FIRST);
    rig.write("file.yml", JOB.replace("azureml:outer:1", "./parts/outer/outer.yml"));
    expect(rig.cli("run", "file.yml").stdout).toContain("0 steps ran, 1 reused");
  });

  it("is the same version when only a comment or an ignored file differs", () => {
    rig.write("parts/outer/outer.yml", `# a comment\n${OUTER}`);
    rig.write("parts/inner/code/noise.log", "other noise\n");
    const again = rig.cli("component", "create", "parts/outer/outer.yml");
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("already has this")]);
  });

  it.each([
    ["its code", "parts/inner/code/say.txt"],
    ["an additional include", "parts/shared/extra.txt"],
    ["a nested definition", "parts/inner/inner.yml"],
    ["data that it names", "parts/outer/table.txt"],
  ])("keeps its meaning when %s changes, and the change is another version", (_, file) => {
    const before = rig.read(file);
    rig.write(file, before.includes("cat say") ? before.replace("cat", "tac") : "changed\n");
    expect(said("--force")).toBe(FIRST);
    rig.write("parts/outer/outer.yml", `${OUTER}version: 1\n`);
    const refused = rig.cli("component", "create", "parts/outer/outer.yml");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("other content")]);
    rig.write(file, before);
    rig.write("parts/outer/outer.yml", OUTER);
  });

  it("stays what it was in a rerun with --latest, which says that there is a newer one", () => {
    const run = rig.run("run", "job.yml");
    expect(rig.cli("rerun", run.name, "--latest").stderr).not.toContain("stays");
    rig.write("parts/outer/outer.yml", `${OUTER}description: another\n`);
    const made = rig.cli("component", "create", "parts/outer/outer.yml", "--version", "2");
    expect([made.code, made.stderr]).toEqual([0, ""]);
    const { code, stderr } = rig.cli("rerun", run.name, "--latest");
    const told = "the component outer stays outer:1 as recorded; to use outer:2, run the file";
    expect([code, stderr]).toEqual([0, expect.stringContaining(told)]);
    rig.write("parts/outer/outer.yml", OUTER);
  });

  it("outlives the folder it was made from, and gc", () => {
    fs.rmSync(rig.at("parts"), { recursive: true });
    expect(rig.cli("gc").code).toBe(0);
    expect(said("--force")).toBe(FIRST);
  });
});

describe("creating a component", () => {
  it("takes name, version, description and tags in place of the file's", () => {
    rig.write("said.yml", "type: command\nname: said\nversion: 7\ncommand: echo said\n");
    const create = ["component", "create", "said.yml"];
    const options = ["--name", "told", "--version", "8", "--description", "a: b", "--tag", "x=y"];
    expect(rig.cli(...create, ...options).stdout).toContain("registered component told:8");
    const shown = JSON.parse(rig.cli("component", "show", "told:8", "--json").stdout);
    expect(shown).toMatchObject({ description: "a: b", tags: { x: "y" } });
    expect(rig.cli(...create).stdout).toContain("registered component said:7");
    rig.write("told.yml", "type: pipeline\njobs: {a: {component: azureml:told:8}}\n");
    expect(rig.run("run", "told.yml").status).toBe("Completed");
    expect(rig.cli(...create, "--name", "a/b").stderr).toContain("is not a name of an asset");
  });

  it("names every mistake of the files that it names", () => {
    rig.write("bad/nested.yml", "type: command\ncommand: ls\ncode: ./nowhere\nkind: x\n");
    rig.write("bad/outer.yml", "type: pipeline\nname: bad\njobs: {a: {component: ./nested.yml}}\n");
    const refused = rig.cli("component", "create", "bad/outer.yml");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/nested\.yml:3:7/);
    expect(refused.stderr).toMatch(/nested\.yml:4:1/);
  });
});
