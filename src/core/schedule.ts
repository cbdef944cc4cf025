// Who gets the next slot: by priority, then the run with the fewest running steps, then age. All steps share one supply;
// steps of a pool have limits of their own too. Pure and deterministic; knows nothing of why a step runs.

import { own } from "../spec/own-keys.ts";
import type { Demand } from "./plan.ts";

/** What all steps share, and which of them are held to a part of it. */
export interface Supply {
  readonly capacity: Demand;
  /** By name; no more of anything than the capacity. */
  readonly pools: Readonly<Record<string, Demand>>;
  /** Computes with a pool of their own, if any; all others are of the pool `*`, if there is one. */
  readonly named: readonly string[];
}

/** The pool of a compute's steps, or null. */
export function poolOf({ pools, named }: Supply, compute: string): string | null {
  const pool = named.includes(compute) ? compute : "*";
  return own(pools, pool) === undefined ? null : pool;
}

/** What one step of a pool can have. */
export function capacityIn({ capacity, pools }: Supply, pool: string | null): Demand {
  return pool === null ? capacity : (own(pools, pool) ?? capacity);
}

export interface WaitingStep {
  readonly run: string;
  readonly step: number;
  readonly demand: Demand;
  /** The compute to whose limits it is held; null: only to what all steps share. */
  readonly pool: string | null;
  /** Its place in the order in which steps of its run became ready. */
  readonly order: number;
  /** How often a smaller step was let past it. */
  passedOver: number;
}

/** One run's queue. Steps of a pool are granted in the order in which they became ready. */
export interface RunQueue {
  readonly run: string;
  priority: number;
  /** Its place in the order in which runs were submitted. */
  readonly submitted: number;
  /** What waits, by pool: a pool that is full keeps nobody else waiting. */
  readonly lanes: Map<string | null, WaitingStep[]>;
  /** Steps that have ever waited. */
  enqueued: number;
  /** Steps of this run that hold a slot. */
  running: number;
}

/** What the steps of one pool find. */
export interface Room {
  /** Not held by any step. */
  readonly free: Demand;
  /** Of the pool's own limits, what its steps do not hold. */
  readonly own: Demand;
  /** What one step can have. */
  readonly capacity: Demand;
}

/** A step that was passed over this often holds back everyone behind it, so that large steps do not starve. */
const PATIENCE = 32;
/** How many steps of one lane are looked at when its first does not fit. */
const LOOK_AHEAD = 16;

export function enqueue(
  queue: RunQueue,
  { step, demand, pool }: Pick<WaitingStep, "step" | "demand" | "pool">,
): void {
  const waiting = { run: queue.run, step, demand, pool, order: queue.enqueued, passedOver: 0 };
  queue.enqueued += 1;
  const lane = queue.lanes.get(pool);
  if (lane === undefined) queue.lanes.set(pool, [waiting]);
  else lane.push(waiting);
}

/** Takes a step out that is to wait no more. */
export function dequeue(queue: RunQueue, step: number): void {
  for (const lane of queue.lanes.values()) {
    const at = lane.findIndex((one) => one.step === step);
    if (at >= 0) lane.splice(at, 1);
  }
}

/** Takes everything out. */
export function drain(queue: RunQueue): readonly WaitingStep[] {
  return [...queue.lanes.values()].flatMap((lane) => lane.splice(0));
}

/** What a compute has in all. A demand beyond it is cut to it: such a step runs alone. */
export function fitted(demand: Demand, capacity: Demand): Demand {
  return {
    cpus: Math.min(demand.cpus, capacity.cpus),
    memoryBytes: Math.min(demand.memoryBytes, capacity.memoryBytes),
    gpus: Math.min(demand.gpus, capacity.gpus),
  };
}

/** Takes the next step out of the queues that fits into the room of its pool, or null. Changes the queues, not the rooms. */
export function takeNext(
  queues: readonly RunQueue[],
  roomOf: (pool: string | null) => Room,
): WaitingStep | null {
  const inOrder = queues.filter(isWaiting).sort(byFairness);
  /** Pools that are kept for a step which was passed over often. */
  const kept = new Set<string | null>();
  for (const [position, queue] of inOrder.entries()) {
    const found = firstOf(queue, roomOf, kept);
    if (found === "wait") return null;
    if (found === null) continue;
    const { step, lane, at } = found;
    for (const passed of lane.slice(0, at)) passed.passedOver += 1;
    for (const other of inOrder.slice(0, position + 1)) pass(other, step, roomOf);
    if (at === 0) lane.shift();
    else lane.splice(at, 1);
    return step;
  }
  return null;
}

interface Found {
  readonly step: WaitingStep;
  readonly lane: WaitingStep[];
  readonly at: number;
}

/** Of the first of each lane that fits, the one that became ready first. "wait": nobody may be let past any more. */
function firstOf(
  queue: RunQueue,
  roomOf: (pool: string | null) => Room,
  kept: Set<string | null>,
): Found | null | "wait" {
  let found: Found | null = null;
  for (const [pool, lane] of queue.lanes) {
    if (lane.length === 0 || kept.has(pool)) continue;
    const room = roomOf(pool);
    const at = firstThatFits(lane, room);
    const passed = lane.slice(0, at < 0 ? LOOK_AHEAD : at);
    const impatient = passed.filter((step) => step.passedOver >= PATIENCE);
    if (impatient.some((step) => fitsOwn(step, room))) return "wait";
    if (impatient.length > 0) kept.add(pool);
    else if (at >= 0) {
      const step = lane[at] as WaitingStep;
      if (found === null || step.order < found.step.order) found = { step, lane, at };
    }
  }
  return found;
}

/** The first of each lane that would have had its turn before `taken`, and waits for what `taken` gets. */
function pass(
  { run, lanes }: RunQueue,
  taken: WaitingStep,
  roomOf: (pool: string | null) => Room,
): void {
  for (const [pool, [first]] of lanes) {
    if (first === undefined || (run === taken.run && first.order >= taken.order)) continue;
    // Of its own lane everything before it has been counted.
    if (run === taken.run && pool === taken.pool) continue;
    if (pool === taken.pool || fitsOwn(first, roomOf(pool))) first.passedOver += 1;
  }
}

function isWaiting({ lanes }: RunQueue): boolean {
  for (const lane of lanes.values()) if (lane.length > 0) return true;
  return false;
}

function byFairness(a: RunQueue, b: RunQueue): number {
  return (
    b.priority - a.priority ||
    a.running - b.running ||
    a.submitted - b.submitted ||
    (a.run < b.run ? -1 : 1)
  );
}

function firstThatFits(lane: readonly WaitingStep[], room: Room): number {
  const end = Math.min(lane.length, LOOK_AHEAD);
  for (let at = 0; at < end; at += 1) {
    const step = lane[at] as WaitingStep;
    if (fits(fitted(step.demand, room.capacity), room.free) && fitsOwn(step, room)) return at;
  }
  return -1;
}

/** What it waits for is not held by others of its pool. */
function fitsOwn({ demand }: WaitingStep, { own, capacity }: Room): boolean {
  return fits(fitted(demand, capacity), own);
}

function fits(demand: Demand, free: Demand): boolean {
  return (
    demand.cpus <= free.cpus && demand.memoryBytes <= free.memoryBytes && demand.gpus <= free.gpus
  );
}
