// Runs one attempt for the Node supervisor: starts its processes, watches time, ends the whole tree.
// Knows nothing of queues or engines.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AttemptEnd, AttemptOrder, ProcessIdentity } from "../ports/compute.ts";
import type { MemoryGroups, ProcessPort } from "../ports/process.ts";
import type { AttemptAccount } from "./attempt-account.ts";
import { openForAppending } from "./attempt-files.ts";
import { type MemoryGroup, makeMemoryGroup } from "./memory-group.ts";
import { stopTree } from "./stop-tree.ts";
import { notStarted, unwritable } from "./supervisor-protocol.ts";

export interface AttemptSettings {
  readonly bash: string;
  readonly host: ProcessPort;
  readonly groups: MemoryGroups | null;
}

export interface RunningAttempt {
  cancel(): void;
  /** Resolves when nothing of the attempt is left. */
  readonly end: Promise<AttemptEnd>;
}

/** What a step leaves behind may end by itself for so long before it is stopped. */
const SETTLE_MS = 500;
const LEFTOVER_GRACE_MS = 2000;
const MOST_WAIT_MS = 86_400_000;

/** `onStart` is called when the first process runs. */
export function runAttempt(
  order: AttemptOrder,
  account: AttemptAccount,
  settings: AttemptSettings,
  onStart: (at: number, process: ProcessIdentity) => void,
): RunningAttempt {
  const attempt = new NodeAttempt(order, settings);
  const end = attempt.run(account, onStart);
  return { cancel: () => attempt.stop("cancelled"), end };
}

class NodeAttempt {
  readonly #order: AttemptOrder;
  readonly #settings: AttemptSettings;
  readonly #details: string[] = [];
  #leaders: ProcessIdentity[] = [];
  /** Indexes of the processes that have no end yet. */
  readonly #running = new Set<number>();
  #exitCode: number | null = 0;
  #signal: string | null = null;
  #hasFailed = false;
  #reason: AttemptEnd["reason"] | null = null;
  #stopping: Promise<unknown> | null = null;

  constructor(order: AttemptOrder, settings: AttemptSettings) {
    this.#order = order;
    this.#settings = settings;
  }

  stop(reason: "cancelled" | "timeout" | null): void {
    if (this.#running.size === 0) return;
    this.#reason ??= reason;
    this.#stopping ??= this.#stopAll(this.#order.graceMs);
  }

  async run(
    account: AttemptAccount,
    onStart: (at: number, process: ProcessIdentity) => void,
  ): Promise<AttemptEnd> {
    const startedAt = Date.now();
    const began = performance.now();
    const problem = this.#problem();
    if (problem !== null) return notStarted(problem, Date.now());
    const log = openLog(this.#order.logPath);
    if (typeof log !== "number") return { ...log, finishedAt: Date.now() };
    const group = this.#makeGroup();
    group?.enter();
    const ends = this.#order.processes.map((own, index) => this.#start(own, index, log));
    group?.leave();
    closeSync(log);
    const [first] = this.#leaders;
    if (first !== undefined) {
      this.#writeNames(account, first);
      onStart(startedAt, first);
    }
    const timer = this.#startTimer();
    await Promise.all(ends);
    timer.stop();
    await this.#stopping;
    await this.#endLeftovers();
    return this.#result({ startedAt, began }, group);
  }

  #problem(): string | null {
    const folder = this.#order.workFolder;
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return null;
    return `the work folder cannot be entered: ${folder}: No such file or directory`;
  }

  #makeGroup(): MemoryGroup | null {
    const { memoryLimitBytes, attemptId } = this.#order;
    const { groups } = this.#settings;
    if (memoryLimitBytes === null || groups === null) return null;
    return makeMemoryGroup(groups, attemptId, memoryLimitBytes);
  }

  async #start(own: Readonly<Record<string, string>>, index: number, log: number): Promise<void> {
    try {
      const child = spawn(this.#settings.bash, ["-c", this.#order.script], {
        argv0: "bash",
        cwd: this.#order.workFolder,
        env: { ...this.#order.shared, ...this.#order.variables, ...own },
        detached: true,
        stdio: ["ignore", log, log],
      });
      this.#name(child, index);
      await this.#watch(child, index);
    } catch (error) {
      // Some reasons come as an event, others are thrown.
      this.#reason ??= "not_started";
      this.#details.push(`bash could not be started: ${(error as Error).message}`);
      this.stop(null);
    }
  }

  #name(child: ChildProcess, index: number): void {
    if (child.pid === undefined) return;
    const { host } = this.#settings;
    // A process that is over already is named all the same.
    const unknown = { bootId: host.bootId(), pid: child.pid, startTime: "0" };
    this.#leaders.push(host.identify(child.pid) ?? unknown);
    this.#running.add(index);
  }

  #watch(child: ChildProcess, index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => {
        this.#running.delete(index);
        if (code !== 0 && !this.#hasFailed) this.#fail(code, signal, index);
        resolve();
      });
    });
  }

  #fail(code: number | null, signal: string | null, index: number): void {
    this.#hasFailed = true;
    this.#exitCode = code;
    this.#signal = signal;
    const count = this.#order.processes.length;
    if (this.#running.size === 0 || this.#reason !== null) return;
    this.#details.push(`process ${index} of ${count} failed; the others were stopped`);
    this.stop(null);
  }

  #writeNames(account: AttemptAccount, first: ProcessIdentity): void {
    const supervisor = this.#settings.host.identify(process.pid);
    const names = { process: first, supervisor, others: this.#leaders.slice(1) };
    try {
      account.write(names);
    } catch (error) {
      // The command may have filled the disk already.
      this.#details.push(`its start could not be written down: ${(error as Error).message}`);
    }
  }

  /** Node's timers end at 2^31 ms, which is less than some time limits: longer ones are waited for in parts. */
  #startTimer(): { readonly stop: () => void } {
    const { timeoutMs } = this.#order;
    if (timeoutMs === null) return { stop: () => {} };
    const end = performance.now() + timeoutMs;
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      const left = end - performance.now();
      if (left > MOST_WAIT_MS) timer = setTimeout(wait, MOST_WAIT_MS);
      else timer = setTimeout(() => this.#timeOut(), left);
    };
    wait();
    return { stop: () => clearTimeout(timer) };
  }

  #timeOut(): void {
    const running = stillRunning([...this.#running], this.#order.processes.length);
    if (running !== null) this.#details.push(running);
    this.stop("timeout");
  }

  #stopAll(graceMs: number): Promise<{ readonly found: number; readonly left: number }> {
    const { attemptId } = this.#order;
    return stopTree(this.#settings.host, { attemptId, leaders: this.#leaders }, graceMs);
  }

  async #endLeftovers(): Promise<void> {
    const { attemptId, graceMs } = this.#order;
    const query = { attemptId, leaders: this.#leaders };
    const begin = performance.now();
    for (;;) {
      const left = await this.#settings.host.tree(query);
      if (left.length === 0) return;
      if (performance.now() - begin > SETTLE_MS) break;
      await delay(20);
    }
    const { found, left } = await this.#stopAll(Math.min(graceMs, LEFTOVER_GRACE_MS));
    const were = (count: number): string =>
      count === 1 ? "1 process was" : `${count} processes were`;
    this.#details.push(`${were(found)} still running and ${found === 1 ? "was" : "were"} stopped`);
    if (left > 0) this.#details.push(`${were(left)} not to be stopped`);
  }

  #result(
    { startedAt, began }: { readonly startedAt: number; readonly began: number },
    group: MemoryGroup | null,
  ): AttemptEnd {
    const wasHungry = group?.close() ?? false;
    if (wasHungry && this.#hasFailed && this.#reason === null) {
      this.#reason = "out_of_memory";
      const limit = (this.#order.memoryLimitBytes ?? 0) / 2 ** 20;
      this.#details.push(`more than its memory limit of ${Math.floor(limit)} MiB was needed`);
    }
    const wasAskedFor = this.#hasFailed && existsSync(join(this.#order.folder, "cancel"));
    const isClean = this.#reason === null || this.#hasFailed;
    return {
      exitCode: isClean ? this.#exitCode : null,
      signal: this.#signal,
      reason: this.#reason ?? (wasAskedFor ? "cancelled" : "exited"),
      detail: this.#details.length === 0 ? null : this.#details.join("; "),
      startedAt,
      // The clock of the machine may have been set back meanwhile: what it took is not less for that.
      finishedAt: Math.max(Date.now(), startedAt + Math.floor(performance.now() - began)),
    };
  }
}

/** Of several processes, which have no end yet. */
function stillRunning(running: readonly number[], total: number): string | null {
  if (total === 1 || running.length === 0) return null;
  if (running.length === total) return `all ${total} processes were still running`;
  const are = running.length === 1 ? "was" : "were";
  const which = `${running.length === 1 ? "process" : "processes"} ${running.join(", ")}`;
  return `${which} of ${total} ${are} still running`;
}

/** A descriptor, or the end of the attempt. */
function openLog(path: string): number | ReturnType<typeof unwritable> {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openForAppending(path);
  } catch (error) {
    return unwritable("cannot write the log", error);
  }
}
