import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunDifference } from "../operations/explained/diff-runs.ts";
import { makeRig, type Rig } from "./rig.ts";

// `diff RUN RUN` says of each output what changed in it.

const PIPELINE = `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
jobs:
  rows:
    command: cp -r \${{inputs.data}}/. \${{outputs.table}}
    inputs: {data: {type: uri_folder, path: ./data}}
    outputs: {table: {type: uri_folder}}
  count:
    command: wc -l < \${{inputs.table}}/t.csv | tr -d ' ' > \${{outputs.lines}}; echo same > \${{outputs.same}}
    inputs: {table: "\${{parent.jobs.rows.outputs.table}}"}
    outputs: {lines: {type: uri_file}, same: {type: uri_file}}
`;

let rig: Rig;

beforeAll(() => {
  rig = makeRig("diff-outputs");
  rig.write("pipeline.yml", PIPELINE);
  rig.write("data/t.csv", "id,fare\n1,2\n2,3\n");
  rig.write("data/note.txt", "one");
  expect(rig.run("run").status).toBe("Completed");
  rig.write("data/t.csv", "id,fare\n1,2\n2,4\n3,5\n");
  rig.write("data/note.txt", "two");
  expect(rig.run("run").status).toBe("Completed");
});

afterAll(() => rig.remove());

function diff(...words: readonly string[]): RunDifference {
  const done = rig.cli("diff", "last~1", "last", ...words, "--json");
  expect([done.code, done.stderr]).toEqual([0, ""]);
  return JSON.parse(done.stdout);
}

describe("diff of two runs", () => {
  it("has a line for each output that is not the same", () => {
    const outputs = diff().steps.flatMap(({ name, outputs: all }) =>
      all.map((one) => [`${name}.${one.name}`, one.summary, one.difference]),
    );
    expect(outputs).toEqual([
      ["rows.table", "files: 2 changed; t.csv: rows 2 → 3 (1 added, 1 changed)", null],
      ["count.lines", "other bytes, the same size", null],
    ]);
    const { stdout } = rig.cli("diff", "last~1", "last");
    expect(stdout).toContain("  output table: files: 2 changed; t.csv: rows 2 → 3");
    expect(stdout).not.toContain("output same");
  });

  it("tells all of it with --data", () => {
    const [table] = diff("--data").steps.find(({ name }) => name === "rows")?.outputs ?? [];
    expect(table?.difference?.tables[0]?.rows).toMatchObject({ added: 1, changed: 1 });
    const { stdout } = rig.cli("diff", "last~1", "last", "--data");
    expect(stdout).toMatch(/^ {4}.*~ id=2: fare 3 → 4$/m);
  });

  it("tells what it can of bytes that are not there any more", () => {
    const folder = rig.cli("outputs", "last~1", "rows.table").stdout.trim();
    fs.renameSync(folder, `${folder}.away`);
    try {
      const [table] = diff().steps.find(({ name }) => name === "rows")?.outputs ?? [];
      expect(table?.summary).toBe(
        "2 of 2 files and folders changed (its bytes are not here any more)",
      );
    } finally {
      fs.renameSync(`${folder}.away`, folder);
    }
  });
});
