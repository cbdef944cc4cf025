import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AttemptEnd, AttemptOrder, Compute } from "../ports/compute.ts";
import { builtProgram } from "../testing/built-program.ts";
import { type SmallDisk, smallDisk } from "../testing/small-disk.ts";
import { readExit } from "./attempt-files.ts";
import { createHostProcesses } from "./host-processes.ts";
import { createLocalCompute } from "./local.ts";

const nodeSupervisor = builtProgram("computes/node-supervisor.ts");

let disk: SmallDisk | null;
let state: string;
let compute: Compute;
const ends: AttemptEnd[] = [];
beforeEach((context) => {
  ends.length = 0;
  state = mkdtempSync(join(tmpdir(), "stepwell-state-"));
  disk = smallDisk({ megabytes: 1, inodes: 100 });
  if (disk === null) context.skip();
});
afterEach(async () => {
  await compute?.close();
  disk?.remove();
  rmSync(state, { recursive: true });
});

function open(supervisor: "python" | "node"): void {
  compute = createLocalCompute(
    {
      stateFolder: state,
      slots: 1,
      supervisor,
      python: null,
      host: createHostProcesses(),
      nodeSupervisor,
    },
    (report) => {
      if (report.kind === "ended") ends.push(report.end);
    },
  );
}

function order(script: string): AttemptOrder {
  const folder = join(disk?.folder as string, "attempt");
  mkdirSync(join(folder, "work"), { recursive: true });
  return {
    attemptId: `full-${process.pid}-${Date.now()}`,
    epoch: 1,
    folder,
    workFolder: join(folder, "work"),
    script,
    shared: {},
    variables: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    processes: [{}],
    logPath: join(folder, "log"),
    timeoutMs: null,
    graceMs: 100,
    memoryLimitBytes: null,
  };
}

async function ended(): Promise<AttemptEnd> {
  while (ends[0] === undefined) await delay(5);
  return ends[0];
}

for (const supervisor of ["python", "node"] as const) {
  it(`does not start without an inode for the attempt (${supervisor})`, async () => {
    open(supervisor);
    const asked = order("true");
    try {
      for (let index = 0; ; index += 1) writeFileSync(join(asked.folder, `f${index}`), "");
    } catch {
      compute.start(asked);
    }
    const end = await ended();
    expect(end.reason).toBe("disk_full");
    expect(end.detail).toMatch(/no space left/i);
  });

  it(`reports the end of a command that filled the disk, and writes it down (${supervisor})`, async () => {
    open(supervisor);
    // Once its start is written down there is room for the end: a disk hands out whole blocks.
    const untilNamed = "until [ -s ../attempt.jsonl ]; do sleep 0.01; done";
    const asked = order(`${untilNamed}; head -c 9999999 /dev/zero > big; exit 3`);
    compute.start(asked);
    expect(await ended()).toMatchObject({ exitCode: 3, reason: "exited" });
    expect(readExit(asked.folder)).toEqual(ends[0]);
  });

  it(`writes down when there is room how an attempt ended that began on a full disk (${supervisor})`, async () => {
    open(supervisor);
    const asked = order("exit 3");
    const filler = join(asked.workFolder, "big");
    expect(() => writeFileSync(filler, Buffer.alloc(9_999_999))).toThrow("no space left");
    compute.start(asked);
    expect(await ended()).toMatchObject({ exitCode: 3, reason: "exited" });
    expect(ends[0]?.detail).toMatch(/start could not be written down.*no space left/i);
    expect(readExit(asked.folder)).toBeNull();
    rmSync(filler);
    while (readExit(asked.folder) === null) await delay(10);
    expect(readExit(asked.folder)).toEqual(ends[0]);
  });
}
