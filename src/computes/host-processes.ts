// Chooses how the processes of this machine are seen: /proc where there is one, else `ps`.

import { existsSync } from "node:fs";
import type { ProcessIdentity } from "../core/attempt.ts";
import type { ProcessPort } from "../ports/process.ts";
import { createLinuxProcesses } from "./process-linux.ts";
import { createPosixProcesses } from "./process-posix.ts";

export function createHostProcesses(): ProcessPort {
  const hasProc = process.platform === "linux" && existsSync("/proc/sys/kernel/random/boot_id");
  return hasProc ? createLinuxProcesses() : createPosixProcesses();
}

export interface SeenProcesses {
  readonly processes: ProcessPort;
  /** The own one; null where even that cannot be identified. */
  readonly self: ProcessIdentity | null;
}

export function seeProcesses(): SeenProcesses {
  const processes = createHostProcesses();
  return { processes, self: processes.identify(process.pid) };
}
