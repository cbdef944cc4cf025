import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { makeRig, type Rig } from "./rig.ts";

// A folder of components is a registry: found by name and version, with mistakes at their places.

let rig: Rig;

const PYTHON = "environment: {python: /usr/bin/python3}";

const says = (word: string, more = ""): string =>
  `type: command\n${more}command: echo ${word} > \${{outputs.said}}\n${PYTHON}\noutputs: {said: {type: uri_file}}\n`;

const job = (component: string): string =>
  `type: pipeline\njobs:\n  use:\n    component: ${component}\n`;

const address = (name: string, more = ""): string =>
  `azureml://registries/team/components/${name}${more}`;

beforeEach(() => {
  rig = makeRig("registries");
  rig.write("stepwell.yml", "registries: {team: ./components}\n");
  rig.write("components/hello.yml", says("hello"));
  rig.write("components/greet/component.yml", says("first", "name: greet\nversion: 1.9\n"));
  rig.write("components/greet/newer.yml", says("second", "name: greet\nversion: '1.10'\n"));
  rig.write("components/train/1/component.yml", says("one"));
  rig.write("components/train/2/component.yml", says("two"));
  rig.write("components/train/2/conda.yaml", "name: packages\ndependencies: [pip]\n");
  rig.write("components/drafts/component.yml", says("draft"));
  rig.write("components/.gitignore", "drafts/\n");
});

afterEach(() => rig.remove());

function said(component: string): string {
  rig.write("job.yml", job(component));
  const run = rig.run("run", "job.yml");
  expect(run.steps.flatMap((step) => step.error ?? [])).toEqual([]);
  return fs.readFileSync(run.steps[0]?.outputs.said?.path ?? "", "utf8").trim();
}

function refused(component: string): string {
  rig.write("job.yml", job(component));
  const done = rig.cli("validate", "job.yml");
  expect(done.code).toBe(2);
  return done.stderr + done.stdout;
}

describe("a folder as a registry", () => {
  it("has a file or a folder for each component, and versions side by side", () => {
    expect(said(address("hello"))).toBe("hello");
    expect(said(address("greet", "/versions/1.9"))).toBe("first");
    expect(said(address("greet"))).toBe("second");
    expect(said(address("train", "/labels/latest"))).toBe("two");
    expect(said(address("train", "/versions/1"))).toBe("one");
  });

  it("lists what it has, without what is ignored and what is no component", () => {
    const listed = JSON.parse(rig.cli("component", "list", "--registry", "team", "--json").stdout);
    const names = listed.components.map((one: Record<string, string>) => [one.name, one.version]);
    expect(names).toEqual([
      ["greet", "1.9"],
      ["greet", "1.10"],
      ["hello", "1"],
      ["train", "1"],
      ["train", "2"],
    ]);
  });

  it("shows the ports of one, and YAML to paste that runs", () => {
    const shown = rig.cli("component", "show", "hello", "--registry", "team").stdout;
    expect(shown).toContain("said    uri_file");
    rig.write("pasted.yml", `type: pipeline\n${shown.slice(shown.indexOf("jobs:"))}`);
    expect(rig.cli("validate", "pasted.yml").code).toBe(0);
    expect(rig.cli("component", "show", address("hello")).stdout).toBe(shown);
  });

  it("names the nearest where a name is not there, and what there is of others", () => {
    expect(refused(address("helo"))).toContain("Did you mean `hello`?");
    expect(refused(address("train", "/versions/7"))).toContain("It has `1`, `2`");
    expect(refused(address("train", "/labels/good"))).toContain("no label `good`");
    expect(refused("azureml://registries/tim/components/x")).toContain("registries: {tim:");
    const { code, stderr } = rig.cli("component", "list", "--registry", "tean");
    expect([code, stderr]).toEqual([2, expect.stringContaining("`team`")]);
  });

  it("says so when its folder is gone, and when two files are the same version", () => {
    rig.write("components/again.yml", says("x", "name: hello\n"));
    expect(refused(address("hello"))).toMatch(/two files[\s\S]*again\.yml[\s\S]*hello\.yml/);
    fs.rmSync(rig.at("components"), { recursive: true });
    expect(refused(address("hello"))).toContain("which is not there");
  });

  it("keeps the places of mistakes", () => {
    rig.write("components/wrong.yml", `${says("x")}comand: ls\n`);
    expect(refused(address("wrong"))).toMatch(/components\/wrong\.yml:5:1/);
    rig.write("components/broken.yml", "name: broken\ncommand: [ls\n");
    expect(refused(address("broken"))).toMatch(/components\/broken\.yml:\d+:\d+/);
  });

  it("runs what a file says now: a change there runs the step again", () => {
    expect(said(address("hello"))).toBe("hello");
    rig.write("components/hello.yml", says("changed"));
    expect(said(address("hello"))).toBe("changed");
  });

  it("counts the bytes of a program", () => {
    const program =
      "type: command\ncommand: node say.mjs > ${{outputs.said}}\ncode: ./say.mjs\noutputs: {said: {type: uri_file}}\n";
    rig.write("components/program/component.yml", program);
    rig.write("components/program/example.yml", "type: pipeline\njobs: {}\n");
    rig.write("components/program/say.mjs", 'console.log("one")');
    expect(said(address("program"))).toBe("one");
    rig.write("components/program/notes.md", "not code");
    expect(rig.cli("run", "job.yml").stdout).toContain("1 reused");
    rig.write("components/program/say.mjs", 'console.log("two")');
    expect(said(address("program"))).toBe("two");
  });

  it("may be the folder of an installed package", () => {
    rig.write("stepwell.yml", "registries: {team: ./node_modules/@team/parts}\n");
    rig.write("node_modules/@team/parts/package.json", "{}");
    rig.write("node_modules/@team/parts/hello/component.yml", says("packed"));
    expect(said(address("hello"))).toBe("packed");
  });

  it("never takes the name of the one that ships", () => {
    rig.write("stepwell.yml", "registries: {stepwell: ./components}\n");
    expect(rig.cli("component", "list", "--builtin").stderr).toContain("is the one that ships");
  });
});

describe("from TypeScript", () => {
  it("components of registries are called like others, and types know their ports", () => {
    const sdk = pathToFileURL(path.join(ROOT, "dist/index.js")).href;
    rig.write(
      "job.ts",
      `import { component, pipeline } from ${JSON.stringify(sdk)};\nconst hello = component("${address("hello")}");\nexport default pipeline({ name: "p" }, () => { hello(); });\n`,
    );
    const run = rig.run("run", "job.ts");
    expect(run.steps.map((step) => [step.name, step.status])).toEqual([["hello", "Completed"]]);
    const types = rig.cli("types", address("hello"), "--out", "-");
    expect(types.stdout).toContain(`"${address("hello")}": {`);
    expect(types.stdout).toContain('readonly "said": OutputPort<"uri_file">');
    expect(rig.cli("types", address("helo"), "--out", "-").stderr).toContain("`hello`");
  });
});
