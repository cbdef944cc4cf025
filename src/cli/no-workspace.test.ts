import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "../testing/rig.ts";

// Looking at a file leaves nothing behind: `plan` and `validate` make no workspace where there is none.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("none");
  rig.write("code/a.sh", "echo a\n");
  rig.write("in.txt", "in\n");
  rig.write("stepwell.yml", "computes: {mine: {type: local}}\n");
  rig.write("job.yml", JOB);
});

afterEach(() => rig.remove());

const JOB = `
type: command
compute: mine
command: bash a.sh \${{inputs.x}} > \${{outputs.o}}
code: ./code
inputs: {x: {type: uri_file, path: ./in.txt}}
outputs: {o: {type: uri_file}}
`;

const FILES = ["code", "in.txt", "job.yml", "stepwell.yml"];

describe("without a workspace", () => {
  it("plan knows a step by the whole project, and by the version that the project chooses", () => {
    const keys = makeRig("keys");
    const variables = {
      XDG_CONFIG_HOME: keys.at("config"),
      PATH: `${keys.at("shims")}:${process.env.PATH}`,
    };
    keys.write("shims/node", "#!/bin/sh\n# asdf\ncat .node-version\n");
    fs.chmodSync(keys.at("shims/node"), 0o755);
    rig.write(".node-version", "22.1.0\n");
    rig.write("stepwell.yml", `cache: [{url: ${keys.at("shared")}, mode: read-write}]\n`);
    rig.write("whole.yml", "type: command\ncompute: local\ncode: .\ncommand: node --version\n");
    const decisions = (verb: string) =>
      JSON.parse(rig.cliWith(variables, verb, "whole.yml", "--json").stdout).steps;
    expect(decisions("run")).toMatchObject([{ reuse: { decision: "ran" } }]);
    fs.rmSync(rig.at(".stepwell"), { recursive: true });
    expect(decisions("plan")).toMatchObject([{ decision: "reuse" }]);
    expect(decisions("run")).toMatchObject([{ reuse: { decision: "reused" } }]);
    keys.remove();
  });

  it("plan says what would run, and writes nothing", () => {
    const plan = rig.cli("plan", "job.yml", "--json");
    expect(JSON.parse(plan.stdout)).toMatchObject({
      valid: true,
      steps: [{ name: ".", decision: "run", reason: { kind: "never_ran" } }],
    });
    expect(plan.stderr).not.toContain("new workspace");
    expect(fs.readdirSync(rig.folder).sort()).toEqual(FILES);
  });

  it("validate finds what is wrong, and writes nothing", () => {
    expect(rig.cli("validate", "job.yml").code).toBe(0);
    rig.write("job.yml", `${JOB}comand: x\n`);
    const refused = rig.cli("validate", "job.yml", "--json");
    expect([refused.code, JSON.parse(refused.stdout).problems.length]).toEqual([2, 1]);
    expect(fs.readdirSync(rig.folder).sort()).toEqual(FILES);
  });

  it.each([["run"], ["run", "--detach"], ["run", "--each", "x=1,2"], ["run", "--write"]])(
    "%s of a file that is not there makes none where it was looked for",
    (...words) => {
      const refused = rig.cli(...words, "jb.yml");
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("`job.yml`?")]);
      expect(refused.stderr).not.toContain("new workspace");
      expect(fs.readdirSync(rig.folder).sort()).toEqual(FILES);
    },
  );

  it("what reads a record says that there is none, and run makes it", () => {
    expect(rig.cli("runs").code).toBe(2);
    expect(fs.readdirSync(rig.folder).sort()).toEqual(FILES);
    expect(rig.cli("run", "job.yml").stderr).toContain("new workspace");
    expect(rig.cli("plan", "job.yml").stdout).toMatch(/^reuse/);
  });

  it("a run is as good as it was where what editors read cannot be written at its end", () => {
    const inTheWay = `touch ../../schema && bash a.sh`;
    rig.write("job.yml", JOB.replace("bash a.sh", inTheWay));
    expect(rig.cli("run", "job.yml").code).toBe(0);
    expect(fs.statSync(rig.at(".stepwell/schema")).isFile()).toBe(true);
  });
});

/** Not even root can read it. */
const UNREADABLE: readonly [string, () => void, RegExp] = [
  "leads nowhere that can be read",
  () => fs.symlinkSync("/proc/self/mem", rig.at("stepwell.yml")),
  /stepwell\.yml cannot be read: .*\n {2}make it readable/,
];

describe("a workspace that cannot be used", () => {
  it.each<readonly [string, () => void, RegExp]>([
    ["is a folder", () => rig.write("stepwell.yml/x", ""), /stepwell\.yml is a folder/],
    ...(process.platform === "linux" ? [UNREADABLE] : []),
  ])("is refused where its stepwell.yml %s", (_, make, message) => {
    fs.rmSync(rig.at("stepwell.yml"));
    make();
    const refused = rig.cli("run", "job.yml");
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringMatching(message)]);
  });

  it("is refused where its record is a folder or no database, and says what to do", () => {
    rig.write(".stepwell/stepwell.db/x", "");
    const folder = rig.cli("runs");
    expect([folder.code, folder.stderr]).toEqual([
      4,
      expect.stringMatching(/is no file.*\n {2}move it away/),
    ]);
    fs.rmSync(rig.at(".stepwell"), { recursive: true });
    rig.write(".stepwell/stepwell.db", "x".repeat(8192));
    const garbage = rig.cli("run", "job.yml");
    expect([garbage.code, garbage.stderr]).toEqual([
      4,
      expect.stringMatching(/stepwell\.db is damaged: file is not a database\n {2}put a copy/),
    ]);
  });
});
