// Mistakes that would run without a word, as something else than was meant.

import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

const node = (fields: string): string => `type: pipeline\njobs:\n  a: {command: ls, ${fields}}\n`;

describe("an input of a node", () => {
  it.each(["{type: uri_file}", "{type: integer, mode: direct}", "{type: uri_folder, path: null}"])(
    "that says %s has no value",
    (input) => {
      const job = loaded(node(`inputs: {x: ${input}}`));
      expect(findings(job)).toEqual(["error missing_input 3:32"]);
    },
  );

  it.each(["{type: uri_file, optional: true}", "{type: integer, default: 4}", "null"])(
    "may say %s",
    (input) => {
      expect(findings(loaded(node(`inputs: {x: ${input}}`)))).toEqual([]);
    },
  );
});

describe("`stepwell` in the properties of resources", () => {
  const told = (own: string) =>
    findings(loaded(node(`resources: {properties: {free: [1], stepwell: ${own}}}`)));

  it("is held to its fields", () => {
    expect(told("{cpus: x, gpu: 2}")).toEqual(["error wrong_type 3:73", "error unknown_key 3:76"]);
    expect(told("3")).toEqual(["error wrong_type 3:66"]);
  });

  it("may say what the step needs, beside whatever else is there", () => {
    expect(told("{cpus: 2, memory: 1GB}")).toEqual([]);
  });
});

describe("the name of a variable", () => {
  it("holds no `=`: no process could get it", () => {
    const job = loaded(node('environment_variables: {"A=B": 1, "C D": 2}'));
    expect(findings(job)).toEqual(["error bad_name 3:44"]);
    expect(job.problems[0]?.hint).toBe("Write `A: B`.");
  });
});
