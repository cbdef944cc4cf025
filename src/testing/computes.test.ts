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
