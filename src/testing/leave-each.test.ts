import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, exited, leftovers, makeRig, type Rig, type Watched } from "./rig.ts";

// How `run --each` is left, and what becomes of its runs and of those of others that its process was the engine of. Steps
// are held by files that the test makes.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("leave-each");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 4}}\n");
  rig.write("grid.yml", job(HELD));
});

afterEach(() => rig.remove());

/** Writes its value to the ledger, and waits for a file `go-VALUE`. */
const HELD = 'echo $X >> "$AT/ledger"; until [ -e "$AT/go-$X" ]; do sleep 0.05; done';

function job(command: string, x: number | string = 0): string {
  return `type: command
compute: local
command: X=\${{inputs.x}}; ${command}
environment_variables: {AT: ${JSON.stringify(rig.folder)}}
inputs: {x: ${x}}
`;
}

const EACH = ["run", "grid.yml", "--each", "x=1..3", "--max-concurrent", "2"] as const;

function begun(...values: readonly string[]): Promise<void> {
  return eventually(() => values.every((x) => rig.peek().includes(x)), `${values} run`);
}

function letGo(...values: readonly string[]): void {
  for (const x of values) rig.write(`go-${x}`, "");
}

function statuses(): Readonly<Record<string, string>> {
  const { runs } = JSON.parse(rig.cli("runs", "--json").stdout);
  return Object.fromEntries(
    runs.map((run: { name: string; status: string }) => [run.name, run.status]),
  );
}

it("by a closed terminal: what runs goes on, each run can be resumed, and the others never were one", async () => {
  const each = rig.start(...EACH);
  await begun("1", "2");
  each.kill("SIGHUP");
  await exited(each);
  expect(statuses()).toEqual({ "grid-1": "Interrupted", "grid-2": "Interrupted" });
  letGo("1", "2");
  for (const name of ["grid-1", "grid-2"]) expect(rig.cli("run", "--resume", name).code).toBe(0);
  expect(statuses()).toEqual({ "grid-1": "Completed", "grid-2": "Completed" });
  expect(rig.ran()).toEqual(["1", "2"]);
});

it("by Ctrl-C twice: steps that ignore the first are killed, and no run is submitted any more", async () => {
  rig.write(
    "grid.yml",
    job(`trap '' TERM; echo $X >> "$AT/ledger"; while true; do sleep 0.05; done`),
  );
  const each = rig.watch({}, ...EACH);
  await begun("1", "2");
  each.child.kill("SIGINT");
  await eventually(() => each.said().includes("press Ctrl-C again to kill"), "the first is heard");
  each.child.kill("SIGINT");
  expect(await exited(each.child)).toBe(3);
  expect(each.said()).toContain("1 of 3 runs was not submitted");
  expect(statuses()).toEqual({ "grid-1": "Canceled", "grid-2": "Canceled" });
  expect(leftovers(rig.folder)).toEqual([]);
});

it("by the engine that ran its steps: its own process goes on with them, and no step runs twice", async () => {
  rig.write("own.yml", job(HELD, "own"));
  const own = rig.start("run", "own.yml", "--name", "own");
  await begun("own");
  const each = rig.start(...EACH);
  await begun("1", "2");
  own.kill("SIGKILL");
  await exited(own);
  letGo("1", "2", "3");
  expect(await exited(each)).toBe(0);
  expect(statuses()).toEqual({
    own: "Interrupted",
    "grid-1": "Completed",
    "grid-2": "Completed",
    "grid-3": "Completed",
  });
  expect(rig.ran()).toEqual(["1", "2", "3", "own"]);
});

it("at their end: a detached run of somebody else goes on by itself", async () => {
  const { child } = await eachAndDetached();
  expect(await exited(child)).toBe(0);
  await farEnds();
});

it("by Ctrl-C while somebody is told of an end: nobody waits for that, and a detached run goes on", async () => {
  const held = "until [ -e told ]; do sleep 0.05; done";
  const notify = `notify: [{command: "${held}", on: [succeeded]}]\n`;
  rig.write("stepwell.yml", `${rig.read("stepwell.yml")}${notify}`);
  const { child, said } = await eachAndDetached();
  await eventually(() => said().includes("grid-3 Completed"), "the last run ends");
  child.kill("SIGINT");
  expect(await exited(child)).toBe(0);
  expect(fs.readdirSync(rig.at(".stepwell/notify/marks"))).toEqual([
    "far",
    "grid-1",
    "grid-2",
    "grid-3",
  ]);
  rig.write("told", "");
  await farEnds();
});

/** The process of `--each` alone is the engine of the detached run too; the runs of `--each` are let go. */
async function eachAndDetached(): Promise<Watched> {
  rig.write("far.yml", job(HELD, "far"));
  const each = rig.watch({}, ...EACH);
  await begun("1", "2");
  expect(rig.cli("run", "far.yml", "--name", "far", "--detach").code).toBe(0);
  await begun("far");
  await killStandBy();
  letGo("1", "2", "3");
  return each;
}

async function killStandBy(): Promise<void> {
  const file = rig.at(".stepwell/stand-by.json");
  await eventually(() => fs.existsSync(file), "somebody stands by");
  const { pid } = JSON.parse(fs.readFileSync(file, "utf8")).process;
  process.kill(pid, "SIGKILL");
  await eventually(() => !fs.existsSync(`/proc/${pid}/exe`), "nobody stands by");
}

/** Nobody is asked to wait for it: who waits would go on with it. */
async function farEnds(): Promise<void> {
  letGo("far");
  await eventually(() => statuses().far === "Completed", "the detached run ends");
  expect(rig.ran()).toEqual(["1", "2", "3", "far"]);
}
