// Who gets the next slot: by priority, then the run with the fewest running steps, then age. Pure and deterministic.
// Knows demands and capacities; nothing of why a step runs.

import type { Demand } from "./plan.ts";

export interface WaitingStep {
  readonly run: string;
  readonly step: number;
  readonly demand: Demand;
  /** How often a smaller step was let past it. */
  passedOver: number;
}

/** One run's queue. Steps are granted in the order in which they became ready. */
export interface RunQueue {
  readonly run: string;
  priority: number;
  readonly createdAt: number;
  readonly waiting: WaitingStep[];
  /** Steps of this run that hold a slot. */
  running: number;
}

/** A step that was passed over this often holds back everyone behind it, so that large steps do not starve. */
const PATIENCE = 32;
/** How many steps of one queue are looked at when its first does not fit. */
const LOOK_AHEAD = 16;

/** What a compute has in all. A demand beyond it is cut to it: such a step runs alone. */
export function fitted(demand: Demand, capacity: Demand): Demand {
  return {
    cpus: Math.min(demand.cpus, capacity.cpus),
    memoryBytes: Math.min(demand.memoryBytes, capacity.memoryBytes),
    gpus: Math.min(demand.gpus, capacity.gpus),
  };
}

/** Takes the next step out of the queues that fits into `free`, or null. Changes the queues, not `free`. */
export function takeNext(
  queues: readonly RunQueue[],
  free: Demand,
  capacity: Demand,
): WaitingStep | null {
  const inOrder = queues.filter((queue) => queue.waiting.length > 0).sort(byFairness);
  for (const queue of inOrder) {
    const position = firstThatFits(queue.waiting, free, capacity);
    const passed = queue.waiting.slice(0, position < 0 ? LOOK_AHEAD : position);
    if (position < 0) {
      if (passed.some((step) => step.passedOver >= PATIENCE)) return null;
      continue;
    }
    for (const step of passed) step.passedOver += 1;
    if (passed.some((step) => step.passedOver > PATIENCE)) return null;
    for (const other of inOrder) {
      if (other === queue) break;
      for (const step of other.waiting.slice(0, 1)) step.passedOver += 1;
    }
    const [taken] = position === 0 ? [queue.waiting.shift()] : queue.waiting.splice(position, 1);
    return taken ?? null;
  }
  return null;
}

function byFairness(a: RunQueue, b: RunQueue): number {
  return (
    b.priority - a.priority ||
    a.running - b.running ||
    a.createdAt - b.createdAt ||
    (a.run < b.run ? -1 : 1)
  );
}

function firstThatFits(waiting: readonly WaitingStep[], free: Demand, capacity: Demand): number {
  const end = Math.min(waiting.length, LOOK_AHEAD);
  for (let position = 0; position < end; position += 1)
    if (fits(fitted((waiting[position] as WaitingStep).demand, capacity), free)) return position;
  return -1;
}

function fits(demand: Demand, free: Demand): boolean {
  return (
    demand.cpus <= free.cpus && demand.memoryBytes <= free.memoryBytes && demand.gpus <= free.gpus
  );
}
