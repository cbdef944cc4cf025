import fs from "node:fs";
import { afterEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// `additional_includes` of a step that has no `code`: they are its code, as in Azure ML.

let rig: Rig;

afterEach(() => rig.remove());

it("includes without code are laid out, count for reuse, and are missed when they are not there", () => {
  rig = makeRig("includes-alone");
  rig.write("lib/one.txt", "one\n");
  rig.write("run.sh", "cat lib/one.txt\n");
  const pipeline = (name: string): string =>
    `type: pipeline\njobs:\n  read:\n    command: bash run.sh > \${{outputs.o}}\n    additional_includes: [lib, ${name}]\n    outputs: {o: {type: uri_file}}\n`;
  rig.write("pipeline.yml", pipeline("run.sh"));
  const first = rig.run("run", "pipeline.yml").steps[0];
  expect(fs.readFileSync(first?.outputs.o?.path ?? "", "utf8")).toBe("one\n");
  expect(rig.run("run", "pipeline.yml").steps[0]?.reuse.decision).toBe("reused");
  rig.write("lib/one.txt", "two\n");
  const changed = rig.run("run", "pipeline.yml").steps[0];
  expect(changed?.reuse.reason?.detail).toBe("code changed: lib/one.txt (+1 −1)");
  expect(fs.readFileSync(changed?.outputs.o?.path ?? "", "utf8")).toBe("two\n");
  rig.write("pipeline.yml", pipeline("gone.sh"));
  const refused = rig.cli("validate", "pipeline.yml");
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining("there is nothing at"),
  ]);
});

it("an included component file that is its step's own definition counts by what it says", () => {
  rig = makeRig("includes-alone-component");
  rig.write(
    "step.yml",
    "type: command\nname: s\ncommand: cat note.txt; exit 3\nadditional_includes: [note.txt, step.yml]\n",
  );
  rig.write("note.txt", "note\n");
  rig.write("pipeline.yml", "type: pipeline\njobs: {a: {component: ./step.yml}}\n");
  const failed = rig.cli("run", "pipeline.yml");
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("| note")]);
  rig.write("step.yml", rig.read("step.yml").replace("; exit 3", ""));
  expect(rig.run("run", "pipeline.yml").status).toBe("Completed");
  rig.write("step.yml", `${rig.read("step.yml")}# a comment\n`);
  expect(rig.run("run", "pipeline.yml").steps[0]?.reuse.decision).toBe("reused");
});
