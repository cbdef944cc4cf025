import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { CLI, eventually, exited, makeRig, type Rig } from "./rig.ts";

// Logs of steps that are still running: secrets are taken out on the way to the reader, and an attempt that goes on for
// another run is told in that run.

let rig: Rig;

afterEach(() => rig.remove());

const SECRET = "hunter2-hunter2";

/** A step that says what it knows, waits for a file, and says it again. */
function tells(): string {
  return `type: pipeline
display_name: tells
settings: {default_compute: azureml:local}
jobs:
  tells:
    command: >-
      echo "the token is $TOKEN, the pin $PIN."; touch ${rig.at("started")};
      while [ ! -e ${rig.at("go")} ]; do sleep 0.05; done; echo "still $TOKEN"; echo made > \${{outputs.o}}
    outputs: {o: {type: uri_file}}
`;
}

/** Two steps without a word, one of which waits for a file. */
function quiet(): string {
  return `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  over: {command: "touch ${rig.at("over")}"}
  waits: {command: "touch ${rig.at("started")}; while [ ! -e ${rig.at("go")} ]; do sleep 0.05; done"}
`;
}

const GIVEN = ["--env", `TOKEN=${SECRET}`, "--env", "PIN=4711"];

describe("the log of a running step", () => {
  it("that has printed nothing yet is said to be one of which more may come", async () => {
    rig = makeRig("quiet");
    rig.write("pipeline.yml", quiet());
    const run = rig.start("run", "pipeline.yml", "--name", "one");
    const waits = (): boolean => fs.existsSync(rig.at("started")) && fs.existsSync(rig.at("over"));
    await eventually(waits, "one step runs, the other has ended");
    const noted = (...words: readonly string[]) => rig.cli("logs", "one", ...words).stderr;
    expect(noted("waits")).toBe("nothing was printed yet\n");
    expect(noted("waits", "--attempt", "1")).toBe("nothing was printed yet\n");
    expect(noted()).toBe("nothing was printed yet\n");
    const hasEnded = (): boolean => rig.run("show", "one").steps[0]?.status === "Completed";
    await eventually(hasEnded, "the end of the other one is recorded");
    expect(noted("over")).toBe("nothing was printed\n");
    rig.write("go", "");
    expect(await exited(run)).toBe(0);
    expect(noted("waits")).toBe("nothing was printed\n");
  });

  it("stands below its own title whenever it goes on: lines of one step came below the title of another", async () => {
    rig = makeRig("turns");
    const until = (file: string): string => `until [ -e ${rig.at(file)} ]; do sleep 0.05; done`;
    rig.write(
      "pipeline.yml",
      `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  a: {command: "printf a1; ${until("go-a")}; echo ' a2'"}
  b: {command: "${until("go-b")}; echo b1; ${until("go-a")}"}
`,
    );
    const run = rig.start("run", "pipeline.yml", "--name", "one");
    await eventually(() => fs.existsSync(rig.at(".stepwell/logs/one")), "the steps run");
    const follower = follow("one");
    await eventually(() => follower.text().includes("a1"), "the first step has spoken");
    rig.write("go-b", "");
    await eventually(() => follower.text().includes("b1"), "the second one has");
    rig.write("go-a", "");
    expect(await exited(run)).toBe(0);
    expect(await exited(follower.child)).toBe(0);
    expect(follower.text()).toMatch(/^(?:== a ==\n)?a1\n== b ==\nb1\n== a ==\n a2\n$/);
    expect(rig.cli("logs", "one").stdout).toBe("== a ==\na1 a2\n== b ==\nb1\n");
  });

  it("shows no secret, neither at once nor while it is followed", async () => {
    rig = makeRig("live");
    rig.write("pipeline.yml", tells());
    const run = rig.start("run", "pipeline.yml", "--name", "one", ...GIVEN);
    await eventually(() => fs.existsSync(rig.at("started")), "the step has spoken");
    expect(rig.cli("logs", "one", "tells").stdout).toBe("the token is ***, the pin ***.\n");
    const follower = follow("one");
    await eventually(() => follower.text().includes("***"), "the follower shows something");
    rig.write("go", "");
    expect(await exited(run)).toBe(0);
    expect(await exited(follower.child)).toBe(0);
    const whole = "the token is ***, the pin ***.\nstill ***\n";
    expect(follower.text()).toBe(whole);
    expect(rig.cli("logs", "one", "tells").stdout).toBe(whole);
    expect(rig.cli("show", "one", "--json").stdout).not.toContain(SECRET);
  });

  it("is that of the run it goes on for, when its own run is cancelled", async () => {
    rig = makeRig("heirlog");
    rig.write("pipeline.yml", tells());
    const first = rig.start("run", "pipeline.yml", "--name", "one", ...GIVEN);
    await eventually(() => fs.existsSync(rig.at("started")), "the step runs");
    const other = ["--env", "TOKEN=another-value", "--env", "PIN=1234"];
    const words = ["run", "pipeline.yml", "--name", "two", ...other];
    const { child: second, said } = rig.watch({}, ...words);
    const attached = (): boolean => said().includes("one is doing the same work");
    await eventually(attached, "the second run waits for the first");
    expect(rig.cli("cancel", "one").code).toBe(0);
    expect(await exited(first)).toBe(3);
    for (const name of ["one", "two"])
      expect(rig.cli("logs", name).stdout).toBe("the token is ***, the pin ***.\n");
    const [step] = rig.run("show", "two").steps;
    expect(step).toMatchObject({
      status: "Running",
      reuse: { decision: "ran", reason: { detail: "continued from one, which was cancelled" } },
      attempts: [{ number: 1, status: "Running" }],
    });
    const { finished, steps } = rig.run("show", "one");
    expect(steps[0]).toMatchObject({ status: "Canceled", attempts: [{ finished }] });
    rig.write("go", "");
    expect(await exited(second)).toBe(0);
    const whole = "the token is ***, the pin ***.\nstill ***\n";
    for (const name of ["one", "two"]) expect(rig.cli("logs", name).stdout).toBe(whole);
    expect(fs.readFileSync(rig.run("show", "two").steps[0]?.log ?? "", "utf8")).toBe(whole);
    expect(rig.cli("show", "two").stdout).toContain("continued from one");
    expect(fs.readdirSync(rig.at(".stepwell/runs")).flatMap(filesOf)).toEqual([]);
  });

  it("keeps the secrets of the run that began it, however many runs it has gone on for", async () => {
    rig = makeRig("heirs");
    rig.write("pipeline.yml", tells());
    const given = (token: string) => ["--env", `TOKEN=${token}`, "--env", "PIN=1234"];
    const begin = async (name: string, ...more: readonly string[]) => {
      const watched = rig.watch({}, "run", "pipeline.yml", "--name", name, ...more);
      const isBegun = () => watched.said().includes("doing the same work");
      if (name !== "one") await eventually(isBegun, `${name} waits for the work`);
      else await eventually(() => fs.existsSync(rig.at("started")), "the step runs");
      return watched.child;
    };
    const one = await begin("one", ...GIVEN);
    const two = await begin("two", ...given("another-value"));
    expect(rig.cli("cancel", "one").code).toBe(0);
    expect(await exited(one)).toBe(3);
    const three = await begin("three", ...given("third-value-of-it"));
    expect(rig.cli("cancel", "two").code).toBe(0);
    expect(await exited(two)).toBe(3);
    expect(rig.cli("logs", "three").stdout).toBe("the token is ***, the pin ***.\n");
    // The next engine knows of it what is recorded.
    three.kill("SIGKILL");
    await exited(three);
    rig.write("go", "");
    expect(rig.cli("run", "--resume", "three").code).toBe(0);
    const whole = "the token is ***, the pin ***.\nstill ***\n";
    expect(fs.readFileSync(rig.run("show", "three").steps[0]?.log ?? "", "utf8")).toBe(whole);
  });
});

it("is followed to its end as that of each of two steps that are the same work", async () => {
  rig = makeRig("twins");
  const step = tells().split("jobs:\n")[1] ?? "";
  rig.write("pipeline.yml", `${tells()}${step.replace("tells:", "again:")}`);
  const run = rig.start("run", "pipeline.yml", "--name", "one", ...GIVEN);
  await eventually(() => fs.existsSync(rig.at("started")), "the step has spoken");
  const follower = follow("one");
  await eventually(() => follower.text().includes("***"), "the follower shows something");
  rig.write("go", "");
  expect(await exited(run)).toBe(0);
  expect(await exited(follower.child)).toBe(0);
  const said = follower.text().split("\n");
  expect(said.filter((line) => line === "still ***")).toHaveLength(2);
  expect(said.filter((line) => line.startsWith("== "))).toEqual(["== again (one) =="]);
});

it("is whole when its reader is slower than the disk", () => {
  rig = makeRig("slow-reader");
  rig.write("job.yml", "type: command\ncompute: local\ncommand: seq 200000\n");
  expect(rig.cli("run", "job.yml").code).toBe(0);
  const logs = `"$NODE" "$CLI" logs job-1 --workspace .`;
  const slow = "{ dd bs=1 count=50000; cat; } 2>/dev/null";
  const read = spawnSync("bash", ["-c", `set -o pipefail; ${logs} | ${slow}`], {
    cwd: rig.folder,
    env: { ...process.env, NODE: process.execPath, CLI },
    encoding: "utf8",
    maxBuffer: 1 << 24,
  });
  expect([read.status, read.stderr]).toEqual([0, ""]);
  expect(read.stdout === rig.read(".stepwell/logs/job-1/_.1.log")).toBe(true);
});

it("is said to be gone when somebody removed it from an ended run", () => {
  rig = makeRig("no-log");
  rig.write("job.yml", "type: command\ncompute: local\ncommand: echo one\n");
  expect(rig.cli("run", "job.yml").code).toBe(0);
  fs.rmSync(rig.at(".stepwell/logs/job-1"), { recursive: true });
  expect(rig.cli("logs", "job-1").stderr).toContain("no log is left");
});

function filesOf(run: string): readonly string[] {
  return fs.readdirSync(rig.at(`.stepwell/runs/${run}`));
}

function follow(run: string): { readonly child: ReturnType<typeof spawn>; text(): string } {
  const out = fs.openSync(rig.at("followed"), "w");
  const cli = new URL("../../dist/stepwell.js", import.meta.url).pathname;
  const child = spawn(process.execPath, [cli, "logs", run, "-f", "--workspace", rig.folder], {
    stdio: ["ignore", out, "ignore"],
  });
  fs.closeSync(out);
  return { child, text: () => rig.read("followed") };
}
