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
command: sh work.sh \${{inputs.rows}} \${{inputs.folder}}/0 > \${{outputs.o}}
compute: azureml:local
inputs:
  rows: {type: uri_file, path: ./rows.csv}
  folder: {type: uri_folder, path: ./folder}
outputs: {o: {type: uri_file}}
`;

it.each([
  ["much code", 12, 1],
  ["many files to read", 1, 12],
])("goes on after a power cut with what it was submitted with: %s", (_, parts, files) => {
  rig.write("job.yml", JOB);
  // Nothing is copied that could stand in for it.
  rig.write("stepwell.yml", "keep: reference\n");
  rig.write("rows.csv", "1,2\n");
  for (let index = 0; index < files; index += 1) rig.write(`folder/${index}`, `${index};`);
  for (let index = 0; index < parts; index += 1) rig.write(`src/part${index}.txt`, `${index}`);
  rig.write("src/work.sh", "cat $1 $2 part0.txt\n");
  // The run is taken, and nothing is done for it yet.
  rig.cliWith({ STEPWELL_CRASH_AT: "before-sync:1" }, "run", "job.yml", "--name", "one");
  disk?.cutPower();
  while (killEverything(rig.folder) > 0);
  disk?.comeBack();
  const run = rig.run("run", "--resume", "one");
  expect(run.steps.map(({ error }) => error)).toEqual([null]);
  expect(rig.read(run.outputs.o?.path.slice(rig.folder.length + 1) as string)).toBe("1,2\n0;0");
});
