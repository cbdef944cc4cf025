import { afterAll, beforeAll, expect, it } from "vitest";
import { makeRig, type Rig } from "../testing/rig.ts";

let rig: Rig;

beforeAll(() => {
  rig = makeRig("progress");
});

afterAll(() => rig.remove());

it("tells the reuse of a long chain in a line, although each step of it is an event of its own", () => {
  const steps = Array.from({ length: 60 }, (_, k) => {
    const input = k === 0 ? "" : `, inputs: {i: "\${{parent.jobs.s${k - 1}.outputs.o}}"}`;
    const read = k === 0 ? "echo 0" : "cat ${{inputs.i}}";
    return `  s${k}: {command: "${read} >\${{outputs.o}}"${input}, outputs: {o: {type: uri_file}}}`;
  });
  rig.write(
    "pipeline.yml",
    `type: pipeline\ndisplay_name: chain\nsettings: {default_compute: azureml:local}\njobs:\n${steps.join("\n")}\n`,
  );
  expect(rig.cli("run", "pipeline.yml").code).toBe(0);
  const { stderr } = rig.cli("run", "pipeline.yml");
  expect(stderr.match(/^reused .*$/gm)).toEqual(["reused  60 steps"]);
});
