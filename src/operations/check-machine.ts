// Looks at what Stepwell needs on this machine, one finding a line, each with what to do. Changes nothing and needs no
// workspace.

import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { ProcessPort } from "../ports/process.ts";
import { findWorkspace } from "./find-workspace.ts";
import { readConfig } from "./read-config.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { UNSEEN } from "./unseen-processes.ts";
import { homeFolder } from "./user-cache.ts";
import { places } from "./workspace.ts";

export interface Finding {
  readonly name: string;
  readonly state: "ok" | "missing";
  /** False: Stepwell works without it, with less. */
  readonly required: boolean;
  readonly detail: string;
  /** What to do, where something is missing. */
  readonly advice: string | null;
}

export interface MachineOptions {
  readonly shell: Readonly<Record<string, string | undefined>>;
  readonly currentFolder: string;
  /** `--workspace`, or null. */
  readonly workspaceOption: string | null;
  readonly processes: ProcessPort;
  /** Why the record of a workspace cannot be used; null where it can. */
  readonly record: (folder: string) => Promise<Refusal | null>;
}

/** Less than this and a run of any size will fill the disk. */
const MIN_FREE_BYTES = 2e9;

export async function checkMachine(options: MachineOptions): Promise<readonly Finding[]> {
  const programs = await Promise.all(
    PROGRAMS.map(async (program) => {
      const version =
        (await versionOf(program.words, options.shell)) ??
        ("else" in program ? await versionOf(program.else, options.shell) : null);
      const { name, required } = program;
      return version === null
        ? missing(name, required, `not found on PATH: ${program.lack}`, program.advice)
        : ok(name, required, version);
    }),
  );
  const node = ok("node", true, `${process.version} at ${process.execPath}`);
  const workspace = await checkWorkspace(options);
  return [
    node,
    ...programs,
    ...workspace,
    ...checkProcesses(options.processes),
    checkMemory(options.processes),
  ];
}

const PROGRAMS = [
  {
    name: "bash",
    words: ["bash", "--version"],
    required: true,
    lack: "every command of a step runs in it",
    advice: "install it: apt-get install bash",
  },
  {
    name: "python",
    words: ["python3", "--version"],
    else: ["python", "--version"],
    required: false,
    lack: "steps in Python cannot run, and steps start slower",
    advice:
      "install Python 3.9 or newer: apt-get install python3 python3-venv, brew install python",
  },
  {
    name: "uv",
    words: ["uv", "--version"],
    required: false,
    lack: "environments use one of their own, which pip installs once",
    advice: "install it: pip install uv",
  },
  {
    name: "git",
    words: ["git", "--version"],
    required: false,
    lack: "runs do not record which commit they came from",
    advice: "install it: apt-get install git",
  },
] as const;

/** The first line that a program says of itself; null where it cannot be started. */
function versionOf(
  [file, ...words]: readonly [string, ...string[]],
  shell: MachineOptions["shell"],
): Promise<string | null> {
  return new Promise((resolve) => {
    const env = { ...shell } as NodeJS.ProcessEnv;
    execFile(file, words, { env, timeout: 20_000 }, (error, stdout, stderr) => {
      const [line = ""] = `${stdout}${stderr}`.trim().split("\n");
      resolve(error === null ? line : null);
    });
  });
}

async function checkWorkspace(options: MachineOptions): Promise<readonly Finding[]> {
  const found = findWorkspace({
    option: options.workspaceOption,
    variable: options.shell.STEPWELL_WORKSPACE,
    currentFolder: options.currentFolder,
    home: homeFolder(),
  });
  if (isRefusal(found)) return [missing("workspace", true, found.message, found.hint)];
  const finding = workspaceFinding(found.folder, found.isNew);
  const isBegun = fs.existsSync(places.database(found.folder));
  const record = finding.state === "ok" && isBegun ? await options.record(found.folder) : null;
  const whole = record === null ? finding : missing("workspace", true, record.message, record.hint);
  return [whole, checkSpace(found.folder)];
}

function workspaceFinding(folder: string, isNew: boolean): Finding {
  const dot = path.join(folder, ".stepwell");
  // SQLite gives the files beside its own the mode that this one had then.
  const record = ["", "-wal", "-shm"].map((end) => `${places.database(folder)}${end}`);
  const closed = [isNew ? folder : dot, ...record].find((at) => !canWrite(at));
  if (closed !== undefined) {
    const advice = "make it writable for you (ls -ld), or choose another place: --workspace DIR";
    return missing("workspace", true, `${closed} cannot be written`, advice);
  }
  const config = readConfig(folder);
  if (isRefusal(config)) {
    const error = config.problems.find((problem) => problem.severity === "error");
    const file = path.join(folder, "stepwell.yml");
    return error === undefined
      ? missing("workspace", true, config.message, config.hint)
      : missing("workspace", true, `${file}: ${error.message}`, error.hint);
  }
  return ok("workspace", true, isNew ? `${folder} (new: the first run makes it)` : folder);
}

/** True too of what is not there yet. */
function canWrite(at: string): boolean {
  try {
    fs.accessSync(at, fs.constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

function checkSpace(folder: string): Finding {
  const { bavail, bsize } = fs.statfsSync(folder);
  const free = bavail * bsize;
  const detail = `${(free / 1e9).toFixed(1)} GB free at ${folder}`;
  return free >= MIN_FREE_BYTES
    ? ok("disk space", false, detail)
    : missing("disk space", false, detail, "free some: stepwell gc, or move the workspace");
}

/** Nothing is said where all is well, as nearly everywhere. */
function checkProcesses(processes: ProcessPort): readonly Finding[] {
  const isSeen = processes.identify(process.pid) !== null;
  return isSeen ? [] : [missing("processes", true, UNSEEN.message, UNSEEN.hint)];
}

function checkMemory(processes: ProcessPort): Finding {
  const groups = processes.memoryGroups();
  if (groups !== null)
    return ok("memory limits", false, `control groups version ${groups.version}`);
  return missing(
    "memory limits",
    false,
    "control groups cannot be written: steps run without a memory limit",
    "on Linux start it with delegated control groups: systemd-run --user --scope -p Delegate=yes stepwell …",
  );
}

function ok(name: string, required: boolean, detail: string): Finding {
  return { name, state: "ok", required, detail, advice: null };
}

function missing(name: string, required: boolean, detail: string, advice: string | null): Finding {
  return { name, state: "missing", required, detail, advice };
}
