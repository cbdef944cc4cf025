// Marks unfinished files with who writes them, so that the next writer can tell what a killed one left. Used in names of
// files by storages/ and datastores/; knows nothing of what is written.

import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/** Of this process: sixteen hexadecimal digits, `-`, and its id. */
export function writerMark(): string {
  return `${machine()}-${process.pid}`;
}

/** True only where it is certain: a writer of this very machine that is no more. False for what is no mark. */
export function isDeadWriter(mark: string): boolean {
  const [, where, pid] = /^([0-9a-f]{16})-(\d+)$/.exec(mark) ?? [];
  return where !== undefined && where !== NOWHERE && where === machine() && !isRunning(Number(pid));
}

const NOWHERE = "0".repeat(16);
let known: string | null = null;

/**
 * The same for all processes that see the same process ids until the next start of the machine: two containers on one machine
 * do not. `NOWHERE` where the system does not tell.
 */
function machine(): string {
  known ??= readMachine();
  return known;
}

function readMachine(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
    const processes = readlinkSync("/proc/self/ns/pid");
    return createHash("sha256")
      .update(`${boot}\0${processes}`)
      .digest("hex")
      .slice(0, NOWHERE.length);
  } catch {
    return NOWHERE;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
