import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { CLI, makeRig, type Rig } from "./rig.ts";

// One workspace in long and shared use: where output goes, what waits for what, what a finished run says later.

let rig: Rig;

afterEach(() => rig.remove());

/** `stepwell …` with streams that the test chooses. */
function cliInto(stdio: readonly (number | "pipe" | "ignore")[], ...words: readonly string[]) {
  return spawnSync(process.execPath, [CLI, "--workspace", rig.folder, ...words], {
    cwd: rig.folder,
    encoding: "utf8",
    stdio: [...stdio],
  });
}

describe.skipIf(!fs.existsSync("/dev/full"))("output that goes to a full disk", () => {
  it("does not keep a run from its end, and the result that is lost is told", () => {
    rig = makeRig("full-output");
    rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
    const full = fs.openSync("/dev/full", "w");
    const unheard = cliInto(["ignore", "pipe", full], "run", "job.yml", "--json");
    expect([unheard.status, JSON.parse(unheard.stdout).status]).toEqual([0, "Completed"]);
    const unwritten = cliInto(["ignore", full, "pipe"], "run", "job.yml", "--json");
    expect(unwritten.stderr).toContain("could not be written: ENOSPC");
    expect(unwritten.stderr).not.toContain("    at ");
    expect(unwritten.status).toBe(4);
    fs.closeSync(full);
    expect(rig.run("show", "job-2").status).toBe("Completed");
  });
});
