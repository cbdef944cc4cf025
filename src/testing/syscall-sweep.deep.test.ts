import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CLI, exited, leftovers, makeRig, type Rig } from "./rig.ts";

// The engine's process meets its end, or an error of the disk, at the n-th call of a kind, for n = 1, 2, … until a run gets
// through unharmed: no moment is left to chance, so there is no seed. STEPWELL_SWEEP_FROM and STEPWELL_SWEEP_STEP choose
// the n that are tried.

const FROM = Number(process.env.STEPWELL_SWEEP_FROM ?? 1);
const STEP = Number(process.env.STEPWELL_SWEEP_STEP ?? 1);
const STEPS = ["a", "b", "c"];

let rig: Rig;
afterEach(() => rig?.remove());

/** c reads a and b. Every start is written down. */
function pipeline(): string {
  const start = (name: string): string => `echo ${name} >> ${rig.at("ledger")};`;
  return `type: pipeline
display_name: sweep
settings: {default_compute: azureml:local}
jobs:
  a: {command: "${start("a")} echo 1 > \${{outputs.o}}", outputs: {o: {type: uri_file}}}
  b: {command: "${start("b")} echo 2 > \${{outputs.o}}/x", outputs: {o: {type: uri_folder}}}
  c:
    command: ${start("c")} cat \${{inputs.a}} \${{inputs.b}}/x > \${{outputs.o}}
    inputs: {a: "\${{parent.jobs.a.outputs.o}}", b: "\${{parent.jobs.b.outputs.o}}"}
    outputs: {o: {type: uri_file}}
`;
}

interface Blow {
  /** The name of the system call. */
  readonly call: string;
  readonly inject: "signal=KILL" | "error=EIO" | "error=ENOSPC";
  /** Threads of the engine too, and what it starts; else its main thread alone. */
  readonly threads?: boolean;
}

interface Struck {
  readonly code: number | null;
  readonly said: string;
}

async function strike(blow: Blow, count: number): Promise<Struck> {
  return trace(blow, ["-o", "/dev/null", "-e", `inject=${blow.call}:${blow.inject}:when=${count}`]);
}

async function trace({ call, threads }: Blow, options: readonly string[]): Promise<Struck> {
  rig = makeRig("sweep");
  rig.write("p.yml", pipeline());
  const own = [process.execPath, CLI, "--workspace", rig.folder, "run", "p.yml", "--name", "one"];
  const words = [...(threads ? ["-f"] : []), "-e", `trace=${call}`, ...options, ...own];
  const env = { ...process.env, NO_COLOR: "1", STEPWELL_WORKSPACE: "", UV_THREADPOOL_SIZE: "1" };
  const child = spawn("strace", words, {
    cwd: rig.folder,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return { code: await exited(child), said };
}

/** How often the busiest thread of an unharmed run makes the call. */
async function callsOf(blow: Blow): Promise<number> {
  const file = path.join(os.tmpdir(), `stepwell-calls-${process.pid}`);
  await trace(blow, ["-o", file]);
  check();
  rig.remove();
  const calls = new Map<string, number>();
  for (const line of fs.readFileSync(file, "utf8").split("\n")) {
    if (!line.includes(`${blow.call}(`)) continue;
    const thread = blow.threads ? (line.split(" ", 1)[0] as string) : "";
    calls.set(thread, (calls.get(thread) ?? 0) + 1);
  }
  fs.rmSync(file);
  return Math.max(...calls.values());
}

/** The same outputs as a run that nothing struck; every step ran once; nothing is left over. */
function check(): void {
  const isThere = rig.cli("show", "one").code === 0;
  const run = isThere
    ? rig.run("run", "--resume", "one")
    : rig.run("run", "p.yml", "--name", "one");
  expect(run.status).toBe("Completed");
  expect(run.steps[2]?.outputs.o?.id).toBe(
    `sha256:${createHash("sha256").update("1\n2\n").digest("hex")}`,
  );
  for (const step of run.steps)
    for (const output of Object.values(step.outputs)) expect(fs.existsSync(output.path)).toBe(true);
  expect(rig.ran()).toEqual(STEPS);
  expect(leftovers(rig.folder)).toEqual([]);
}

interface Swept {
  readonly tried: number;
  readonly struck: number;
}

/** Strikes at every call in turn. */
async function sweep(blow: Blow, isStruck: (struck: Struck) => boolean): Promise<Swept> {
  const last = await callsOf(blow);
  const swept = { tried: 0, struck: 0 };
  for (let at = FROM; at <= last; at += STEP) {
    const struck = await strike(blow, at);
    try {
      if (isStruck(struck)) swept.struck += 1;
      check();
    } catch (error) {
      throw new Error(
        `${blow.call} ${blow.inject} at ${at} (replay: STEPWELL_SWEEP_FROM=${at}): ${(error as Error).message}\n${struck.said}`,
      );
    }
    rig.remove();
    swept.tried += 1;
  }
  return swept;
}

function tell(blow: Blow, { tried, struck }: Swept): void {
  const where = blow.threads ? " in all threads" : "";
  console.log(`${blow.call} ${blow.inject}${where}: ${tried} points, ${struck} ended the command`);
}

const hasStrace = spawnSync("strace", ["-V"]).status === 0;

if (!hasStrace) process.stderr.write("skipped: strace is not on PATH, no system call is struck\n");

describe.runIf(hasStrace)("the engine, struck at every system call of a kind,", () => {
  const kills: readonly Blow[] = [
    { call: "rename", inject: "signal=KILL" },
    { call: "mkdir", inject: "signal=KILL" },
    { call: "unlink", inject: "signal=KILL" },
    { call: "fsync", inject: "signal=KILL" },
    { call: "fsync", inject: "signal=KILL", threads: true },
    { call: "fdatasync", inject: "signal=KILL", threads: true },
    { call: "pwrite64", inject: "signal=KILL" },
  ];
  it.each(kills)(
    "by $inject at $call (threads: $threads) loses and repeats nothing",
    async (blow) => {
      const swept = await sweep(blow, ({ code }) => code !== 0);
      tell(blow, swept);
      expect(swept.struck).toBeGreaterThan(0);
    },
    3_600_000,
  );

  const errors: readonly Blow[] = [
    { call: "fsync", inject: "error=EIO" },
    { call: "fsync", inject: "error=EIO", threads: true },
    { call: "fdatasync", inject: "error=EIO", threads: true },
    { call: "syncfs", inject: "error=EIO", threads: true },
  ];
  it.each(errors)(
    "by $inject at $call (threads: $threads) stops with a clear message",
    async (blow) => {
      // SQLite needs no sync of a folder to be safe, and passes over its error.
      const swept = await sweep(blow, ({ code, said }) => {
        if (code !== 0) expect(`${code} ${said}`).toMatch(/^4 [\s\S]*the disk reports an error/);
        return code !== 0;
      });
      tell(blow, swept);
      expect(swept.struck).toBeGreaterThan(0);
    },
    3_600_000,
  );

  it("by ENOSPC at pwrite64 waits, or says that nothing has begun", async () => {
    const blow: Blow = { call: "pwrite64", inject: "error=ENOSPC" };
    let waited = 0;
    const swept = await sweep(blow, ({ code, said }) => {
      if (code !== 0)
        expect(`${code} ${said}`).toMatch(/^4 [\s\S]*(the disk is full|the disk reports)/);
      if (said.includes("waiting for disk space")) waited += 1;
      return code !== 0;
    });
    tell(blow, swept);
    console.log(`pwrite64 ENOSPC: ${waited} runs waited and went on by themselves`);
    expect(waited).toBeGreaterThan(0);
  }, 3_600_000);
});
