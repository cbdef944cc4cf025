import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { AttemptEnd, Compute } from "../ports/compute.ts";
import { builtProgram } from "../testing/built-program.ts";
import { readProcesses } from "./attempt-files.ts";
import { createHostProcesses } from "./host-processes.ts";
import { createLocalCompute, type LocalComputeOptions } from "./local.ts";
import { createPosixProcesses } from "./process-posix.ts";

const nodeSupervisor = builtProgram("computes/node-supervisor.ts");

let folder: string;
let compute: Compute;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwell-start-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await compute.close();
  rmSync(folder, { recursive: true });
});

/** Runs `exit 3`, or another script, on a compute made with these options. */
function run(options: Partial<LocalComputeOptions>, script = "exit 3"): Promise<AttemptEnd> {
  return new Promise((resolve) => {
    compute = createLocalCompute(
      {
        stateFolder: join(folder, "state"),
        slots: 1,
        supervisor: "auto",
        python: null,
        host: createHostProcesses(),
        nodeSupervisor,
        ...options,
      },
      (report) => {
        if (report.kind === "ended") resolve(report.end);
      },
    );
    mkdirSync(join(folder, "attempt"));
    compute.start({
      attemptId: `s${process.pid}-${Date.now()}`,
      epoch: 1,
      folder: join(folder, "attempt"),
      workFolder: folder,
      script,
      shared: {},
      variables: {},
      processes: [{}],
      logPath: join(folder, "log"),
      timeoutMs: null,
      graceMs: 100,
      memoryLimitBytes: null,
    });
  });
}

function program(text: string): string {
  const path = join(folder, "python");
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

it("uses the Node supervisor where Python cannot be started", async () => {
  expect(await run({ python: join(folder, "no such python") })).toMatchObject({ exitCode: 3 });
});

it("uses the Node supervisor where Python is broken, and keeps what it complained about", async () => {
  const python = program("#!/bin/sh\necho 'no module named os' >&2\nexit 1\n");
  expect(await run({ python })).toMatchObject({ exitCode: 3 });
  const complaints = readFileSync(join(folder, "state", "supervisor.log"), "utf8");
  expect(complaints).toContain("no module named os");
});

it("says that no supervisor can be started when only Python may be used", async () => {
  const end = await run({ supervisor: "python", python: program("#!/bin/sh\nexit 7\n") });
  expect(end).toMatchObject({ reason: "not_started" });
  expect(end.detail).toContain("exit code 7");
});

it("names its process as `ps` does, in whichever time zone the shell is", async () => {
  const host = createPosixProcesses();
  vi.stubEnv("TZ", "Asia/Tokyo");
  const begin = Date.now();
  await run({ supervisor: "python", host });
  const processes = readProcesses(join(folder, "attempt"));
  if (typeof processes === "string") return expect.unreachable(processes);
  const named = Date.parse(`${processes.process.startTime} UTC`);
  expect(Math.abs(named - begin)).toBeLessThan(60_000);
  expect(named - Date.parse(`${processes.supervisor.startTime} UTC`)).toBeLessThan(60_000);
});

it("opens no port for debuggers when the Node supervisor gets the signal that asks for one", async () => {
  const end = await run({ supervisor: "node" }, "kill -USR1 $PPID; exit 3");
  expect(end).toMatchObject({ exitCode: 3 });
  await compute.close();
  expect(readFileSync(join(folder, "state", "supervisor.log"), "utf8")).toBe("");
});

it.each(["python", "node"] as const)(
  "lets nobody else write to the log and the account of an attempt, whatever the umask (%s)",
  async (supervisor) => {
    const before = process.umask(0);
    await run({ supervisor }).finally(() => process.umask(before));
    for (const name of ["log", "attempt/attempt.jsonl"])
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o644]);
  },
);

it("says that bash is missing", async () => {
  const end = await run({ bash: join(folder, "bash") });
  expect(end.reason).toBe("not_started");
  expect(end.detail).toContain(join(folder, "bash"));
});

it("fences older engines as soon as it is made", async () => {
  await run({ epoch: 7 });
  expect(readFileSync(join(folder, "state", "epoch"), "utf8")).toBe("7");
  expect(existsSync(join(folder, "attempt", "attempt.jsonl"))).toBe(false);
});

it.each(["python", "node"] as const)(
  "has no attempt end before it began, though the clock is set back: %s",
  async (supervisor) => {
    const python = program(`#!/bin/sh
exec python3 -c 'import itertools, runpy, sys, time
now, calls = time.time, itertools.count()
time.time = lambda: now() - 10 * next(calls)
sys.argv = sys.argv[3:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$@"
`);
    writeFileSync(
      join(folder, "back.cjs"),
      "const now = Date.now; let calls = 0; Date.now = () => now() - 10_000 * calls++;",
    );
    vi.stubEnv("NODE_OPTIONS", `--require ${join(folder, "back.cjs")}`);
    const { exitCode, startedAt, finishedAt } = await run(
      { supervisor, python },
      "sleep 0.2; exit 3",
    );
    expect(exitCode).toBe(3);
    expect(finishedAt - (startedAt ?? 0)).toBeGreaterThanOrEqual(190);
    expect(finishedAt - (startedAt ?? 0)).toBeLessThan(9_000);
  },
);
