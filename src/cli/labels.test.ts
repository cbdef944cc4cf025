import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, makeRig, type Rig } from "../testing/rig.ts";

// Names that point to what was recorded: labels of assets, and paths inside the outputs of a run.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("names");
  rig.write("words.txt", "one two three\n");
  rig.write("count.yml", COUNT);
  rig.cli("data", "create", "--name", "words", "--path", "words.txt");
  rig.cli("component", "create", "count.yml");
});

afterAll(() => rig.remove());

/** The one object on stdout, when nothing was said beside it. */
function json(ended: Ended): ReturnType<typeof JSON.parse> {
  expect(ended.stderr).toBe("");
  return JSON.parse(ended.stdout);
}

const COUNT = `
type: command
name: count
command: wc -w < \${{inputs.words}} > \${{outputs.counted}}
inputs: {words: {type: uri_file}}
outputs: {counted: {type: uri_file}}
`;

const LABELLED = `
type: pipeline
display_name: labelled
settings: {default_compute: azureml:local}
jobs:
  count:
    component: azureml:count@stable
    inputs: {words: {type: uri_file, path: "azureml:words@stable"}}
`;

const INSIDE = `
type: command
compute: local
command: mkdir \${{outputs.d}}/a; echo deep > \${{outputs.d}}/a/b.txt; echo kept > outputs/k.txt
outputs: {d: {type: uri_folder}}
`;

const READS = `
type: command
compute: local
command: cat \${{inputs.a}} \${{inputs.b}} > \${{outputs.o}}
inputs:
  a: {type: uri_file, path: "azureml://jobs/inside/outputs/d/paths/a/b.txt"}
  b: {type: uri_file, path: "azureml://jobs/inside/outputs/artifacts/paths/outputs/k.txt"}
outputs: {o: {type: uri_file}}
`;

describe("labels", () => {
  it("lets a label mean a version, and resolves it wherever a version may stand", () => {
    rig.write("two.txt", "one two\n");
    rig.cli("data", "create", "--name", "words", "--path", "two.txt");
    expect(rig.cli("data", "label", "words:1", "stable").stdout).toMatch(/words@stable is words:1/);
    expect(json(rig.cli("data", "show", "words@stable", "--json")).version).toBe("1");
    expect(json(rig.cli("data", "show", "words@latest", "--json")).version).toBe("2");
    rig.cli("component", "label", "count", "1", "stable");
    rig.write("labelled.yml", LABELLED);
    const run = rig.run("run", "labelled.yml");
    expect(run.steps[0]?.inputs).toMatchObject({ words: { asset: "words:1" } });
    expect(fs.readFileSync(run.steps[0]?.outputs.counted?.path ?? "", "utf8").trim()).toBe("3");
    const refused = rig.cli("data", "label", "words:9", "stable");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("stable (1)")]);
    expect(rig.cli("data", "label", "words:1", "latest").code).toBe(2);
    expect(rig.cli("data", "label", "words", "stable").code).toBe(2);
  });
});

describe("paths inside outputs", () => {
  it("reads what lies inside an output of a run, and inside its artifacts", () => {
    rig.write("inside.yml", INSIDE);
    const made = rig.run("run", "inside.yml", "--name", "inside");
    expect(made.status).toBe("Completed");
    rig.write("reads.yml", READS);
    const read = rig.run("run", "reads.yml");
    const text = fs.readFileSync(read.steps[0]?.outputs.o?.path ?? "", "utf8");
    expect(text).toBe("deep\nkept\n");
    const path = "inputs.a.path=azureml://jobs/inside/outputs/d/paths";
    for (const [inside, what] of [
      ["../x", "nothing there"],
      ["nowhere", "does not exist"],
    ]) {
      const refused = rig.cli("run", "reads.yml", "--set", `${path}/${inside}`);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(what ?? "")]);
    }
  });
});

describe("what a step left besides its outputs", () => {
  it("is listed as artifacts, and copied under that name", () => {
    rig.write("left.yml", "command: echo kept > outputs/k.txt\ncompute: local\n");
    const { name } = JSON.parse(rig.cli("run", "left.yml", "--json").stdout);
    expect(rig.cli("outputs", name).stdout).toBe("artifacts\n");
    expect(rig.cli("outputs", name, "artifacts", "--to", "copied").code).toBe(0);
    expect(rig.read("copied/artifacts/outputs/k.txt")).toBe("kept\n");
  });
});

describe("registering a file under other words than its own", () => {
  it("takes name, version, description and tags from options, as az ml does, and any field by --set", () => {
    rig.write("other.txt", "four\n");
    rig.write("data.yml", "name: set\nversion: 1\ntype: uri_file\npath: ./words.txt\n");
    const options = ["--version", "1.10", "--tag", "team=bio", "--set", "path=other.txt"];
    const made = json(rig.cli("data", "create", "-f", "data.yml", ...options, "--json"));
    expect(made).toMatchObject({ name: "set", version: "1.10", tags: { team: "bio" } });
    const shown = rig.cli("data", "show", "-n", "set", "-v", "1.10", "--json");
    expect(json(shown).contentId).toBe(made.contentId);
    const alone = ["--name", "alone", "--path", "words.txt", "--set", "description=d"];
    const refused = rig.cli("data", "create", ...alone);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--set changes")]);
    const plain = json(rig.cli("data", "create", "data.yml", "--json"));
    expect(plain).toMatchObject({ version: "1", tags: {} });
    expect(plain.contentId).not.toBe(made.contentId);
  });

  it("shows the version that an option names, also of a name without --name", () => {
    json(rig.cli("data", "create", "--name", "two", "--path", "words.txt", "--json"));
    rig.write("newer.txt", "newer\n");
    json(rig.cli("data", "create", "--name", "two", "--path", "newer.txt", "--json"));
    expect(json(rig.cli("data", "show", "two", "-v", "1", "--json")).version).toBe("1");
    expect(json(rig.cli("data", "show", "two", "-l", "latest", "--json")).version).toBe("2");
  });

  it("calls a component otherwise, and changes nothing of what it does", () => {
    const named = ["--name", "counter", "--set", "version=7", "--json"];
    const made = json(rig.cli("component", "create", "count.yml", ...named));
    expect(made).toMatchObject({ name: "counter", version: "7" });
    const refused = rig.cli("component", "create", "count.yml", "--set", "command=ls");
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("only name, version, description and tags can be set");
    expect(rig.cli("component", "show", "-n", "counter", "-l", "latest").code).toBe(0);
    expect(rig.cli("component", "show").code).toBe(2);
  });
});
