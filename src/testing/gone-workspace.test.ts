import type { ChildProcess } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, exited, leftovers, makeRig, processesOf, type Rig } from "./rig.ts";

// `.stepwell` is removed, moved away or replaced under a run: nobody will read what would still be recorded, so the run
// ends with an error that says so, and what it ran is stopped.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("gone-workspace");
});

afterEach(() => rig.remove());

const GONE = "error: the workspace was removed or replaced while it was in use";

function waits(command = "true"): string {
  return `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  waits:
    command: >-
      touch "$HERE/started"; until [ -e "$HERE/go" ]; do sleep 0.05; done; ${command}
    environment_variables: {HERE: ${JSON.stringify(rig.folder)}}
`;
}

describe("a workspace that is taken away under a run", () => {
  it.each([
    ["the record alone is removed", () => removeRecord()],
    ["all of it is removed", () => fs.rmSync(rig.at(".stepwell"), { recursive: true })],
    ["it is moved away", () => fs.renameSync(rig.at(".stepwell"), rig.at("elsewhere"))],
    ["another one is in its place", () => replace()],
  ])("ends the run and what it runs: %s", async (_, takeAway) => {
    rig.write("pipeline.yml", waits());
    const { child, said } = rig.watch({}, "run", "pipeline.yml");
    await eventually(() => fs.existsSync(rig.at("started")), "the step runs");
    await eventually(() => hasSynced(child), "its start is on the disk");
    takeAway();
    expect(await exited(child)).toBe(4);
    expect(said()).toContain(GONE);
    expect(said()).not.toContain("bug");
    await eventually(() => leftovers(rig.folder).length === 0, "nothing of it runs any more");
  });

  it("is not made again in the place that it was moved from", async () => {
    rig.write("pipeline.yml", waits());
    const { child } = rig.watch({}, "run", "pipeline.yml");
    await eventually(() => fs.existsSync(rig.at("started")), "the step runs");
    await eventually(() => hasSynced(child), "its start is on the disk");
    fs.renameSync(rig.at(".stepwell"), rig.at("elsewhere"));
    await exited(child);
    await eventually(() => processesOf(rig.folder).length === 0, "nothing of it runs any more");
    expect(fs.existsSync(rig.at(".stepwell"))).toBe(false);
  });

  it("is no failure of the step that was stopped: where the workspace is back, the run goes on", async () => {
    rig.write("pipeline.yml", waits());
    expect(rig.cli("run", "pipeline.yml", "--name", "one", "--detach").code).toBe(0);
    await eventually(() => fs.existsSync(rig.at("started")), "the step runs");
    fs.renameSync(rig.at(".stepwell"), rig.at("elsewhere"));
    await eventually(() => leftovers(rig.folder).length === 0, "nothing of it runs any more");
    fs.rmSync(rig.at(".stepwell"), { recursive: true, force: true });
    fs.renameSync(rig.at("elsewhere"), rig.at(".stepwell"));
    rig.write("go", "");
    expect(rig.cli("wait", "one").code).toBe(0);
    expect(rig.run("show", "one").steps[0]?.error).toBeNull();
  });

  it("is no end of a run that would have completed: its last step removes the record", async () => {
    rig.write("pipeline.yml", waits(`rm -f "$HERE"/.stepwell/stepwell.db*`));
    const { child, said } = rig.watch({}, "run", "pipeline.yml");
    await eventually(() => hasSynced(child), "something is on the disk");
    rig.write("go", "");
    expect(await exited(child)).toBe(4);
    expect(said()).toContain(GONE);
  });

  it("ends whoever follows the run as well, and its detached engine", async () => {
    rig.write("pipeline.yml", waits());
    expect(rig.cli("run", "pipeline.yml", "--name", "one", "--detach").code).toBe(0);
    await eventually(() => fs.existsSync(rig.at("started")), "the step runs");
    const { child, said } = rig.watch({}, "wait", "one");
    await eventually(() => opened(child, "stepwell.db-shm") > 0, "it follows");
    const second = rig.watch({}, "run", "pipeline.yml", "--name", "two");
    await eventually(() => second.said().includes("one is doing the same work"), "it waits");
    removeRecord();
    expect(await exited(child)).toBe(4);
    expect(said()).toContain(GONE);
    expect(await exited(second.child)).toBe(4);
    await eventually(() => leftovers(rig.folder).length === 0, "nothing of it runs any more");
    const log = (): string => rig.read(".stepwell/engine.log");
    await eventually(() => log().includes(GONE), "the engine has said why it ends");
  });
});

/** SQLite has its log open, and so has, from the first commit that must last, whoever waits for the disk. */
function hasSynced(child: ChildProcess): boolean {
  return opened(child, "stepwell.db-wal") > 1;
}

function opened({ pid }: ChildProcess, file: string): number {
  const open = fs.readdirSync(`/proc/${pid}/fd`).map((name) => target(`/proc/${pid}/fd/${name}`));
  return open.filter((path) => path.endsWith(file)).length;
}

function target(link: string): string {
  try {
    return fs.readlinkSync(link);
  } catch {
    return "";
  }
}

function removeRecord(): void {
  for (const name of ["stepwell.db", "stepwell.db-wal", "stepwell.db-shm"])
    fs.rmSync(rig.at(`.stepwell/${name}`), { force: true });
}

function replace(): void {
  removeRecord();
  expect(rig.cli("validate", "pipeline.yml").code).toBe(0);
  expect(rig.cli("data", "create", "--name", "d", "--path", "pipeline.yml").code).toBe(0);
  expect(fs.existsSync(rig.at(".stepwell/stepwell.db"))).toBe(true);
}
