import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { CLI, eventually, exited, makeRig, type Rig } from "./rig.ts";

// Who goes on with what, when of several runs one is cancelled or loses its process, and what a person at a terminal sees
// of a cancel. The steps' work is held by files that the test makes, never by time.

let rig: Rig;

afterEach(() => rig.remove());

/** Writes its name to the ledger and its GPUs to its log, then waits for a file `go-NAME`. */
function held(name: string, { after = null as string | null, cpus = 1, gpus = 0 } = {}): string {
  const input =
    after === null ? "" : `\n    inputs: {from: "\${{parent.jobs.${after}.outputs.out}}"}`;
  return `
  ${name}:
    command: echo "gpu $CUDA_VISIBLE_DEVICES"; echo ${name} >> "$HOME_OF_TEST/ledger"; until [ -e "$HOME_OF_TEST/go-${name}" ]; do sleep 0.05; done; echo ${name} > \${{outputs.out}}
    environment_variables: {HOME_OF_TEST: ${JSON.stringify(rig.folder)}}
    resources: {properties: {stepwell: {cpus: ${cpus}, gpus: ${gpus}}}}${input}
    outputs: {out: {type: uri_file}}`;
}

function pipeline(...jobs: readonly string[]): string {
  return `type: pipeline\nsettings: {default_compute: azureml:local}\njobs:${jobs.join("")}\n`;
}

describe("a shell that leaves only some GPUs to what it starts", () => {
  it("gives out those", () => {
    rig = makeRig("gpus-of-the-shell");
    rig.write("stepwell.yml", "computes: {local: {type: local, gpus: 2}}\n");
    rig.write("p.yml", pipeline(held("one", { gpus: 1 }), held("both", { gpus: 2 })));
    for (const name of ["one", "both"]) rig.write(`go-${name}`, "");
    const { code } = rig.cliWith({ CUDA_VISIBLE_DEVICES: "5,3" }, "run", "p.yml", "--name", "some");
    expect(code).toBe(0);
    expect(rig.cli("logs", "some", "both").stdout).toContain("gpu 5,3");
    expect(rig.cli("logs", "some", "one").stdout).toContain("gpu 5");
  });
});

function begun(name: string): Promise<void> {
  return eventually(() => rig.peek().includes(name), `step ${name} runs`);
}

/** Kills the engine that detached runs of this rig's workspace have, as `kill -9` does. */
async function killDetachedEngine(): Promise<void> {
  const pids = fs.readdirSync("/proc").filter((name) => {
    try {
      const words = fs.readFileSync(`/proc/${name}/cmdline`, "latin1").split("\0");
      return words.includes("engine") && words.includes(rig.folder);
    } catch {
      return false;
    }
  });
  expect(pids).not.toEqual([]);
  for (const pid of pids) process.kill(Number(pid), "SIGKILL");
  const isGone = (pid: string): boolean => !fs.existsSync(`/proc/${pid}/exe`);
  await eventually(() => pids.every(isGone), "the engine is gone");
}

function statusOf(run: string): string {
  return rig.run("show", run).status;
}

describe("a detached run whose engine was killed", () => {
  it("is shown as interrupted, ends no following of its log in vain, and goes on when waited for", async () => {
    rig = makeRig("orphan");
    rig.write("pipeline.yml", pipeline(held("a"), held("b", { after: "a" })));
    rig.cli("run", "pipeline.yml", "--detach", "--name", "one");
    await begun("a");
    expect(statusOf("one")).toBe("Running");
    await killDetachedEngine();
    expect(statusOf("one")).toBe("Interrupted");
    const listed = JSON.parse(rig.cli("runs", "--status", "Interrupted", "--json").stdout).runs;
    expect(listed.map((run: { name: string }) => run.name)).toEqual(["one"]);
    const followed = rig.cli("logs", "one", "-f");
    expect([followed.code, followed.stderr]).toEqual([
      0,
      "nobody goes on with one: stepwell run --resume one\n",
    ]);
    rig.write("go-a", "");
    rig.write("go-b", "");
    expect(rig.cli("wait", "one").code).toBe(0);
    expect(rig.ran()).toEqual(["a", "b"]);
  });

  it("goes on when waited for although its machine has another name by now", async () => {
    rig = makeRig("renamed");
    rig.write("pipeline.yml", pipeline(held("a"), held("b", { after: "a" })));
    rig.cli("run", "pipeline.yml", "--detach", "--name", "one");
    await begun("a");
    await killDetachedEngine();
    rig.write(
      "later.cjs",
      "require('node:os').hostname = () => 'renamed'; const now = Date.now; Date.now = () => now() + 60_000;",
    );
    const env = { NODE_OPTIONS: `--require ${rig.at("later.cjs")}` };
    expect(JSON.parse(rig.cliWith(env, "show", "one", "--json").stdout).status).toBe("Interrupted");
    rig.write("go-a", "");
    rig.write("go-b", "");
    expect(rig.cliWith(env, "wait", "one").code).toBe(0);
    expect(rig.ran()).toEqual(["a", "b"]);
  });

  it("goes on when another run is cancelled, which needs an engine too", async () => {
    rig = makeRig("others");
    rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 2}}\n");
    rig.write("one.yml", pipeline(held("a")));
    rig.write("two.yml", pipeline(held("b"), held("c", { after: "b" })));
    rig.cli("run", "one.yml", "--detach", "--name", "one");
    rig.cli("run", "two.yml", "--detach", "--name", "two");
    await begun("a");
    await begun("b");
    await killDetachedEngine();
    expect(rig.cli("cancel", "one").stdout).toContain("one Canceled");
    rig.write("go-b", "");
    rig.write("go-c", "");
    await eventually(() => statusOf("two") === "Completed", "the other run ends");
    expect(rig.ran()).toEqual(["a", "b", "c"]);
  });
});

it("limits that are edited between two runs count for the second, although the first one's process is the engine", async () => {
  rig = makeRig("edited");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 1}}\n");
  rig.write("one.yml", pipeline(held("a")));
  rig.write("two.yml", pipeline(held("b", { cpus: 2, gpus: 2 })));
  const one = rig.start("run", "one.yml", "--name", "one");
  await begun("a");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 3, gpus: 2}}\n");
  const two = rig.start("run", "two.yml", "--name", "two");
  await begun("b");
  rig.write("go-b", "");
  expect(await exited(two)).toBe(0);
  expect(rig.cli("logs", "two").stdout).toBe("gpu 0,1\n");
  rig.write("go-a", "");
  expect(await exited(one)).toBe(0);
  expect(rig.run("show", "one").steps[0]?.attempts).toHaveLength(1);
});

it("a step is not run with fewer GPUs than it asks for when they are taken away meanwhile", async () => {
  rig = makeRig("fewer");
  rig.write("stepwell.yml", "computes: {local: {type: local, gpus: 2}}\n");
  rig.write("p.yml", pipeline(held("a"), held("g", { after: "a", gpus: 2 })));
  const child = rig.start("run", "p.yml", "--name", "one");
  await begun("a");
  rig.write("stepwell.yml", "computes: {local: {type: local, gpus: 1}}\n");
  rig.write("go-a", "");
  rig.write("go-g", "");
  expect(await exited(child)).toBe(1);
  expect(rig.run("show", "one").steps[1]?.error).toMatchObject({
    code: "too_many_gpus",
    message: "step g asks for 2 GPUs, and the process that runs it may use 1",
  });
  expect(rig.ran()).toEqual(["a"]);
});

describe("a detached run whose engine is the process of another run", () => {
  it("goes on by itself when that process is killed, and is not shown as interrupted", async () => {
    rig = makeRig("lodger");
    rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 2}}\n");
    rig.write("own.yml", pipeline(held("a")));
    rig.write("far.yml", pipeline(held("b"), held("c", { after: "b" })));
    const own = rig.start("run", "own.yml", "--name", "own");
    await begun("a");
    rig.cli("run", "far.yml", "--detach", "--name", "far");
    await begun("b");
    const isStoodBy = (): boolean => fs.existsSync(rig.at(".stepwell/stand-by.json"));
    await eventually(isStoodBy, "somebody stands by");
    own.kill("SIGKILL");
    await exited(own);
    expect([statusOf("own"), statusOf("far")]).toEqual(["Interrupted", "Running"]);
    rig.write("go-b", "");
    rig.write("go-c", "");
    await eventually(() => statusOf("far") === "Completed", "the detached run ends");
    rig.write("go-a", "");
    await eventually(() => !isStoodBy(), "nobody stands by any more");
    expect(rig.ran()).toEqual(["a", "b", "c"]);
  });
});

it.each([
  ["limits are edited", "stepwell.yml", "computes: {local: {type: local, cpus: 3}}\n"],
  ["the run ends whose process is the engine", "go-a", ""],
])(
  "outputs that are being captured when %s are captured once, and whole",
  async (_, file, text) => {
    rig = makeRig("capturing");
    // The process stays for a while after its run: somebody is to be told of the end.
    const slowly =
      "notify: [{command: 'until [ -e told ]; do sleep 0.05; done', on: [succeeded]}]\n";
    rig.write("stepwell.yml", `computes: {local: {type: local, cpus: 2}}\n${slowly}`);
    rig.write("own.yml", pipeline(held("a")));
    const command = `cd ${rig.folder}; truncate -s 3G ${"${{outputs.o}}"}; touch made`;
    rig.write(
      "far.yml",
      pipeline(`\n  big: {command: "${command}", outputs: {o: {type: uri_file}}}`),
    );
    const own = rig.start("run", "own.yml", "--name", "own");
    await begun("a");
    rig.cli("run", "far.yml", "--detach", "--name", "far");
    await eventually(() => fs.existsSync(rig.at("made")), "the large output is there");
    // When somebody has looked, the engine knows of it.
    rig.run("show", "far");
    rig.write(file, text);
    expect(rig.cli("wait", "far").code).toBe(0);
    expect(rig.run("show", "far").steps[0]?.attempts).toHaveLength(1);
    rig.write("go-a", "");
    rig.write("told", "");
    expect(await exited(own)).toBe(0);
  },
);

it("no GPU is given to two steps when another process becomes the engine", async () => {
  rig = makeRig("gpus");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 4, gpus: 2}}\n");
  rig.write("one.yml", pipeline(held("x", { gpus: 1 }), held("y", { gpus: 1 })));
  rig.write("two.yml", pipeline(held("z", { gpus: 1 })));
  const one = rig.start("run", "one.yml", "--name", "one");
  await begun("x");
  await begun("y");
  rig.write("go-x", "");
  const isDone = (): boolean => rig.run("show", "one").steps[0]?.status === "Completed";
  await eventually(isDone, "the first step is done");
  one.kill("SIGKILL");
  await exited(one);
  const two = rig.start("run", "two.yml", "--name", "two");
  await begun("z");
  rig.write("go-y", "");
  rig.write("go-z", "");
  expect(await exited(two)).toBe(0);
  expect(rig.cli("run", "--resume", "one").code).toBe(0);
  const gpuOf = (run: string, step: string): string => rig.cli("logs", run, step).stdout;
  expect([gpuOf("one", "y"), gpuOf("two", "z")]).toEqual(["gpu 1\n", "gpu 0\n"]);
});

it("--keep-work is kept by whoever is the engine", () => {
  rig = makeRig("kept-work");
  rig.write("job.yml", "type: command\ncommand: echo left > here\n");
  const workFolders = (): number =>
    fs.readdirSync(rig.at(".stepwell/work")).filter((name) => !name.startsWith(".")).length;
  rig.cli("run", "job.yml", "--keep-work", "--detach", "--name", "one");
  expect(rig.cli("wait", "one").code).toBe(0);
  expect(workFolders()).toBe(1);
  expect(rig.cli("rerun", "one", "--force", "--keep-work").code).toBe(0);
  expect(workFolders()).toBe(2);
  expect(rig.cli("run", "job.yml", "--force").code).toBe(0);
  expect(workFolders()).toBe(2);
  expect(rig.cli("run", "job.yml", "--each", "tags.n=1..12", "--force", "--keep-work").code).toBe(
    0,
  );
  expect(workFolders()).toBe(14);
});

it("a step that asks for more cpus than there are is told of those that it gets", () => {
  rig = makeRig("threads");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 2}}\n");
  const command = "echo threads=$OMP_NUM_THREADS";
  const resources = "resources: {properties: {stepwell: {cpus: 64}}}";
  rig.write("job.yml", `type: command\ncommand: ${command}\n${resources}\n`);
  rig.cli("run", "job.yml", "--name", "one");
  expect(rig.cli("logs", "one").stdout).toBe("threads=2\n");
});

it("work that an interrupted run has not begun is done by the run that waited for it", async () => {
  rig = makeRig("queue");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 2}}\n");
  rig.write("full.yml", pipeline(held("f", { cpus: 2 }), held("g", { after: "f" })));
  rig.write("same.yml", pipeline(held("a")));
  const full = rig.start("run", "full.yml", "--name", "full");
  await begun("f");
  const first = rig.start("run", "same.yml", "--name", "first");
  const waitsFor = (run: string, what: string): Promise<void> =>
    eventually(() => rig.cli("show", run).stdout.includes(what), `${run} waits for ${what}`);
  await waitsFor("first", "waits for 1 cpu: full has 2 of 2");
  const second = rig.start("run", "same.yml", "--name", "second");
  await waitsFor("second", "first, step a, does the same work");
  first.kill("SIGKILL");
  await exited(first);
  // A third submit makes the engine look at once who is left.
  const third = rig.start("run", "same.yml", "--name", "third");
  await waitsFor("third", "does the same work");
  rig.write("go-f", "");
  rig.write("go-a", "");
  // `full` is the engine all the while: it is still held by its second step.
  expect([await exited(second), await exited(third)]).toEqual([0, 0]);
  expect(statusOf("first")).toBe("Interrupted");
  rig.write("go-g", "");
  expect(await exited(full)).toBe(0);
  expect(rig.cli("run", "--resume", "first").code).toBe(0);
  expect(rig.ran()).toEqual(["a", "f", "g"]);
});

it("a step that takes another run's result after an attempt of its own failed shows both as they are", async () => {
  rig = makeRig("after-failing");
  rig.write("stepwell.yml", "computes: {local: {type: local, cpus: 2}}\n");
  const inner = `echo a >> ledger; until [ -e go ]; do sleep 0.05; done; mkdir failed 2>/dev/null && exit 1; echo good`;
  const retry = `properties: {stepwell.retry: '{"max_retries": 1, "delay": 1}'}`;
  const step = `\n  a:\n    command: cd ${rig.folder}; ${inner}\n    ${retry}`;
  rig.write("one.yml", pipeline(step));
  const first = rig.start("run", "one.yml", "--name", "first");
  await begun("a");
  const second = rig.start("run", "one.yml", "--name", "second");
  const isWaiting = (): boolean => rig.cli("show", "second").stdout.includes("does the same work");
  await eventually(isWaiting, "the second run waits for the first");
  rig.write("go", "");
  expect([await exited(first), await exited(second)]).toEqual([0, 0]);
  const [shown, other] = [rig.run("show", "first").steps[0], rig.run("show", "second").steps[0]];
  expect(shown?.reuse.from).toBe("second");
  expect(shown?.attempts.map(({ status, exitCode }) => [status, exitCode])).toEqual([
    ["Failed", 1],
  ]);
  expect(shown?.log).toBe(other?.log);
  expect(rig.cli("logs", "first").stdout).toBe("== a (second) ==\ngood\n");
});

/** `stepwell …` in a terminal: what is written to its stdin is typed there, and its stdout is what the terminal got. */
function inTerminal(...words: readonly string[]): { child: ChildProcess; got: () => string } {
  const program = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
  const command = [process.execPath, CLI, "--workspace", rig.folder, ...words];
  const child = spawn("python3", ["-c", program, ...command], {
    cwd: rig.folder,
    env: { ...process.env, TERM: "xterm", CI: "", NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return { child, got: () => text };
}

/** What a terminal shows in the end: it knows line ends, cursor up and clear to the end, which is all that we use. */
function screen(text: string): readonly string[] {
  const lines: string[] = [];
  let row = 0;
  let column = 0;
  const type = (character: string): void => {
    const line = lines[row] ?? "";
    if (character === "\n") row += 1;
    else if (character === "\r") column = 0;
    else {
      lines[row] = line.slice(0, column).padEnd(column) + character + line.slice(column + 1);
      column += 1;
    }
  };
  for (const [index, piece] of text.split("\u001b[").entries()) {
    const order = index === 0 ? "" : (/^\d*[A-Z]/i.exec(piece)?.[0] ?? "");
    if (order.endsWith("A")) row -= Number(order.slice(0, -1));
    if (order === "J") lines.splice(row, lines.length, (lines[row] ?? "").slice(0, column));
    for (const character of piece.slice(order.length)) type(character);
  }
  return Array.from(lines, (line = "") => line.trimEnd()).filter((line) => line !== "");
}

it("Ctrl-C in a terminal says how to kill, and leaves it standing there", async () => {
  rig = makeRig("terminal");
  rig.write("pipeline.yml", pipeline(held("a"), held("b", { after: "a" })));
  const { child, got } = inTerminal("run", "pipeline.yml", "--name", "one");
  await begun("a");
  await eventually(() => got().includes("0 of 2 steps ended"), "progress is shown");
  child.stdin?.write("\u0003");
  expect(await exited(child)).toBe(3);
  const shown = screen(got());
  expect(shown).toContain("cancelling; press Ctrl-C again to kill");
  expect(shown.join("\n")).not.toMatch(/steps ended|running/);
  expect(shown.at(-1)).toMatch(/^one Canceled/);
});

it("opens no port for debuggers on the signal that asks for one, and goes on", async () => {
  rig = makeRig("debugger");
  rig.write("pipeline.yml", pipeline(held("a")));
  const { child, said } = rig.watch({}, "run", "pipeline.yml");
  await begun("a");
  child.kill("SIGUSR1");
  rig.write("go-a", "");
  expect(await exited(child)).toBe(0);
  expect(said()).not.toContain("Debugger");
});
