// What every implementation of the process port promises, as tests with real processes.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ProcessPort } from "../../ports/process.ts";

// Its first thread ends once it has read a line; another sleeps on.
const FIRST_THREAD_ENDS = [
  "import ctypes, sys, threading, time",
  "threading.Thread(target=time.sleep, args=(30,)).start()",
  "print(1, flush=True)",
  "sys.stdin.readline()",
  "ctypes.CDLL(None).pthread_exit(None)",
].join("; ");

/** `reuseProgram`: a built program that proves, in a namespace where pids can be chosen, that a stranger is left alone. */
export function processContract(
  name: string,
  host: ProcessPort,
  reuseProgram: readonly string[],
): void {
  describe(`process contract: ${name}`, () => {
    const children: ChildProcess[] = [];
    afterEach(() => {
      vi.unstubAllEnvs();
      for (const child of children.splice(0)) child.kill("SIGKILL");
    });
    const start = async (script: string, variables: Record<string, string> = {}) => {
      const env = { PATH: process.env.PATH, ...variables };
      const child = spawn("bash", ["-c", script], { env, detached: true });
      children.push(child);
      await once(child.stdout as NodeJS.ReadableStream, "data");
      return child;
    };

    it("names a living process, the same way each time", async () => {
      const child = await start("echo ready; read -r _");
      const identity = host.identify(child.pid as number);
      expect(identity).not.toBeNull();
      expect(host.identify(child.pid as number)).toEqual(identity);
      expect(identity !== null && host.isAlive(identity)).toBe(true);
    });

    it("names a process alike in every time zone", async () => {
      const child = await start("echo ready; read -r _");
      const identity = host.identify(child.pid as number);
      for (const zone of ["Asia/Tokyo", "America/Lima"]) {
        vi.stubEnv("TZ", zone);
        expect(host.identify(child.pid as number)).toEqual(identity);
        expect(identity !== null && host.isAlive(identity)).toBe(true);
      }
    });

    it("sees processes although a PATH leads to no program", async () => {
      const attemptId = `p${process.pid}z${Date.now()}`;
      const child = await start("echo ready; read -r _", { STEPWELL_ATTEMPT: attemptId });
      vi.stubEnv("PATH", "/nonexistent");
      const identity = host.identify(child.pid as number);
      expect(identity).not.toBeNull();
      expect(await host.tree({ attemptId, leaders: [] })).toEqual([identity]);
    });

    it("knows no process that has ended", async () => {
      const child = await start("echo ready; read -r _");
      const identity = host.identify(child.pid as number);
      child.stdin?.end("\n");
      await once(child, "exit");
      expect(host.identify(child.pid as number)).toBeNull();
      expect(identity !== null && host.isAlive(identity)).toBe(false);
    });

    it("takes a zombie for ended", async () => {
      // The parent becomes a program that never waits for its child, which ends when it is told to.
      const parent = await start("exec 3<&0; { read -r _ <&3; } & echo $!; exec sleep 30");
      const [zombie] = childrenOf(parent.pid as number);
      if (zombie === undefined) throw new Error("the child is not seen");
      while (shownOf(parent.pid as number, "comm=") !== "sleep") await delay(5);
      expect(host.identify(zombie)).not.toBeNull();
      parent.stdin?.end("\n");
      while (!shownOf(zombie, "stat=").startsWith("Z")) await delay(5);
      expect(host.identify(zombie)).toBeNull();
    });

    it("takes a process for living whose first thread has ended", async () => {
      const attemptId = `p${process.pid}t${Date.now()}`;
      const child = await start(`exec python3 -c '${FIRST_THREAD_ENDS}'`, {
        STEPWELL_ATTEMPT: attemptId,
      });
      const pid = child.pid as number;
      const before = host.identify(pid);
      child.stdin?.end("\n");
      while (!shownOf(pid, "stat=").startsWith("Z")) await delay(5);
      expect(before).not.toBeNull();
      expect(host.identify(pid)).toEqual(before);
      expect(before !== null && host.isAlive(before)).toBe(true);
      const leaders = before === null ? [] : [before];
      expect(await host.tree({ attemptId: "another", leaders })).toEqual([before]);
      // `ps` shows no environment of it.
      if (host.kind === "linux")
        expect(await host.tree({ attemptId, leaders: [] })).toEqual([before]);
      expect(before !== null && host.signal(before, "SIGKILL")).toBe(true);
      await once(child, "exit");
      expect(host.identify(pid)).toBeNull();
    });

    it("takes a process of another boot, or of another start time, for a stranger", async () => {
      const child = await start("echo ready; read -r _");
      const identity = host.identify(child.pid as number);
      if (identity === null) throw new Error("the child is not seen");
      const earlier = { ...identity, bootId: "another boot" };
      const other = {
        ...identity,
        startTime: host.kind === "linux" ? "1" : "Mon Jan 1 00:00:00 2001",
      };
      for (const stranger of [earlier, other]) {
        expect(host.isAlive(stranger)).toBe(false);
        expect(host.signal(stranger, "SIGKILL")).toBe(false);
      }
      expect(host.isAlive(identity)).toBe(true);
    });

    it("signals the very process it was given", async () => {
      const child = await start("echo ready; read -r _");
      const identity = host.identify(child.pid as number);
      expect(identity !== null && host.signal(identity, "SIGKILL")).toBe(true);
      expect((await once(child, "exit"))[1]).toBe("SIGKILL");
    });

    it("finds every process of an attempt: children, other sessions, bearers of its name", async () => {
      const attemptId = `p${process.pid}x${Date.now()}`;
      // One of them has cleaned its environment and is found as a child, the other has left the session.
      const script = "env -i sleep 30 & setsid sleep 31 & echo ready; wait";
      const child = await start(script, { STEPWELL_ATTEMPT: attemptId });
      const leader = host.identify(child.pid as number);
      if (leader === null) throw new Error("the leader is not seen");
      const tree = await host.tree({ attemptId, leaders: [leader] });
      expect(tree).toContainEqual(leader);
      expect(tree).toHaveLength(3);
      for (const member of tree) host.signal(member, "SIGKILL");
      // A signal was sent, which is not an end yet.
      while ((await host.tree({ attemptId, leaders: [leader] })).length > 0) await delay(5);
    });

    it("does not take an attempt for another one whose name begins alike", async () => {
      const attemptId = `p${process.pid}y${Date.now()}`;
      await start("echo ready; read -r _", { STEPWELL_ATTEMPT: `${attemptId}-2` });
      expect(await host.tree({ attemptId, leaders: [] })).toEqual([]);
    });

    it("never touches a process that was given the pid of an ended one", (context) => {
      if (process.platform !== "linux" || process.getuid?.() !== 0) {
        console.warn("skipped: choosing pids needs root on Linux");
        context.skip();
      }
      const inNamespace = ["-pf", "--mount-proc", ...reuseProgram, host.kind];
      const done = spawnSync("unshare", inNamespace, { encoding: "utf8" });
      expect(done.stderr).toBe("");
      expect(JSON.parse(done.stdout)).toEqual({
        isSamePid: true,
        isEndedAlive: false,
        isSignalled: false,
        isStrangerInTree: false,
        isStrangerAlive: true,
      });
    });
  });
}

/** What `ps` says of one process. */
function shownOf(pid: number, column: string): string {
  return String(spawnSync("ps", ["-o", column, "-p", String(pid)]).stdout).trim();
}

function childrenOf(parent: number): readonly number[] {
  const rows = String(spawnSync("ps", ["-A", "-o", "pid=,ppid="]).stdout)
    .trim()
    .split("\n");
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, above]) => (above === parent ? [pid] : []));
}
