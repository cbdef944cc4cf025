import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// What a command that is the engine of all runs does of the others' steps when its own run has its end.

let rig: Rig;
let held: string;
beforeEach(() => {
  rig = makeRig("last-round");
  held = `
  a: {command: ${JSON.stringify(`cd ${rig.folder}; echo > begun; until [ -e go ]; do sleep 0.05; done`)}}`;
});
afterEach(() => rig.remove());

function pipeline(...jobs: readonly string[]): string {
  return `type: pipeline\nsettings: {default_compute: azureml:local}\njobs:${jobs.join("")}\n`;
}

describe("a run that ends as the engine of others", () => {
  it("begins nothing of theirs that would be lost with it", async () => {
    rig.write("stepwell.yml", "slots: 1\n");
    rig.write("one.yml", pipeline(held));
    rig.write("two.yml", pipeline("\n  b: {command: echo b}"));
    const one = rig.start("run", "one.yml", "--name", "one");
    await eventually(() => fs.existsSync(rig.at("begun")), "step a runs");
    const two = rig.start("run", "two.yml", "--name", "two");
    await eventually(
      () => rig.run("show", "two").status === "Running",
      "the other run waits for a slot",
    );
    expect(rig.cli("cancel", "one", "--kill").code).toBe(0);
    expect([await exited(one), await exited(two)]).toEqual([3, 0]);
    expect(rig.run("show", "two").steps[0]?.attempts).toHaveLength(1);
  });

  it("sees what it has begun of theirs to its start", async () => {
    rig.write("stepwell.yml", "slots: 2\n");
    // Copying so much takes longer than the last step of the other run.
    for (let index = 0; index < 3000; index += 1) rig.write(`code/f${index}`, "");
    rig.write("one.yml", pipeline(held));
    const then = `
    c: {code: ./code, command: "true \${{inputs.from}}", inputs: {from: "\${{parent.jobs.b.outputs.out}}"}}`;
    const letGo = `echo > ${rig.at("go")}; echo > \${{outputs.out}}`;
    const first = `
    b: {command: ${JSON.stringify(letGo)}, outputs: {out: {type: uri_file}}}`;
    rig.write("two.yml", pipeline(first, then));
    const one = rig.start("run", "one.yml", "--name", "one");
    await eventually(() => fs.existsSync(rig.at("begun")), "step a runs");
    const two = rig.start("run", "two.yml", "--name", "two");
    expect([await exited(one), await exited(two)]).toEqual([0, 0]);
    const { steps } = rig.run("show", "two");
    expect(steps.map(({ attempts }) => attempts.length)).toEqual([1, 1]);
  });
});
