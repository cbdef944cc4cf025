// What outlives every engine in the simulation: virtual time, processes, captured bytes, and a ledger of what was seen
// to happen. Breaks of an invariant are collected here.

import type { AttemptEnd } from "../../core/attempt.ts";
import type {
  AdoptOrder,
  AttemptOrder,
  Compute,
  ComputeListener,
  ComputeReport,
} from "../../ports/compute.ts";
import type { StepNode } from "../../spec/graph.ts";
import type { Chance } from "./chance.ts";
import { behaviourOf, contentOf, type Scenario } from "./scenario.ts";

/** Deliberate mistakes that prove an invariant can fail; see plants.ts. */
export type Plant =
  | "none"
  | "no-fence"
  | "no-sync"
  | "forget-boot"
  | "trust-damaged"
  | "start-old-epoch"
  | "ignore-cancel"
  | "forget-result"
  | "lose-run-end"
  | "wrong-output"
  | "extra-slots"
  | "no-pools"
  | "drop-submit"
  | "revive-ended"
  | "lose-when-full"
  | "fail-when-full"
  | "share-checkpoint"
  | "remove-unmarked";

interface Timed {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

export interface SimulatedProcess {
  readonly attemptId: string;
  readonly fingerprintKey: string;
  readonly run: string;
  readonly step: StepNode;
  readonly inputs: readonly string[];
  readonly number: number;
  readonly startedAt: number;
  /** Folder that it saves to. */
  readonly checkpoint: string;
  alive: boolean;
  end: AttemptEnd | null;
  listener: ComputeListener | null;
}

export interface World {
  readonly chance: Chance;
  readonly scenario: Scenario;
  readonly plant: Plant;
  now: number;
  epoch: number;
  /** Raised by each power cut. */
  boot: number;
  readonly processes: Map<string, SimulatedProcess>;
  /** Folder → the attempt that was given it last. */
  readonly checkpoints: Map<string, string>;
  /** Bytes that exist, by path; true once synced. */
  readonly captured: Map<string, { readonly id: string; durable: boolean }>;
  readonly damaged: Set<string>;
  /** Outputs that were removed as `gc` removes them. */
  readonly removed: Set<string>;
  /** Outputs that recorded events speak of since the last commit that lasts. */
  readonly spokenOf: Set<string>;
  readonly broken: string[];
  events: number;
  faults: number;
  /** Told of every event that is about to be recorded, when a seed is replayed. */
  readonly trace: ((line: string) => void) | null;
  later(delayMs: number, act: () => void): void;
  /** Runs everything that is due next; false when nothing is left to happen. */
  step(): boolean;
  break_(invariant: string, detail: string): void;
}

export function createWorld(
  chance: Chance,
  scenario: Scenario,
  plant: Plant,
  trace: World["trace"] = null,
): World {
  const queue: Timed[] = [];
  let order = 0;
  const world: World = {
    chance,
    scenario,
    plant,
    now: 0,
    epoch: 0,
    boot: 0,
    processes: new Map(),
    checkpoints: new Map(),
    captured: new Map(),
    damaged: new Set(),
    removed: new Set(),
    spokenOf: new Set(),
    broken: [],
    events: 0,
    faults: 0,
    trace,
    later(delayMs, act) {
      order += 1;
      queue.push({ at: world.now + delayMs, order, act });
    },
    step() {
      let next = 0;
      for (let at = 1; at < queue.length; at += 1) if (isBefore(queue[at], queue[next])) next = at;
      const [timed] = queue.splice(next, 1);
      if (timed === undefined) return false;
      world.now = Math.max(world.now, timed.at);
      world.events += 1;
      timed.act();
      return true;
    },
    break_: (invariant, detail) => world.broken.push(`${invariant}: ${detail}`),
  };
  return world;
}

function isBefore(a: Timed | undefined, b: Timed | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

export function faultsAllowed(world: World): boolean {
  return world.now < world.scenario.faultsUntil;
}

/** Everything that runs ends, and what was not synced is gone. Engines must be ended by the caller. */
export function cutPower(world: World): void {
  world.faults += 1;
  world.boot += 1;
  world.spokenOf.clear();
  for (const process of world.processes.values()) {
    process.alive = false;
    process.listener = null;
  }
  // Exit files are not synced either.
  world.processes.clear();
  for (const [path, { durable }] of world.captured)
    if (!durable) {
      world.captured.delete(path);
      world.damaged.add(path);
    }
}

/** The disk is full: a fault that is counted when somebody meets it. */
export function isFull(world: World): boolean {
  if (world.now < world.scenario.full.from || world.now >= world.scenario.full.until) return false;
  world.faults += 1;
  return true;
}

/** Processes that hold a slot now. */
export function aliveCount(world: World): number {
  return [...world.processes.values()].filter((process) => process.alive).length;
}

/** What the fake step type writes as the script of an order. */
export interface ScriptFacts {
  readonly run: string;
  readonly step: StepNode;
  readonly inputs: readonly string[];
  readonly number: number;
  readonly fingerprintKey: string;
  readonly checkpoint: string;
}

/** One engine's view of the simulated machine. `isLive` says whether that engine still exists. */
export function createSimulatedCompute(
  world: World,
  epoch: number,
  listener: ComputeListener,
  isLive: () => boolean,
): Compute {
  world.epoch = Math.max(world.epoch, epoch);
  // An attempt outlives its engine: whether a message arrives depends on the engine it is meant for.
  const mine: ComputeListener = (message) => {
    if (isLive()) listener(message);
  };
  const report = (target: ComputeListener | null, message: ComputeReport): void => {
    const deliver = (): void => target?.(message);
    world.later(world.chance.whole(0, 5), deliver);
    if (faultsAllowed(world) && world.chance.happens(world.scenario.repeat)) {
      world.faults += 1;
      world.later(world.chance.whole(0, 40), deliver);
    }
  };
  const withdrawn = new Set<string>();
  // What only waits in the compute ends with the power, too.
  const { boot } = world;
  const powered = (): boolean => world.boot === boot;
  const cancel = (attemptId: string): void => {
    if (world.plant === "ignore-cancel") return;
    if (!world.processes.has(attemptId)) withdrawn.add(attemptId);
    endProcess(world, attemptId, "cancelled", report);
  };
  return {
    start: (order) => startProcess(world, order, mine, { report, withdrawn, powered }),
    cancel,
    kill: cancel,
    adopt: (order) => adoptProcess(world, order, mine, report),
    close: async () => {},
  };
}

interface Machine {
  readonly report: Report;
  readonly withdrawn: Set<string>;
  readonly powered: () => boolean;
}

type Report = (target: ComputeListener | null, message: ComputeReport) => void;

/** As the real one: what is ordered beyond the slots waits in the compute, and can be cancelled there. */
function startProcess(
  world: World,
  order: AttemptOrder,
  listener: ComputeListener,
  machine: Machine,
): void {
  const { report, withdrawn } = machine;
  if (!machine.powered()) return;
  if (withdrawn.delete(order.attemptId)) {
    const end = { ...ended("cancelled", null, world.now), startedAt: null };
    report(listener, { kind: "ended", attemptId: order.attemptId, end });
    return;
  }
  const isBusy = aliveCount(world) >= world.scenario.cpus && world.plant !== "extra-slots";
  if (isBusy && order.epoch >= world.epoch) {
    world.later(2, () => startProcess(world, order, listener, machine));
    return;
  }
  const facts = JSON.parse(order.script) as ScriptFacts;
  if (order.epoch < world.epoch && world.plant !== "start-old-epoch") {
    const end = ended("not_started", null, world.now);
    report(listener, {
      kind: "ended",
      attemptId: order.attemptId,
      end: { ...end, detail: "an older epoch" },
    });
    return;
  }
  if (isFull(world)) {
    const end = { ...ended("disk_full", null, world.now), startedAt: null };
    report(listener, { kind: "ended", attemptId: order.attemptId, end });
    return;
  }
  if (world.processes.has(order.attemptId))
    world.break_("I4", `attempt ${order.attemptId} started twice`);
  const process: SimulatedProcess = {
    attemptId: order.attemptId,
    ...facts,
    startedAt: world.now,
    alive: true,
    end: null,
    listener,
  };
  checkAlone(world, process);
  world.processes.set(order.attemptId, process);
  const limit = world.scenario.cpus;
  if (aliveCount(world) > limit)
    world.break_("I11", `${aliveCount(world)} processes on ${limit} cpus`);
  const isSmall = ({ alive, step }: SimulatedProcess): boolean => alive && step.compute === "small";
  if (world.scenario.pooled && [...world.processes.values()].filter(isSmall).length > 1)
    world.break_("I11", "two processes on a compute of one cpu");
  const identity = { bootId: "boot", pid: world.processes.size, startTime: String(world.now) };
  report(listener, {
    kind: "started",
    attemptId: order.attemptId,
    at: world.now,
    process: identity,
  });
  const { durationMs } = behaviourOf(facts.step);
  world.later(durationMs, () => {
    const lost = faultsAllowed(world) && world.chance.happens(world.scenario.lose);
    if (lost) world.faults += 1;
    endProcess(world, order.attemptId, lost ? "lost" : "exited", report);
  });
}

/** I4: no two living attempts of one fingerprint (forced steps are marked with an empty key); I13: or of one checkpoint. */
function checkAlone(world: World, process: SimulatedProcess): void {
  for (const other of world.processes.values())
    if (other.alive && other.checkpoint === process.checkpoint)
      world.break_("I13", `${process.run} and ${other.run} save to ${other.checkpoint}`);
  if (process.fingerprintKey === "") return;
  for (const other of world.processes.values())
    if (other.alive && other.fingerprintKey === process.fingerprintKey)
      world.break_("I4", `${process.run} ${process.step.path} runs beside ${other.run}`);
}

function endProcess(
  world: World,
  attemptId: string,
  reason: "exited" | "cancelled" | "lost",
  report: Report,
): void {
  const process = world.processes.get(attemptId);
  if (process === undefined) {
    return;
  }
  if (!process.alive) return;
  process.alive = false;
  const fails = process.number <= behaviourOf(process.step).failsUntil;
  const end = ended(reason, reason === "exited" ? (fails ? 1 : 0) : null, world.now);
  process.end = { ...end, startedAt: process.startedAt };
  report(process.listener, { kind: "ended", attemptId, end: process.end });
}

function ended(reason: AttemptEnd["reason"], exitCode: number | null, now: number): AttemptEnd {
  const startedAt = reason === "not_started" ? null : now;
  return { exitCode, signal: null, reason, detail: null, startedAt, finishedAt: now };
}

function adoptProcess(
  world: World,
  order: AdoptOrder,
  listener: ComputeListener,
  report: Report,
): void {
  const process = world.processes.get(order.attemptId);
  if (process === undefined) {
    const end = { ...ended("lost", null, world.now), startedAt: null };
    report(listener, { kind: "ended", attemptId: order.attemptId, end });
    return;
  }
  process.listener = listener;
  if (process.end !== null)
    report(listener, { kind: "ended", attemptId: order.attemptId, end: process.end });
}

/** The bytes that an attempt left in its output folder. */
export function outputOfProcess(world: World, attemptId: string): string | null {
  const process = world.processes.get(attemptId);
  if (process === undefined) return null;
  const id = contentOf(process.step, process.inputs);
  return world.plant === "wrong-output" && process.inputs.length > 1 ? `${id}x` : id;
}
