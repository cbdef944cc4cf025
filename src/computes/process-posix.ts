// Processes of any POSIX machine (macOS), through `ps`. Start times have a resolution of a second, environments are
// seen only where `ps` shows them, and there are no memory limits.

import { execFile, spawnSync } from "node:child_process";
import { bootId } from "../ports/boot-id.ts";
import type { ProcessIdentity, ProcessPort, TreeQuery, TreeSignal } from "../ports/process.ts";

export function createPosixProcesses(): ProcessPort {
  const rowOf = (pid: number): Row | null => {
    if (!exists(pid)) return null;
    const listed = spawnSync("ps", ["-o", COLUMNS, "-p", String(pid)], { env: plainEnvironment() });
    return parseRows(String(listed.stdout))[0] ?? null;
  };
  const isAlive = (identity: ProcessIdentity): boolean => {
    const row = identity.bootId === bootId() ? rowOf(identity.pid) : null;
    return row !== null && isSameStart(row.startTime, identity.startTime);
  };
  return {
    kind: "posix",
    bootId,
    identify: (pid) => {
      const row = rowOf(pid);
      return row === null ? null : { bootId: bootId(), pid, startTime: row.startTime };
    },
    isAlive,
    signal: (identity, signal) => isAlive(identity) && send(identity.pid, signal),
    tree: async (query) => treeOf(query, bootId(), parseRows(await listAll())),
    memoryGroups: () => null,
  };
}

// `lstart` is five words: Mon Nov 24 13:28:01 2025.
const COLUMNS = "pid=,ppid=,pgid=,stat=,lstart=,command=";

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly startTime: string;
  readonly command: string;
}

function parseRows(listing: string): Row[] {
  const rows: Row[] = [];
  for (const line of listing.split("\n")) {
    const words = line.trim().split(/\s+/);
    const state = words[3];
    // `Zl`: its first thread has ended, others run on.
    if (state === undefined || (state.startsWith("Z") && !state.includes("l"))) continue;
    rows.push({
      pid: Number(words[0]),
      parent: Number(words[1]),
      group: Number(words[2]),
      startTime: words.slice(4, 9).join(" "),
      command: words.slice(9).join(" "),
    });
  }
  return rows;
}

function listAll(): Promise<string> {
  // The last option adds the environment behind the command.
  const all = process.platform === "darwin" ? ["-axww", "-E"] : ["axeww"];
  return new Promise((resolve) => {
    const options = { env: plainEnvironment(), maxBuffer: 256 << 20 };
    execFile("ps", [...all, "-o", COLUMNS], options, (_, stdout) => resolve(stdout));
  });
}

function treeOf(query: TreeQuery, boot: string, rows: readonly Row[]): ProcessIdentity[] {
  const groups = new Set<number>();
  for (const leader of query.leaders) {
    if (leader.bootId !== boot) continue;
    const now = rows.find((row) => row.pid === leader.pid);
    // A group whose leader is gone keeps its number from being given to another process.
    if (now === undefined || isSameStart(now.startTime, leader.startTime)) groups.add(leader.pid);
  }
  const marker = `STEPWELL_ATTEMPT=${query.attemptId}`;
  const found = new Set<number>();
  for (let grown = true; grown; ) {
    grown = false;
    for (const row of rows) {
      if (found.has(row.pid) || row.pid === process.pid) continue;
      const named = row.command.includes(marker) && row.command.split(" ").includes(marker);
      if (named || groups.has(row.group) || found.has(row.parent)) {
        found.add(row.pid);
        grown = true;
      }
    }
  }
  return rows
    .filter((row) => found.has(row.pid))
    .map((row) => ({ bootId: boot, pid: row.pid, startTime: row.startTime }));
}

/** A supervisor writes the second in which it started the process; `ps` may round to the next one. */
function isSameStart(a: string, b: string): boolean {
  return a === b || Math.abs(Date.parse(`${a} UTC`) - Date.parse(`${b} UTC`)) <= 1500;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function send(pid: number, signal: TreeSignal): boolean {
  try {
    process.kill(pid, signal);
    if (signal === "SIGTERM") process.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/**
 * Start times in UTC: the machine's time zone may change while a process lives, and the shell's may be another one. Where
 * systems have `ps` is looked at last: a PATH may lack it.
 */
function plainEnvironment(): NodeJS.ProcessEnv {
  return { PATH: `${process.env.PATH || "/bin"}:/usr/bin:/bin`, LC_ALL: "C", TZ: "UTC0" };
}
