import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRig, type Rig } from "../../testing/rig.ts";

let rig: Rig;
beforeEach(() => {
  rig = makeRig("graph-cache");
  rig.write("stepwell.yml", 'computes: {"*": {type: local}}\n');
  rig.write("data/a.txt", "a\n");
  rig.write("part.yml", COMPONENT);
  rig.write("pipeline.yml", PIPELINE);
});
afterEach(() => rig.remove());

const COMPONENT = `type: command
inputs: {data: {type: uri_file}, word: {type: string, default: one}}
outputs: {o: {type: uri_file}}
command: cat \${{inputs.data}} > \${{outputs.o}}; echo \${{inputs.word}} >> \${{outputs.o}}
`;
const PIPELINE = `type: pipeline
jobs:
  part:
    component: ./part.yml
    inputs: {data: {type: uri_file, path: ./data/a.txt}}
`;

const entries = (): number => fs.readdirSync(rig.at(".stepwell/cache/graphs")).length;
const text = (): string => {
  const view = rig.run("run", "pipeline.yml");
  return fs.readFileSync(view.steps[0]?.outputs.o?.path as string, "utf8");
};

it("reads a definition once, and anew when it or anything that it names has changed", () => {
  expect(text()).toBe("a\none\n");
  expect(text()).toBe("a\none\n");
  expect(entries()).toBe(1);
  rig.write("part.yml", COMPONENT.replace("default: one", "default: two"));
  expect(text()).toBe("a\ntwo\n");
  rig.write("pipeline.yml", PIPELINE.replace("inputs: {", "inputs: {word: three, "));
  expect(text()).toBe("a\nthree\n");
  expect(rig.run("run", "pipeline.yml", "--set", "jobs.part.inputs.word=four").status).toBe(
    "Completed",
  );
  expect(text()).toBe("a\nthree\n");
});

it("shows the place of a mistake that was made around a definition that it has read before", () => {
  text();
  fs.rmSync(rig.at("data/a.txt"));
  const gone = rig.cli("run", "pipeline.yml");
  expect(gone.code).toBe(2);
  expect(gone.stderr).toContain("pipeline.yml:5");
  expect(gone.stderr).toContain("a.txt");
});

it("reads anew when the workspace's own file or an entry of the cache has changed", () => {
  text();
  rig.write("stepwell.yml", "computes: {other: {type: local}}\n");
  rig.write("pipeline.yml", `${PIPELINE}    compute: azureml:other\n`);
  text();
  rig.write("stepwell.yml", "computes: {another: {type: local}}\n");
  expect(rig.cli("run", "pipeline.yml").stderr).toContain("other");
  rig.write("stepwell.yml", "computes: {other: {type: local}}\n");
  for (const name of fs.readdirSync(rig.at(".stepwell/cache/graphs")))
    rig.write(`.stepwell/cache/graphs/${name}`, "{");
  expect(text()).toBe("a\none\n");
});

it("does not run a command that the disk has altered in the cache", () => {
  expect(text()).toBe("a\none\n");
  for (const name of fs.readdirSync(rig.at(".stepwell/cache/graphs"))) {
    const entry = `.stepwell/cache/graphs/${name}`;
    const altered = rig.read(entry).replace("echo ", "echo not-");
    expect(altered).not.toBe(rig.read(entry));
    rig.write(entry, altered);
  }
  expect(text()).toBe("a\none\n");
});

it("keeps nothing of a definition with a registered component or an error", () => {
  rig.write("named.yml", `name: part\n${COMPONENT}`);
  expect(rig.cli("component", "create", "named.yml").code).toBe(0);
  rig.write("pipeline.yml", PIPELINE.replace("./part.yml", "azureml:part"));
  text();
  rig.write("pipeline.yml", PIPELINE.replace("data:", "dta:"));
  expect(rig.cli("run", "pipeline.yml").code).toBe(2);
  expect(fs.existsSync(rig.at(".stepwell/cache/graphs"))).toBe(false);
});
