// A control group with a memory limit around one attempt: made before it starts, asked and removed after it. Knows the
// two versions of cgroups, nothing of processes.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MemoryGroups } from "../ports/process.ts";

export interface MemoryGroup {
  /** The calling process steps in; what it starts from now on is limited. */
  enter(): void;
  /** The calling process steps out again: it must not die of its step's hunger. */
  leave(): void;
  /** Removes the group; true when the kernel has killed something in it for want of memory. */
  close(): boolean;
}

/** Null where the group cannot be made: the attempt then runs without a limit. */
export function makeMemoryGroup(
  groups: MemoryGroups,
  attemptId: string,
  limitBytes: number,
): MemoryGroup | null {
  const folder = join(groups.parent, `stepwell-${attemptId}`);
  try {
    mkdirSync(folder);
    if (groups.version === 1) {
      put(join(folder, "memory.limit_in_bytes"), limitBytes);
      tryTo(() => put(join(folder, "memory.memsw.limit_in_bytes"), limitBytes));
    } else {
      put(join(folder, "memory.max"), limitBytes);
      tryTo(() => put(join(folder, "memory.swap.max"), 0));
    }
  } catch {
    tryTo(() => rmdirSync(folder));
    return null;
  }
  return {
    enter: () => tryTo(() => put(join(folder, "cgroup.procs"), process.pid)),
    leave: () => tryTo(() => put(join(groups.home, "cgroup.procs"), process.pid)),
    close() {
      const file = groups.version === 1 ? "memory.oom_control" : "memory.events";
      let kills = 0;
      tryTo(() => {
        const text = readFileSync(join(folder, file), "utf8");
        kills = Number(/^oom_kill (\d+)/m.exec(text)?.[1] ?? 0);
      });
      tryTo(() => rmdirSync(folder));
      return kills > 0;
    },
  };
}

function put(path: string, value: number): void {
  writeFileSync(path, String(value));
}

function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // The limit is a courtesy where the system allows it.
  }
}
