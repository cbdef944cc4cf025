import { describe, expect, it } from "vitest";
import type { Demand } from "./plan.ts";
import { fitted, type RunQueue, takeNext } from "./schedule.ts";

const CAPACITY: Demand = { cpus: 4, memoryBytes: 100, gpus: 1 };

function queue(run: string, cpus: readonly number[], changes: Partial<RunQueue> = {}): RunQueue {
  const waiting = cpus.map((count, step) => ({
    run,
    step,
    demand: { cpus: count, memoryBytes: 0, gpus: 0 },
    passedOver: 0,
  }));
  return { run, priority: 0, createdAt: 1, waiting, running: 0, ...changes };
}

/** Runs of the next steps that are granted while nothing else changes but that each counts as running. */
function order(queues: readonly RunQueue[], free: Demand = CAPACITY): readonly string[] {
  const granted: string[] = [];
  for (
    let next = takeNext(queues, free, CAPACITY);
    next !== null;
    next = takeNext(queues, free, CAPACITY)
  ) {
    granted.push(`${next.run}${next.step}`);
    const owner = queues.find((one) => one.run === next.run);
    if (owner !== undefined) owner.running += 1;
  }
  return granted;
}

describe("who gets the next slot", () => {
  it("the run with the fewest running steps, then the older, then by name", () => {
    expect(order([queue("b", [1, 1]), queue("a", [1, 1])])).toEqual(["a0", "b0", "a1", "b1"]);
    const older = queue("z", [1], { createdAt: 0 });
    expect(order([queue("a", [1]), older])).toEqual(["z0", "a0"]);
  });

  it("priority before everything", () => {
    expect(order([queue("a", [1]), queue("b", [1, 1], { priority: 1 })])).toEqual([
      "b0",
      "b1",
      "a0",
    ]);
  });

  it("a smaller step is let past one that does not fit, of its own run and of others", () => {
    const free = { cpus: 1, memoryBytes: 0, gpus: 0 };
    expect(order([queue("a", [4, 1])], free)).toEqual(["a1"]);
    expect(order([queue("a", [4]), queue("b", [1])], free)).toEqual(["b0"]);
  });

  it("but not for ever: a large step that was passed over often holds back the rest", () => {
    const free = { cpus: 1, memoryBytes: 0, gpus: 0 };
    const large = queue("a", [4]);
    const small = queue("b", Array(100).fill(1));
    expect(order([large, small], free).length).toBeLessThan(40);
    expect(takeNext([large, small], CAPACITY, CAPACITY)?.run).toBe("a");
    const own = queue("c", [4, ...Array(100).fill(1)]);
    expect(order([own], free).length).toBeLessThan(40);
  });

  it("nothing when nothing waits or fits", () => {
    expect(takeNext([], CAPACITY, CAPACITY)).toBeNull();
    expect(takeNext([queue("a", [])], CAPACITY, CAPACITY)).toBeNull();
    expect(takeNext([queue("a", [2])], { cpus: 1, memoryBytes: 0, gpus: 0 }, CAPACITY)).toBeNull();
  });

  it("a demand beyond the compute is cut to it", () => {
    expect(fitted({ cpus: 64, memoryBytes: 1_000, gpus: 8 }, CAPACITY)).toEqual(CAPACITY);
    expect(order([queue("a", [64])])).toEqual(["a0"]);
  });
});
