import fs from "node:fs";
import { afterEach, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// What a run is about to name lies in the workspace for long: `gc` must not take it while the run is submitted.

let rig: Rig;

afterEach(() => rig.remove());

it("code that an earlier plan has left stays while a run of it is submitted", async () => {
  rig = makeRig("beside-gc");
  rig.write("code/a.txt", "a\n");
  // Who the environment is takes as long to tell as the test wants.
  rig.write(
    "python",
    `#!/bin/sh\necho asked >> "${rig.at("ledger")}"\nuntil [ -e "${rig.at("go")}" ]; do sleep 0.05; done\nexec python3 "$@"\n`,
  );
  fs.chmodSync(rig.at("python"), 0o755);
  rig.write(
    "job.yml",
    "type: command\ncompute: local\ncode: code\ncommand: cat a.txt\nenvironment: {python: ./python}\n",
  );
  rig.write("plain.yml", "type: command\ncompute: local\ncode: code\ncommand: cat a.txt\n");
  rig.write("first.yml", "type: command\ncompute: local\ncommand: echo\n");
  for (const words of ["run first.yml", "plan plain.yml"])
    expect(rig.cli(...words.split(" ")).code).toBe(0);
  const code = rig.at(".stepwell/code");
  for (const name of fs.readdirSync(code)) fs.utimesSync(`${code}/${name}`, 1_000_000, 1_000_000);
  const run = rig.start("run", "job.yml", "--name", "one");
  await eventually(() => rig.peek().includes("asked"), "the run asks for its environment");
  expect(rig.cli("gc").code).toBe(0);
  rig.write("go", "");
  expect([await exited(run), rig.cli("logs", "one").stdout]).toEqual([0, "a\n"]);
});
