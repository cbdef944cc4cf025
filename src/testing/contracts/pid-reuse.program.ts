// Runs alone in a pid namespace: ends a process, has another one get its pid, and prints whether anybody was fooled.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createLinuxProcesses } from "../../computes/process-linux.ts";
import { createPosixProcesses } from "../../computes/process-posix.ts";

const host = process.argv[2] === "posix" ? createPosixProcesses() : createLinuxProcesses();

async function main(): Promise<void> {
  const ended = spawn("sleep", ["30"]);
  const pid = ended.pid as number;
  const identity = host.identify(pid);
  if (identity === null) throw new Error("the first process is not seen");
  ended.kill("SIGKILL");
  await once(ended, "exit");
  // Start times have a resolution: 10 ms in /proc, a second in `ps`. No machine goes through all its pids in that time.
  await new Promise((resolve) => setTimeout(resolve, host.kind === "posix" ? 3000 : 30));
  writeFileSync("/proc/sys/kernel/ns_last_pid", String(pid - 1));
  const stranger = spawn("sleep", ["30"]);
  const tree = await host.tree({ attemptId: "none", leaders: [identity] });
  console.log(
    JSON.stringify({
      isSamePid: stranger.pid === pid,
      isEndedAlive: host.isAlive(identity),
      isSignalled: host.signal(identity, "SIGKILL"),
      isStrangerInTree: tree.some((member) => member.pid === stranger.pid),
      isStrangerAlive: host.identify(stranger.pid as number) !== null,
    }),
  );
  stranger.kill("SIGKILL");
}

void main();
