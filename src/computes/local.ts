// The compute "this machine": hands attempts to a few supervisors and keeps each a little ahead, so that none waits for
// us. Knows nothing of runs, slots of the engine, or how a supervisor does its work.

import { mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AttemptEnd, AttemptOrder, Compute, ComputeListener } from "../ports/compute.ts";
import type { ProcessPort } from "../ports/process.ts";
import { readText } from "../ports/read-file.ts";
import { type AdoptedAttempts, adoptedAttempts } from "./adopted-attempts.ts";
import { readExit, readProcesses, settleExit } from "./attempt-files.ts";
import { stopTree } from "./stop-tree.ts";
import { findProgram, type SupervisorKind, supervisorCommand } from "./supervisor-command.ts";
import { type SupervisorProcess, startSupervisor } from "./supervisor-process.ts";
import { notStarted, orderFrame, problemOf, type SupervisorReport } from "./supervisor-protocol.ts";

export interface LocalComputeOptions {
  /** For the epoch and what supervisors print when they break; made if missing. */
  readonly stateFolder: string;
  /** Of the engine that uses the compute: supervisors of older ones start nothing more. Absent: the orders say. */
  readonly epoch?: number;
  /** How many supervisors, that is, how many attempts at once. */
  readonly slots: number;
  readonly supervisor: "python" | "node" | "auto";
  /** The interpreter for the supervisor; null: `python3` on PATH. */
  readonly python: string | null;
  readonly host: ProcessPort;
  /** Null or absent: `bash` on PATH. */
  readonly bash?: string | null;
  /** Built Node supervisor; absent: found beside the program. */
  readonly nodeSupervisor?: string;
}

export function createLocalCompute(
  options: LocalComputeOptions,
  listener: ComputeListener,
): Compute {
  return new LocalCompute(options, listener);
}

/** Orders that a slot holds at once, the running one included: so it never waits for the engine's thread. */
const AHEAD = 8;
/** It gets more when it has no more than these: several orders travel together. */
const REFILL = 4;
/** Starts of one attempt that may fail because its supervisor died before it claimed the attempt. */
const TRIES = 3;
/** A supervisor that has not ended a cancelled attempt so long after the grace is itself ended. */
const CANCEL_PATIENCE_MS = 15_000;
/** A supervisor with nothing left to do exits at once, unless a full disk makes it wait with an end to write down. */
const LEAVE_MS = 2_000;

interface Entry {
  readonly order: AttemptOrder;
  slot: Slot | null;
  tries: number;
  /** When its process began, as far as was heard. */
  startedAt: number | null;
  isCancelled: boolean;
  isWithdrawn: boolean;
}

interface Slot {
  process: SupervisorProcess | null;
  /** What the supervisor has, oldest first. */
  readonly entries: Map<string, Entry>;
}

class LocalCompute implements Compute {
  readonly #options: LocalComputeOptions;
  readonly #listener: ComputeListener;
  readonly #entries = new Map<string, Entry>();
  readonly #slots: Slot[];
  readonly #adopted: AdoptedAttempts;
  readonly #bash: string | null;
  #waiting: Entry[] = [];
  #kind: SupervisorKind;
  #epoch = 0;
  #errorFile: number | null = null;
  #isClosed = false;

  constructor(options: LocalComputeOptions, listener: ComputeListener) {
    this.#options = options;
    this.#listener = listener;
    this.#kind = options.supervisor === "node" ? "node" : "python";
    this.#bash = options.bash ?? findProgram("bash", process.env.PATH);
    this.#slots = Array.from({ length: Math.max(1, options.slots) }, () => ({
      process: null,
      entries: new Map(),
    }));
    if (options.epoch !== undefined) this.#raiseEpoch(options.epoch);
    this.#adopted = adoptedAttempts(options.host, (attemptId, end) =>
      this.#listener({ kind: "ended", attemptId, end }),
    );
  }

  start(order: AttemptOrder): void {
    if (this.#entries.has(order.attemptId)) return;
    const entry: Entry = {
      order,
      slot: null,
      tries: 0,
      startedAt: null,
      isCancelled: false,
      isWithdrawn: false,
    };
    this.#entries.set(order.attemptId, entry);
    const problem = this.#bash === null ? "bash was not found on PATH" : problemOf(order);
    if (problem !== null) {
      queueMicrotask(() => this.#refuse(entry, problem));
      return;
    }
    this.#raiseEpoch(order.epoch);
    this.#waiting.push(entry);
    this.#handOut();
  }

  cancel(attemptId: string): void {
    if (this.#adopted.cancel(attemptId)) return;
    const entry = this.#entries.get(attemptId);
    if (entry === undefined || entry.isCancelled) return;
    entry.isCancelled = true;
    if (entry.slot === null) {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
      queueMicrotask(() => this.#endAbruptly(entry, "cancelled", null));
      return;
    }
    const { slot } = entry;
    slot.process?.send(orderFrame("cancel", attemptId));
    const timer = setTimeout(() => {
      if (slot.entries.get(attemptId) === entry) slot.process?.kill();
    }, entry.order.graceMs + CANCEL_PATIENCE_MS);
    timer.unref();
  }

  kill(attemptId: string): void {
    this.cancel(attemptId);
    // Whatever bears the attempt's marker; its supervisor sees the end and reports it.
    void stopTree(this.#options.host, { attemptId, leaders: [] }, 0);
  }

  adopt(order: Pick<AttemptOrder, "attemptId" | "folder" | "logPath" | "graceMs">): void {
    if (!this.#entries.has(order.attemptId)) this.#adopted.adopt(order);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting = [];
    this.#adopted.close();
    const leaving: Promise<void>[] = [];
    for (const slot of this.#slots) {
      if (slot.process === null) continue;
      if (slot.entries.size === 0) leaving.push(leave(slot.process));
      else slot.process.letGo();
    }
    await Promise.all(leaving);
  }

  #handOut(): void {
    if (this.#freest().entries.size > REFILL) return;
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const slot = this.#freest();
      if (slot.entries.size >= AHEAD) return;
      const entry = this.#waiting.shift() as Entry;
      const supervisor = slot.process ?? this.#open(slot);
      if (supervisor === null) {
        this.#refuse(entry, "there is no Python for the supervisor of local attempts");
        continue;
      }
      entry.slot = slot;
      entry.isWithdrawn = false;
      slot.entries.set(entry.order.attemptId, entry);
      supervisor.send(supervisor.startFrame(entry.order));
    }
  }

  /** The slot with the least to do; of equals one whose supervisor is already there. */
  #freest(): Slot {
    return this.#slots.reduce((best, slot) => {
      const difference = slot.entries.size - best.entries.size;
      const isReady = slot.process !== null && best.process === null;
      return difference < 0 || (difference === 0 && isReady) ? slot : best;
    });
  }

  /** An idle slot takes what waits behind a long step in another one. */
  #rebalance(): void {
    if (this.#waiting.length > 0 || this.#isClosed) return;
    if (!this.#slots.some((slot) => slot.entries.size === 0)) return;
    const fullest = this.#slots.reduce((a, b) => (b.entries.size > a.entries.size ? b : a));
    const movable = [...fullest.entries.values()].slice(1);
    const last = movable.filter((entry) => !entry.isWithdrawn && !entry.isCancelled).at(-1);
    if (last === undefined) return;
    last.isWithdrawn = true;
    fullest.process?.send(orderFrame("withdraw", last.order.attemptId));
  }

  #open(slot: Slot): SupervisorProcess | null {
    const { stateFolder, python, host } = this.#options;
    const nodeSupervisor = this.#options.nodeSupervisor ?? null;
    const settings = { stateFolder, bash: this.#bash as string, python, host, nodeSupervisor };
    let command = supervisorCommand(this.#kind, settings);
    if (command === null && this.#options.supervisor === "auto") {
      this.#kind = "node";
      command = supervisorCommand("node", settings);
    }
    if (command === null) return null;
    const supervisor = startSupervisor(command, this.#errors(), {
      onReport: (report) => this.#hear(slot, report),
      onExit: (problem) => {
        if (slot.process === supervisor) slot.process = null;
        if (!this.#isClosed) void this.#recover(slot, problem);
      },
    });
    slot.process = supervisor;
    return supervisor;
  }

  #hear(slot: Slot, report: SupervisorReport): void {
    const entry = slot.entries.get(report.attemptId);
    if (entry === undefined || this.#isClosed) return;
    switch (report.kind) {
      case "started":
        entry.startedAt = report.at;
        this.#listener(report);
        return;
      case "withdrawn":
        slot.entries.delete(report.attemptId);
        entry.slot = null;
        if (entry.isCancelled) this.#endAbruptly(entry, "cancelled", null);
        else this.#waiting.unshift(entry);
        this.#handOut();
        return;
      case "ended":
        slot.entries.delete(report.attemptId);
        this.#end(entry, report.end);
        this.#handOut();
        this.#rebalance();
        return;
      default:
        report satisfies never;
    }
  }

  /** A supervisor is gone: what it ran is ended and lost, what it had not begun goes to another one. */
  async #recover(slot: Slot, problem: string | null): Promise<void> {
    const orphans = [...slot.entries.values()];
    slot.entries.clear();
    if (problem !== null && this.#options.supervisor === "auto") this.#kind = "node";
    const unbegun: Entry[] = [];
    for (const entry of orphans) {
      entry.slot = null;
      if (readProcesses(entry.order.folder) === "none") unbegun.push(entry);
      else void this.#lose(entry);
    }
    for (const entry of unbegun) {
      entry.tries += 1;
      if (entry.isCancelled) this.#endAbruptly(entry, "cancelled", null);
      else if (entry.tries < TRIES) this.#waiting.push(entry);
      else this.#refuse(entry, `no supervisor could be started: ${problem ?? "it ended at once"}`);
    }
    this.#handOut();
  }

  async #lose(entry: Entry): Promise<void> {
    const { attemptId, folder } = entry.order;
    const processes = readProcesses(folder);
    const leaders = typeof processes === "string" ? [] : [processes.process, ...processes.others];
    await stopTree(this.#options.host, { attemptId, leaders }, 0);
    const exit = readExit(folder);
    if (exit !== null) {
      this.#end(entry, exit);
      return;
    }
    const detail = "its supervisor was ended from outside; what it had started was stopped";
    // What has run counts as a try, unlike what never began.
    if (leaders.length > 0) entry.startedAt ??= Date.now();
    this.#endAbruptly(entry, entry.isCancelled ? "cancelled" : "lost", detail);
  }

  #refuse(entry: Entry, detail: string): void {
    this.#end(entry, notStarted(detail, Date.now()));
  }

  #endAbruptly(entry: Entry, reason: "cancelled" | "lost", detail: string | null): void {
    const { startedAt } = entry;
    const end = { ...notStarted("", Date.now()), reason, detail, startedAt };
    this.#end(entry, settleExit(entry.order.folder, end));
  }

  #end(entry: Entry, end: AttemptEnd): void {
    if (!this.#entries.delete(entry.order.attemptId) || this.#isClosed) return;
    this.#listener({ kind: "ended", attemptId: entry.order.attemptId, end });
  }

  #raiseEpoch(epoch: number): void {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    const path = epochFile(this.#options.stateFolder);
    mkdirSync(this.#options.stateFolder, { recursive: true });
    if (newestEpoch(this.#options.stateFolder) >= epoch) return;
    writeFileSync(`${path}.${process.pid}.tmp`, String(epoch));
    renameSync(`${path}.${process.pid}.tmp`, path);
  }

  #errors(): number | "ignore" {
    try {
      this.#errorFile ??= openSync(join(this.#options.stateFolder, "supervisor.log"), "a");
      return this.#errorFile;
    } catch {
      // A full disk: what a supervisor says when it breaks is the least that is lost.
      return "ignore";
    }
  }
}

async function leave(supervisor: SupervisorProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LEAVE_MS);
  });
  await Promise.race([supervisor.finish(), patience]);
  clearTimeout(timer);
  supervisor.letGo();
}

/** Of the engines whose attempts this machine has run; 0 for none. */
export function newestEpoch(stateFolder: string): number {
  try {
    return Number(readText(epochFile(stateFolder))) || 0;
  } catch {
    return 0;
  }
}

function epochFile(stateFolder: string): string {
  return join(stateFolder, "epoch");
}
