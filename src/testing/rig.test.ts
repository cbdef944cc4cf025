import { spawn } from "node:child_process";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, exited, killEverything, makeRig, processesOf, type Rig } from "./rig.ts";

// What the other tests lean on: nothing of a rig outlives it.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("rig, ü");
});

afterEach(() => rig.remove());

it.runIf(process.platform === "linux")(
  "finds and ends the processes of a folder whose name is not all ASCII",
  async () => {
    const child = spawn("sleep", ["1000"], {
      env: { ...process.env, STEPWELL_ATTEMPT: `${rig.folder}/x` },
    });
    await eventually(() => processesOf(rig.folder).length === 1, "the process to be found");
    expect(killEverything(rig.folder)).toBe(1);
    await exited(child);
    expect(child.signalCode).toBe("SIGKILL");
  },
);
