// A project's folder is renamed, moved or copied, with its workspace in it: what was recorded is still found and reused.

import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunView } from "../operations/recorded/run-view.ts";
import { makeRig, type Rig } from "./rig.ts";

let rig: Rig;

beforeEach(() => {
  rig = makeRig("moved");
  rig.write("old/.git/HEAD", "");
  rig.write("old/text.txt", "one two\n");
  rig.write(
    "old/pipeline.yml",
    `
type: pipeline
inputs: {text: {type: uri_file, path: ./text.txt}}
jobs:
  count:
    command: wc -w < \${{inputs.text}} > \${{outputs.n}}; mkdir outputs; echo x > outputs/x
    inputs: {text: "\${{parent.inputs.text}}"}
    outputs: {n: {type: uri_file}, artifacts: {}}
  list:
    command: cp \${{inputs.n}} \${{outputs.all}}/n
    inputs: {n: "\${{parent.jobs.count.outputs.n}}"}
    outputs: {all: {type: uri_folder}}
`,
  );
  expect(inside("old", "run", rig.at("old/pipeline.yml"), "--name", "first").status).toBe(
    "Completed",
  );
});

afterEach(() => rig.remove());

function inside(folder: string, ...words: readonly string[]): RunView {
  const ended = rig.cli("--workspace", rig.at(folder), ...words, "--json");
  return JSON.parse(ended.stdout) as RunView;
}

function ran(run: RunView): readonly string[] {
  return run.steps.filter((step) => step.reuse.decision === "ran").map((step) => step.name);
}

/** Every path of an output that a run shows. */
function places(run: RunView): readonly string[] {
  return run.steps.flatMap((step) => Object.values(step.outputs).map((output) => output.path));
}

describe("a workspace whose folder was renamed", () => {
  it("shows its outputs where they lie now, and runs nothing again", () => {
    fs.renameSync(rig.at("old"), rig.at("new"));
    const shown = inside("new", "show", "first");
    expect(places(shown)).toHaveLength(3);
    for (const place of places(shown)) {
      expect(place.startsWith(rig.at("new"))).toBe(true);
      expect(fs.existsSync(place)).toBe(true);
    }
    const again = inside("new", "run", rig.at("new/pipeline.yml"));
    expect(again.status).toBe("Completed");
    expect(ran(again)).toEqual([]);
  });

  it("is the same when another workspace lies at the old place meanwhile", () => {
    fs.renameSync(rig.at("old"), rig.at("new"));
    fs.cpSync(rig.at("new/pipeline.yml"), rig.at("old/pipeline.yml"));
    rig.write("old/text.txt", "three other words\n");
    rig.write("old/.git/HEAD", "");
    inside("old", "run", rig.at("old/pipeline.yml"), "--name", "first");
    expect(ran(inside("new", "run", rig.at("new/pipeline.yml")))).toEqual([]);
  });
});

describe("a copy of a workspace", () => {
  it("has its own outputs, and keeps them when those of the first one are removed or altered", () => {
    fs.cpSync(rig.at("old"), rig.at("copy"), { recursive: true });
    const [first = ""] = places(inside("old", "show", "first"));
    fs.chmodSync(path.dirname(first), 0o755);
    fs.rmSync(first);
    expect(ran(inside("copy", "run", rig.at("copy/pipeline.yml")))).toEqual([]);
    expect(ran(inside("old", "run", rig.at("old/pipeline.yml")))).toEqual(["count"]);
  });

  it("does again what was deleted in it, and takes nothing from the first one", () => {
    fs.cpSync(rig.at("old"), rig.at("copy"), { recursive: true });
    fs.rmSync(rig.at("copy/.stepwell/store/azureml/first"), { recursive: true });
    const shown = inside("copy", "show", "first");
    for (const place of places(shown)) expect(place.startsWith(rig.at("copy"))).toBe(true);
    const again = inside("copy", "run", rig.at("copy/pipeline.yml"));
    expect(ran(again)).toEqual(["count", "list"]);
    for (const place of places(again)) expect(place.startsWith(rig.at("copy"))).toBe(true);
  });
});
