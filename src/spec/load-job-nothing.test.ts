import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

// What says nothing where something was meant: a mistyped key of a conda file, an environment and a command with nothing in it.

describe("loadJob: what says nothing", () => {
  it("names what `dependencies` was mistyped as", () => {
    const job = loaded("command: ls\nenvironment: {conda_file: {dependancies: [six]}}");
    expect(job.problems[0]?.hint).toMatch(/^Did you mean `dependencies`\?/);
  });

  it.each([
    ["dependencies: [six]\nchanels: [x]\n", "2:1", "Did you mean `channels`?"],
    ["dependencies: [six]\ndependancies: [pandas]\n", "2:1", "Did you mean `dependencies`?"],
    ["dependencies: [six]\nfoo: 1\n", "2:1", "Its keys: `name`, "],
  ])("warns of what conda leaves out of the file %j", (conda, place, hint) => {
    const files = { "env.yml": conda };
    const job = loaded("command: ls\nenvironment: {conda_file: env.yml}", { files });
    expect(findings(job)).toEqual([`warning unknown_key /project/env.yml ${place}`]);
    expect(job.problems[0]?.hint).toContain(hint);
  });

  it("takes the keys of conda, and of tools that write its files", () => {
    const conda =
      "{name: e, channels: [x], dependencies: [six], variables: {A: 1}, prefix: /x, platforms: [linux-64], category: main}";
    const job = loaded(`command: ls\nenvironment: {conda_file: ${conda}}`);
    expect(findings(job)).toEqual([]);
  });

  it.each(["{}", "{description: none}"])(
    "warns of the environment %s, which does not say what is in it",
    (environment) => {
      const job = loaded(`command: ls\nenvironment: ${environment}`);
      expect(findings(job)).toEqual(["warning empty_environment 2:14"]);
    },
  );

  it.each(['command: ""', 'command: " \\t"'])("refuses %j, which does nothing", (command) => {
    expect(findings(loaded(command))).toEqual(["error missing_field 1:10"]);
    const node = `type: pipeline\njobs:\n  a:\n    ${command}`;
    expect(findings(loaded(node))).toEqual(["error missing_field 4:14"]);
  });

  it.each(["{name: e, version: 1}", "{description: none, python: '3.11'}"])(
    "the environment %s says enough: it may be known by its name, or is that Python alone",
    (environment) => {
      expect(findings(loaded(`command: ls\nenvironment: ${environment}`))).toEqual([]);
    },
  );

  it.each([
    ["environment: [six]", "Write a single value or a mapping in its place."],
    ["environment_variables: {A: [1]}", "Write a single value in its place."],
    ["properties: {stepwell.reuse: sometimes}", "Use one of `auto`, `never`. Or `{max_age: …}`."],
  ])("says what fits in place of the wrong shape of %s", (line, hint) => {
    expect(loaded(`command: ls\n${line}`).problems.map((one) => one.hint)).toEqual([hint]);
  });
});
