// Processes of a Linux machine, read from /proc. Sees sessions, start times and environments without starting anything.

import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { bootId } from "../ports/boot-id.ts";
import type {
  MemoryGroups,
  ProcessIdentity,
  ProcessPort,
  TreeQuery,
  TreeSignal,
} from "../ports/process.ts";

export function createLinuxProcesses(): ProcessPort {
  const boot = bootId();
  let groups: MemoryGroups | null | undefined;
  const identify = (pid: number): ProcessIdentity | null => {
    if (pid === process.pid && !showsUs()) return null;
    const row = readRow(pid);
    return row === null ? null : { bootId: boot, pid, startTime: row.startTime };
  };
  const isAlive = ({ bootId, pid, startTime }: ProcessIdentity): boolean => {
    if (bootId !== boot) return false;
    const row = readRow(pid);
    return row === null ? isHidden(pid) : row.startTime === startTime;
  };
  return {
    kind: "linux",
    bootId: () => boot,
    identify,
    isAlive,
    signal: (identity, signal) => isAlive(identity) && send(identity.pid, signal),
    tree: async (query) => treeOf(query, boot),
    memoryGroups: () => {
      groups ??= findMemoryGroups();
      return groups;
    },
  };
}

/** False where /proc is that of other processes, as in a new namespace of process ids without one of its own. */
function showsUs(): boolean {
  try {
    return readlinkSync("/proc/self") === String(process.pid);
  } catch {
    return false;
  }
}

/** `hidepid` shows no process of another user; whether it still is the one that is meant cannot be seen. */
function isHidden(pid: number): boolean {
  if (existsSync(`/proc/${pid}`)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly startTime: string;
  /** The process looks like a zombie, but other threads of it run on. */
  readonly hasLostFirstThread: boolean;
}

/** Null for a process that is gone or a zombie. */
function readRow(pid: number): Row | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name in parentheses may hold anything, parentheses and spaces included.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  const hasLostFirstThread = state === "Z" && Number(fields[17]) > 1;
  if ((state === "Z" && !hasLostFirstThread) || state === "X" || state === "x") return null;
  return {
    pid,
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startTime: fields[19] ?? "",
    hasLostFirstThread,
  };
}

function treeOf(query: TreeQuery, boot: string): ProcessIdentity[] {
  const rows: Row[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const row = readRow(pid);
    if (row !== null) rows.push(row);
  }
  const sessions = sessionsOf(query, boot, rows);
  const marker = `STEPWELL_ATTEMPT=${query.attemptId}`;
  const found = new Set<number>();
  for (const row of rows) {
    if (sessions.has(row.session) || carries(row, marker)) found.add(row.pid);
  }
  addDescendants(rows, found);
  return rows
    .filter((row) => found.has(row.pid))
    .map((row) => ({ bootId: boot, pid: row.pid, startTime: row.startTime }));
}

/** A leader's session, unless its number now belongs to a stranger who was given the same pid. */
function sessionsOf(query: TreeQuery, boot: string, rows: readonly Row[]): Set<number> {
  const sessions = new Set<number>();
  for (const leader of query.leaders) {
    if (leader.bootId !== boot) continue;
    const now = rows.find((row) => row.pid === leader.pid);
    if (now === undefined || now.startTime === leader.startTime) sessions.add(leader.pid);
  }
  return sessions;
}

function addDescendants(rows: readonly Row[], found: Set<number>): void {
  for (let grown = true; grown; ) {
    grown = false;
    for (const row of rows) {
      if (!found.has(row.pid) && found.has(row.parent)) {
        found.add(row.pid);
        grown = true;
      }
    }
  }
}

function carries({ pid, hasLostFirstThread }: Row, marker: string): boolean {
  const environment = hasLostFirstThread ? ofOtherThread(pid) : read(`/proc/${pid}/environ`);
  if (environment === null || !environment.includes(marker)) return false;
  return environment.split("\0").includes(marker);
}

function ofOtherThread(pid: number): string | null {
  for (const thread of listOf(`/proc/${pid}/task`)) {
    const environment = read(`/proc/${pid}/task/${thread}/environ`);
    if (environment) return environment;
  }
  return null;
}

function send(pid: number, signal: TreeSignal): boolean {
  try {
    process.kill(pid, signal);
    // A stopped process only sees a TERM when it goes on.
    if (signal === "SIGTERM") process.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** Version 1 beside our own group; version 2 in the parent group, because a group with processes has no children. */
function findMemoryGroups(): MemoryGroups | null {
  const own = read("/proc/self/cgroup")?.split("\n") ?? [];
  const mounts = read("/proc/self/mounts")?.split("\n") ?? [];
  for (const line of mounts) {
    const [, mount = "", type, options = ""] = line.split(" ");
    if (type === "cgroup" && options.split(",").includes("memory")) {
      const path = own.find((group) => /^\d+:([^:]*,)?memory[,:]/.test(group))?.split(":")[2];
      const home = join(mount, path ?? "");
      if (canMakeGroups(home)) return { version: 1, parent: home, home };
    }
  }
  for (const line of mounts) {
    const [, mount = "", type] = line.split(" ");
    if (type !== "cgroup2") continue;
    const home = join(mount, own.find((group) => group.startsWith("0::"))?.slice(3) ?? "");
    for (const parent of [home, join(home, "..")]) {
      const passedOn = read(join(parent, "cgroup.subtree_control"))?.split(/\s+/) ?? [];
      if (passedOn.includes("memory") && canMakeGroups(parent)) return { version: 2, parent, home };
    }
  }
  return null;
}

function canMakeGroups(parent: string): boolean {
  const probe = join(parent, `stepwell-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
