// Which start of the machine this is. What was written in an earlier one may be no more than a power cut has left of it.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

let known: string | null = null;

export function bootId(): string {
  known ??= findBootId();
  return known;
}

function findBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    const asked = spawnSync("sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" });
    const id = asked.stdout?.trim();
    // Without a name for the boot, the minute in which it happened stands for it.
    return id || `boot-${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}
