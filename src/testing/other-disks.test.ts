import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LoopDisk, loopDisk } from "./loop-disk.ts";
import { CLI, makeRig, type Rig } from "./rig.ts";

// What somebody was told is done is on the disk, also on one that the workspace does not lie on: when the power goes in that
// moment it is there afterwards.

let disk: LoopDisk | null;
let rig: Rig;

beforeEach((context) => {
  disk = loopDisk(256);
  if (disk === null) return context.skip();
  rig = makeRig("copies");
});

afterEach(() => {
  if (disk === null) return;
  rig.remove();
  disk.remove();
});

const pipeline = (at: string): string => `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  file:
    command: echo one > \${{outputs.o}}
    outputs: {o: {type: uri_file, path: ${at}/copies/one.txt}}
  folder:
    command: mkdir -p \${{outputs.o}}/deep && echo two > \${{outputs.o}}/deep/two.txt && ln -s gone \${{outputs.o}}/link
    outputs: {o: {type: uri_folder, path: ${at}/copies/two}}
  many:
    command: for i in $(seq 20); do echo $i > \${{outputs.o}}/$i; done
    outputs: {o: {type: uri_folder, path: ${at}/many}}
`;

it("keeps the copies of a completed run through a power cut", () => {
  const { folder, cutPower, comeBack } = disk ?? expect.unreachable("skipped");
  rig.write("p.yml", pipeline(folder));
  expect(rig.run("run", "p.yml").status).toBe("Completed");
  cutPower();
  comeBack();
  const read = (name: string): string => fs.readFileSync(path.join(folder, name), "utf8");
  expect(["copies/one.txt", "copies/two/deep/two.txt", "many/20"].map(read)).toEqual([
    "one\n",
    "two\n",
    "20\n",
  ]);
});

it("keeps the key with which a secret was sealed through a power cut", () => {
  const { folder, cutPower, comeBack } = disk ?? expect.unreachable("skipped");
  const settings = path.join(folder, "config");
  const key = path.join(settings, "stepwell");
  const set = spawnSync(
    process.execPath,
    [CLI, "--workspace", rig.folder, "secret", "set", "token"],
    { input: "s3cret", env: { ...process.env, XDG_CONFIG_HOME: settings } },
  );
  expect(set.status).toBe(0);
  const read = (): readonly string[] =>
    fs.readdirSync(key).map((name) => fs.readFileSync(path.join(key, name), "hex"));
  const before = read();
  expect(before).toHaveLength(1);
  cutPower();
  comeBack();
  expect(read()).toEqual(before);
});
