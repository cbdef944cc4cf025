import { describe, expect, it } from "vitest";
import type { Demand } from "./plan.ts";
import {
  capacityIn,
  dequeue,
  drain,
  enqueue,
  fitted,
  poolOf,
  type Room,
  type RunQueue,
  takeNext,
} from "./schedule.ts";

const CAPACITY: Demand = { cpus: 4, memoryBytes: 100, gpus: 1 };

function queue(run: string, cpus: readonly number[], changes: Partial<RunQueue> = {}): RunQueue {
  const made: RunQueue = {
    run,
    priority: 0,
    submitted: 1,
    lanes: new Map(),
    enqueued: 0,
    running: 0,
    ...changes,
  };
  for (const [step, count] of cpus.entries()) enqueue(made, { step, ...asks(count), pool: null });
  return made;
}

function asks(cpus: number): { readonly demand: Demand } {
  return { demand: { cpus, memoryBytes: 0, gpus: 0 } };
}

function inRoom(free: Demand): (pool: string | null) => Room {
  return () => ({ free, own: free, capacity: CAPACITY });
}

/** Runs of the next steps that are granted while nothing else changes but that each counts as running. */
function order(queues: readonly RunQueue[], free: Demand = CAPACITY): readonly string[] {
  const granted: string[] = [];
  for (
    let next = takeNext(queues, inRoom(free));
    next !== null;
    next = takeNext(queues, inRoom(free))
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
    const older = queue("z", [1], { submitted: 0 });
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
    expect(takeNext([large, small], inRoom(CAPACITY))?.run).toBe("a");
    const own = queue("c", [4, ...Array(100).fill(1)]);
    expect(order([own], free).length).toBeLessThan(40);
  });

  it("nothing when nothing waits or fits", () => {
    expect(takeNext([], inRoom(CAPACITY))).toBeNull();
    expect(takeNext([queue("a", [])], inRoom(CAPACITY))).toBeNull();
    expect(takeNext([queue("a", [2])], inRoom({ cpus: 1, memoryBytes: 0, gpus: 0 }))).toBeNull();
  });

  it("a demand beyond the compute is cut to it", () => {
    expect(fitted({ cpus: 64, memoryBytes: 1_000, gpus: 8 }, CAPACITY)).toEqual(CAPACITY);
    expect(order([queue("a", [64])])).toEqual(["a0"]);
  });
});

describe("steps of a compute that has less than all share", () => {
  const SMALL = { cpus: 2, memoryBytes: 100, gpus: 0 };

  /** Grants until nothing fits, in the order in which it does; `hold`: cpus that are held before. */
  function granted(queues: readonly RunQueue[], free = 4, own = 2): readonly string[] {
    const got: string[] = [];
    let [all, ofSmall] = [free, own];
    for (;;) {
      const next = takeNext(queues, (pool) => ({
        free: { ...CAPACITY, cpus: all },
        own: { ...CAPACITY, cpus: pool === null ? all : ofSmall },
        capacity: pool === null ? CAPACITY : SMALL,
      }));
      if (next === null) return got;
      const cpus = fitted(next.demand, next.pool === null ? CAPACITY : SMALL).cpus;
      all -= cpus;
      if (next.pool !== null) ofSmall -= cpus;
      got.push(`${next.run}${next.step}`);
    }
  }

  function mixed(run: string, pools: readonly (string | null)[], cpus = 1): RunQueue {
    const made = queue(run, []);
    for (const [step, pool] of pools.entries()) enqueue(made, { step, ...asks(cpus), pool });
    return made;
  }

  it("are held to that together, however much is free beside it", () => {
    expect(granted([mixed("a", ["small", "small", "small"])])).toEqual(["a0", "a1"]);
    expect(granted([mixed("a", ["small"]), mixed("b", ["small", "small"])])).toEqual(["a0", "b0"]);
  });

  it("keep nobody else waiting, however many of them wait in front", () => {
    const pools = [...Array(50).fill("small"), null, null];
    expect(granted([mixed("a", pools)])).toEqual(["a0", "a1", "a50", "a51"]);
  });

  it("have their turn in the order in which they became ready, also among others", () => {
    expect(granted([mixed("a", ["small", null, "small", null, null])])).toEqual([
      "a0",
      "a1",
      "a2",
      "a3",
    ]);
  });

  it("are cut to what it has", () => {
    expect(granted([mixed("a", ["small", "small", null], 9)], 4, 2)).toEqual(["a0"]);
    expect(granted([mixed("a", ["small", null], 2)])).toEqual(["a0", "a1"]);
  });

  it("do not starve by those of others that take what all share", () => {
    const large = mixed("a", ["small"], 2);
    const others = mixed("b", Array(100).fill(null));
    const got: string[] = [];
    for (;;) {
      // One cpu at a time comes free, which is too little.
      const one = granted([large, others], 1, 2);
      if (one.length === 0) break;
      got.push(...one);
    }
    expect(got.length).toBeLessThan(40);
    expect(granted([large, others], 2, 2)[0]).toBe("a0");
  });

  it("that wait for each other hold back their own kind alone", () => {
    const small = queue("a", []);
    for (const [step, cpus] of [2, ...Array(100).fill(1)].entries())
      enqueue(small, { step, ...asks(cpus), pool: "small" });
    const others = mixed("b", Array(200).fill(null));
    let ofSmall = 0;
    let ofOthers = 0;
    for (let turn = 0; turn < 200; turn += 1)
      for (const name of granted([small, others], 2, 1))
        if (name.startsWith("a")) ofSmall += 1;
        else ofOthers += 1;
    expect(ofSmall).toBeLessThan(40);
    expect(ofOthers).toBe(200);
    expect(granted([small, others], 2, 2)).toEqual(["a0"]);
  });
});

it("gives a queue back what waits in it, one or all", () => {
  const one = queue("a", [1, 1]);
  enqueue(one, { step: 7, ...asks(1), pool: "small" });
  dequeue(one, 1);
  dequeue(one, 9);
  expect(drain(one).map(({ step }) => step)).toEqual([0, 7]);
  expect(drain(one)).toEqual([]);
});

it("knows whose limits hold for a compute: its own, those of all that nobody names, or none", () => {
  const few = { cpus: 1, memoryBytes: 0, gpus: 0 };
  const supply = { capacity: CAPACITY, pools: { small: few, "*": few }, named: ["small", "big"] };
  expect(["small", "big", "other", "constructor"].map((name) => poolOf(supply, name))).toEqual([
    "small",
    null,
    "*",
    "*",
  ]);
  expect(poolOf({ ...supply, pools: {} }, "other")).toBeNull();
  expect([capacityIn(supply, "small"), capacityIn(supply, null)]).toEqual([few, CAPACITY]);
});
