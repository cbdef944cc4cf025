import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writerMark } from "../ports/writer-mark.ts";
import { type Ended, makeRig, type Rig } from "./rig.ts";

// An ordinary user on a machine with others: nobody, among files of root. Needs root, who becomes nobody for each command.

const NOBODY = 65534;
const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const JOB = "type: command\ncompute: local\ncommand: echo one\n";

let rig: Rig;
let env: Record<string, string>;

beforeEach((context) => {
  const maySwitch = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0;
  rig = makeRig("others", undefined, maySwitch ? AS_NOBODY : []);
  env = { HOME: rig.folder, STEPWELL_CACHE_DIR: rig.at("cache") };
  rig.write("job.yml", JOB);
  for (const name of ["", "job.yml"]) fs.chownSync(rig.at(name), NOBODY, NOBODY);
  if (maySwitch && cli("--version").code === 0) return;
  console.warn("skipped: needs root, setpriv, and a program that nobody may read");
  context.skip();
});

afterEach(() => rig.remove());

function cli(...words: readonly string[]): Ended {
  return rig.cliWith(env, ...words);
}

describe("what other users have left", () => {
  it("of a killed plan among the temporary files keeps nobody from planning", () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const left = `tmp/stepwell-plan-${writerMark().replace(/-\d+$/, `-${dead}`)}.abcdef`;
    fs.mkdirSync(rig.at(left), { recursive: true, mode: 0o700 });
    fs.chmodSync(rig.at("tmp"), 0o1777);
    expect(rig.cliWith({ ...env, TMPDIR: rig.at("tmp") }, "plan", "job.yml").code).toBe(0);
    expect(fs.existsSync(rig.at(left))).toBe(true);
  });
});
