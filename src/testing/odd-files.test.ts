import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI, makeRig, type Rig } from "./rig.ts";

// A pipe that nobody writes to, in the place of each file that a command reads by its name: none waits for it. And a
// definition that comes through standard input.

const JOB = `type: pipeline
jobs:
  a:
    component: ./c.yml
  b:
    command: cat ./x > \${{outputs.o}}
    code: ./code
    environment: {requirements: requirements.txt}
    outputs: {o: {type: uri_file}}
`;

let rig: Rig;

beforeAll(() => {
  rig = makeRig("odd-files", undefined, ["perl", "-e", "alarm 20; exec @ARGV"]);
  rig.write("c.yml", "type: command\nname: c\ncommand: 'true'\n");
  rig.write("code/x", "1");
  rig.write("code/.amlignore", "*.tmp\n");
  rig.write("requirements.txt", "");
  rig.write("stepwell.yml", "computes: {'*': {type: local}}\n");
  rig.write("only-a.yml", JOB.replace(/ {2}b:[\s\S]*$/, ""));
  rig.write("job.yml", JOB);
  // What was written within two seconds is hashed again the next time: its hash is not kept.
  spawnSync("sleep", ["2.1"]);
  rig.cli("run", "only-a.yml");
  rig.cli("plan", "job.yml");
});
afterAll(() => rig.remove());

/** What `command` says with a pipe in the place of `file`, which is put back. */
function withPipe(file: string, ...words: readonly string[]) {
  const aside = rig.at("aside");
  fs.renameSync(rig.at(file), aside);
  execFileSync("mkfifo", [rig.at(file)]);
  try {
    const { code, stdout, stderr } = rig.cli(...words);
    return { code, said: stdout + stderr };
  } finally {
    fs.rmSync(rig.at(file), { recursive: true, force: true });
    fs.renameSync(aside, rig.at(file));
  }
}

describe("a pipe in the place of a file", () => {
  it.each([
    ["job.yml", 2, "it is a pipe, not a file"],
    ["c.yml", 2, "it is a pipe, not a file"],
    ["requirements.txt", 2, "requirements.txt"],
    ["stepwell.yml", 4, "it is a pipe, not a file"],
  ])("of the user's is refused by name: %s", (file, code, words) => {
    expect(withPipe(file, "validate", "job.yml")).toEqual({
      code,
      said: expect.stringContaining(words),
    });
  });

  it("of the user's that says what to leave out is refused or left out", () => {
    expect([0, 2]).toContain(withPipe("code/.amlignore", "validate", "job.yml").code);
  });

  it("of ours is done without", () => {
    const kept = ["cache/graphs", "hash-cache", "code"].flatMap((folder) =>
      fs
        .readdirSync(rig.at(`.stepwell/${folder}`), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(".stepwell", folder, entry.name)),
    );
    expect(kept.length).toBeGreaterThan(2);
    const ends = kept.map((file) => [file, withPipe(file, "plan", "only-a.yml").code]);
    expect(ends).toEqual(kept.map((file) => [file, 0]));
  });
});

describe("a definition that comes through standard input", () => {
  it("may name registered components, and is told with its lines", () => {
    rig.cli("component", "create", "c.yml", "--set", "version=1");
    const validate = (input: string) => {
      const words = [CLI, "--workspace", rig.folder, "validate", "/dev/stdin"];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, {
        input,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
      });
      return { status, said: stdout + stderr };
    };
    const job = "type: pipeline\njobs:\n  a: {component: 'azureml:c:1'}\n";
    expect(validate(job)).toEqual({ status: 0, said: "/dev/stdin is valid\n" });
    const { status, said } = validate(job.replace("type", "typ"));
    expect([status, said]).toEqual([2, expect.stringContaining("1 | typ: pipeline")]);
  });
});

describe("a folder in the place of a file that another file names", () => {
  const job = (environment: string, input = "./code") => `type: command
command: ls \${{inputs.t}}
code: ./code
environment: ${environment}
inputs: {t: {type: mltable, path: ${input}}}
`;

  it("is told of a requirements file", () => {
    rig.write("named.txt", "-r more.txt\n");
    fs.mkdirSync(rig.at("more.txt"));
    rig.write("requires.yml", job("{requirements: named.txt}"));
    const { code, stderr } = rig.cli("validate", "requires.yml");
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("cannot be read: more.txt: it is a folder, not a file"),
    ]);
  });

  it.each([
    ["requirements.txt", "{build: {path: ./context}}", "./code"],
    ["MLTable", "{requirements: requirements.txt}", "./context"],
  ])("is no such file where it may be left out: %s", (name, environment, input) => {
    fs.mkdirSync(rig.at(`context/${name}`), { recursive: true });
    rig.write("context/Dockerfile", "FROM x\n");
    rig.write("built.yml", job(environment, input));
    expect(rig.cli("validate", "built.yml")).toMatchObject({ code: 0 });
  });
});
