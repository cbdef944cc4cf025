import fs from "node:fs";
import { afterEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// What `stepwell.yml` says of a compute is what steps on it get, whatever its name.

let rig: Rig;

afterEach(() => rig.remove());

it("a step gets the GPUs and cpus that its compute has, and no more", () => {
  rig = makeRig("computes");
  rig.write("stepwell.yml", 'computes: {"*": {type: local, cpus: 1.5, gpus: 2}}\n');
  const node = (name: string, resources: string): string =>
    `{command: 'echo "${name} [$CUDA_VISIBLE_DEVICES] $OMP_NUM_THREADS" > \${{outputs.o}}', compute: azureml:box, resources: ${resources}, outputs: {o: {type: uri_file}}}`;
  rig.write(
    "pipeline.yml",
    `type: pipeline\njobs:\n  both: ${node("both", "{gpus: 2}")}\n  none: ${node("none", "{cpus: 64}")}\n`,
  );
  const got = rig
    .run("run", "pipeline.yml")
    .steps.map((step) => fs.readFileSync(step.outputs.o?.path ?? "", "utf8").trim());
  expect(got).toEqual(["both [0,1] 1", "none [] 1"]);
});

it("steps of one compute never hold more than it has, and keep those of another from nothing", () => {
  rig = makeRig("pools");
  rig.write(
    "stepwell.yml",
    "computes: {small: {type: local, cpus: 1}, big: {type: local, cpus: 3}}\n",
  );
  const at = (name: string): string => `"${rig.folder}/${name}"`;
  // More than the queue looks ahead, and the first of them waits for the step behind them all.
  const alone = (index: number): string =>
    `  s${index}: {compute: small, command: 'mkdir ${at("lock")} || exit 1; until [ -e ${at("go")} ]; do sleep 0.02; done; rmdir ${at("lock")}; : ${index}'}\n`;
  const many = Array.from({ length: 40 }, (_, index) => alone(index)).join("");
  const last = `  b: {compute: big, command: 'touch ${at("go")}'}\n`;
  rig.write("pipeline.yml", `type: pipeline\njobs:\n${many}${last}`);
  const { status, steps } = rig.run("run", "pipeline.yml");
  expect([status, steps.length]).toEqual(["Completed", 41]);
});
