import { afterEach, beforeEach, expect, it } from "vitest";
import { type LoopDisk, loopDisk } from "./loop-disk.ts";
import { killEverything, makeRig, type Rig } from "./rig.ts";

// A run that was taken goes on after a power cut with the code and the files that it was submitted with, also where they had
// been written a moment before.

let disk: LoopDisk | null;
let rig: Rig;

beforeEach((context) => {
  disk = loopDisk(256);
  if (disk === null) return context.skip();
  rig = makeRig("reads", disk.folder, disk.through);
});

afterEach(() => {
  if (disk === null) return;
  rig.remove();
  disk.remove();
});

const JOB = `type: command
code: src
command: sh work.sh \${{inputs.rows}} > \${{outputs.o}}
compute: azureml:local
inputs: {rows: {type: uri_file, path: ./rows.csv}}
outputs: {o: {type: uri_file}}
`;

it("goes on after a power cut with what it was submitted with", () => {
  rig.write("job.yml", JOB);
  // Nothing is copied that could stand in for it.
  rig.write("stepwell.yml", "keep: reference\n");
  rig.write("rows.csv", "1,2\n");
  for (let index = 0; index < 12; index += 1) rig.write(`src/part${index}.txt`, `${index}`);
  rig.write("src/work.sh", "cat $1 part11.txt\n");
  expect(rig.cli("run", "job.yml", "--name", "one", "--detach").code).toBe(0);
  disk?.cutPower();
  while (killEverything(rig.folder) > 0);
  disk?.comeBack();
  const run = rig.run("run", "--resume", "one");
  expect(run.steps.map(({ error }) => error)).toEqual([null]);
  expect(rig.read(run.outputs.o?.path.slice(rig.folder.length + 1) as string)).toBe("1,2\n11");
});
