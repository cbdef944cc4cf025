import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LoopDisk, loopDisk } from "./loop-disk.ts";
import { makeRig, type Rig } from "./rig.ts";

// A run that has said that it is completed has copied its outputs to where they were asked for: also when the power goes in
// that moment, and to a disk that nothing else of the run is on.

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
