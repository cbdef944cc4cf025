import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";
import { type SmallDisk, smallDisk } from "./small-disk.ts";

// A workspace on a disk that has become read-only: it can be looked at, and what would write says why it cannot.

let disk: SmallDisk | null;
let rig: Rig;

beforeEach((context) => {
  disk = smallDisk({ megabytes: 16, inodes: 2000 });
  if (disk === null) return context.skip();
  rig = makeRig("read-only", disk.folder);
  rig.write(
    "job.yml",
    "type: command\ncommand: echo hello > ${{outputs.o}}\noutputs: {o: {type: uri_file}}\n",
  );
  expect(rig.cli("run", "job.yml", "--name", "one").code).toBe(0);
  expect(spawnSync("mount", ["-o", "remount,ro", disk.folder]).status).toBe(0);
});

afterEach(() => disk?.remove());

it.each([
  [["runs"]],
  [["show", "one"]],
  [["logs", "one"]],
  [["outputs", "one", "o"]],
  [["plan", "job.yml"]],
  [["wait", "one"]],
  [["run", "--resume", "one"]],
])("%s needs nothing but to read", (words) => {
  expect(rig.cli(...words).code).toBe(0);
});

it.each([
  [["run", "job.yml"]],
  [["rerun", "one"]],
  [["shell", "one", ".", "--", "true"]],
  [["pin", "one"]],
])("%s says that the workspace cannot be written", (words) => {
  const { code, stderr } = rig.cli(...words);
  expect([code, stderr]).toEqual([
    4,
    expect.stringContaining("the workspace cannot be written: its disk is read-only"),
  ]);
});
