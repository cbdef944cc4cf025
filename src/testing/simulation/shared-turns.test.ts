import { beforeEach, describe, expect, it } from "vitest";
import type { Plan } from "../../core/plan.ts";
import { createEngine, type Engine } from "../../engine/engine.ts";
import type { RecordStore } from "../../ports/records.ts";
import { createMemoryStore } from "../../records/memory.ts";
import { createChance } from "./chance.ts";
import { createFakePorts } from "./fake-ports.ts";
import { independentSteps, type Scenario } from "./scenario.ts";
import { newRunOf } from "./simulate.ts";
import { createWorld, type World } from "./world.ts";

// Work that two runs need: whose turn comes first does it. One cpu or two, no faults; steps so long that none is handed out ahead of its slot.

const STEPS = 6;
const LAST = `s${STEPS - 1}`;

let world: World;
let records: RecordStore;
let engine: Engine;
/** Steps of which it was asked why they run. */
let asked: string[];

beforeEach(() => begin(1));

async function begin(cpus: number): Promise<void> {
  const nothing = { crash: 0, pause: 0, powerCut: 0, repeat: 0, lose: 0, damage: 0, remove: 0 };
  const full = { from: 0, until: 0 };
  const scenario: Scenario = { ...nothing, runs: [], cpus, pooled: false, faultsUntil: 0, full };
  world = createWorld(createChance(1), scenario, "none");
  records = createMemoryStore();
  const { explainer, ...others } = createFakePorts(world, records, { alive: true }, 1);
  asked = [];
  const reason: typeof explainer.reason = (run, plan, step, facts) => {
    asked.push(`${run} ${plan.graph.steps[step]?.path}`);
    return explainer.reason(run, plan, step, facts);
  };
  const ports = { ...others, explainer: { ...explainer, reason } };
  const taken = await records.becomeEngine(ports.me, 0, () => false);
  if (taken.kind !== "engine") throw new Error("there is another engine");
  engine = createEngine(ports, taken, () => {});
}

/** `all`, or only the last of the same steps. */
async function submit(
  name: string,
  what: "all" | "last",
  priority = 0,
  force: "all" | readonly string[] = [],
): Promise<void> {
  const behaviour = { durationMs: 400, failsUntil: 0, collapses: false };
  const plan = independentSteps(Array.from({ length: STEPS }, () => behaviour));
  const steps = (list: readonly unknown[]): unknown[] =>
    what === "all" ? [...list] : list.slice(-1);
  const graph = { ...plan.graph, steps: steps(plan.graph.steps) };
  const options = { ...plan.options, force };
  const part = { ...plan, graph, steps: steps(plan.steps), options } as Plan;
  await records.submit(newRunOf({ name, plan: part, priority }, world.now));
}

/** Lets time pass until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2000; turn += 1) {
    await engine.tick();
    for (let settling = 0; settling < 12; settling += 1) await Promise.resolve();
    if (await isSo()) return;
    // In small steps: a request is seen while the work goes on.
    world.later(20, () => {});
    world.step();
  }
  expect.unreachable("it never came to it");
}

const hasEnded = (name: string) => async (): Promise<boolean> =>
  (await records.run(name))?.endedAt != null;

const hasStarted = (name: string) => async (): Promise<boolean> =>
  [...world.processes.values()].some((one) => one.run === name && one.alive);

const ran = (): readonly string[] =>
  [...world.processes.values()].map(({ run, step }) => `${run} ${step.path}`);

describe("work that waits in the queue of one run and is needed by another", () => {
  it("starts when the turn of the run of higher priority comes, and is done once", async () => {
    await submit("low", "all");
    await until(hasStarted("low"));
    await submit("high", "last", 10);
    await until(hasEnded("high"));
    expect(ran().slice(0, 2)).toEqual(["low s0", `high ${LAST}`]);
    await until(hasEnded("low"));
    const others = ["low s0", "low s1", "low s2", "low s3", "low s4"];
    expect(ran().toSorted()).toEqual([`high ${LAST}`, ...others]);
    expect((await records.run("low"))?.status).toBe("Completed");
  });

  it("does not wait behind the other steps of a run that came earlier and holds slots", async () => {
    await begin(2);
    await submit("wide", "all");
    await until(hasStarted("wide"));
    await submit("narrow", "last");
    await until(hasEnded("narrow"));
    expect(ran()).toContain(`narrow ${LAST}`);
    expect((await records.run("wide"))?.endedAt).toBeNull();
  });

  it("is done by the run that waited when the other is cancelled before its turn, and the other way round", async () => {
    await submit("low", "all");
    await until(hasStarted("low"));
    await submit("first", "last", -1);
    await submit("second", "last", -1);
    await until(async () => (await records.run("second"))?.status === "Running");
    await records.request("low", "cancel", "somebody", world.now);
    await records.request("first", "cancel", "somebody", world.now);
    await until(hasEnded("second"));
    expect(ran().filter((one) => one.endsWith(LAST))).toEqual([`second ${LAST}`]);
    const statuses = ["low", "first", "second"].map(
      async (name) => (await records.run(name))?.status,
    );
    expect(await Promise.all(statuses)).toEqual(["Canceled", "Canceled", "Completed"]);
  });
});

describe("work that one run was told to do anew", () => {
  it("is done for another run too that needs it meanwhile", async () => {
    await submit("forced", "last", 0, "all");
    await until(hasStarted("forced"));
    await submit("other", "last");
    await until(hasEnded("other"));
    expect(ran()).toEqual([`forced ${LAST}`]);
    expect((await records.run("other"))?.status).toBe("Completed");
  });

  it("is done for one that had queued it before, when its turn comes first", async () => {
    await submit("busy", "all");
    await until(hasStarted("busy"));
    await submit("other", "last");
    await until(async () => (await records.run("other"))?.status === "Running");
    await submit("forced", "last", 10, "all");
    await until(hasEnded("other"));
    await until(hasEnded("busy"));
    expect(ran().filter((one) => one.endsWith(LAST))).toEqual([`forced ${LAST}`]);
  });

  it("goes on for the other when its own run is cancelled", async () => {
    await submit("forced", "last", 0, "all");
    await until(hasStarted("forced"));
    await submit("other", "last");
    await until(async () => (await records.run("other"))?.status === "Running");
    await records.request("forced", "cancel", "somebody", world.now);
    await until(hasEnded("other"));
    expect(ran()).toEqual([`forced ${LAST}`]);
    expect((await records.run("forced"))?.status).toBe("Canceled");
    expect((await records.run("other"))?.status).toBe("Completed");
  });

  it("is not taken from another run, which does the same at that time", async () => {
    await submit("other", "last");
    await until(hasStarted("other"));
    await submit("forced", "last", 0, "all");
    await until(hasEnded("forced"));
    expect(ran()).toEqual([`other ${LAST}`, `forced ${LAST}`]);
    expect((await records.run("other"))?.status).toBe("Completed");
  });
});

it("is asked why it runs when its turn comes: of many that wait, most may never run", async () => {
  await submit("only", "all");
  await until(hasStarted("only"));
  expect(asked).toEqual(["only s0"]);
  await records.request("only", "cancel", "somebody", world.now);
  await until(hasEnded("only"));
  expect(asked).toEqual(["only s0"]);
});
