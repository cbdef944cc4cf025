// One story from one seed: real core and engine over simulated ports, engines that crash, freeze and come back, and at
// the end the check of every invariant. The same seed gives the same story.

import { createEngine, type Engine } from "../../engine/engine.ts";
import type { NewRun, RecordStore } from "../../ports/records.ts";
import { createMemoryStore } from "../../records/memory.ts";
import { createChance } from "./chance.ts";
import { Crash, createFakePorts, type EngineLife } from "./fake-ports.ts";
import { removeSomething } from "./fake-removal.ts";
import { checkInvariants } from "./invariants.ts";
import { expectationOf, makeScenario, type ScenarioRun } from "./scenario.ts";
import { createWorld, cutPower, faultsAllowed, type Plant, type World } from "./world.ts";

export interface Story {
  readonly seed: number;
  readonly broken: readonly string[];
  readonly events: number;
  readonly faults: number;
}

/** A story that has not ended by then never will. */
const MAX_EVENTS = 20_000;

interface Stage {
  readonly world: World;
  readonly records: RecordStore;
  current: { readonly engine: Engine; readonly life: EngineLife } | null;
  /** Frozen engines that will wake up and try to go on. */
  readonly frozen: { readonly engine: Engine; readonly life: EngineLife }[];
  readonly submitted: ScenarioRun[];
  engines: number;
}

export async function simulate(
  seed: number,
  plant: Plant = "none",
  trace: World["trace"] = null,
): Promise<Story> {
  const chance = createChance(seed);
  const world = createWorld(chance, makeScenario(chance), plant, trace);
  const stage: Stage = {
    world,
    records: createMemoryStore(),
    current: null,
    frozen: [],
    submitted: [],
    engines: 0,
  };
  for (const run of world.scenario.runs) {
    world.later(run.submitAt, () => void submit(stage, run));
    if (run.cancelAt !== null) world.later(run.cancelAt, () => void cancel(stage, run));
  }
  try {
    await play(stage);
    await checkInvariants(world, stage.records, stage.submitted);
    if (world.broken.length === 0) await checkUnchanged(stage);
  } catch (error) {
    // The record itself refuses what no engine may write: two events of one number, one fingerprint twice in flight.
    world.break_("record", (error as Error).stack ?? String(error));
  }
  return { seed, broken: world.broken, events: world.events, faults: world.faults };
}

/** Lets time pass until everything submitted has ended. */
async function play(stage: Stage): Promise<void> {
  const { world } = stage;
  for (;;) {
    await tickAll(stage);
    if (await allEnded(stage)) return;
    if (world.events > MAX_EVENTS) return;
    if (!world.step()) world.later(20, () => {});
  }
}

async function tickAll(stage: Stage): Promise<void> {
  const { world } = stage;
  await removeSomething(world, stage.records);
  if (stage.current === null) await startEngine(stage);
  else if (faultsAllowed(world) && world.chance.happens(world.scenario.crash / 4))
    killEngine(stage);
  else if (faultsAllowed(world) && world.chance.happens(world.scenario.pause)) freezeEngine(stage);
  else if (faultsAllowed(world) && world.chance.happens(world.scenario.powerCut)) darken(stage);
  const { current } = stage;
  if (current !== null) await tick(stage, current);
  for (const frozen of [...stage.frozen])
    if (world.chance.happens(0.05)) {
      stage.frozen.splice(stage.frozen.indexOf(frozen), 1);
      await tick(stage, frozen);
    }
  await settle();
}

async function tick(
  stage: Stage,
  one: { readonly engine: Engine; readonly life: EngineLife },
): Promise<void> {
  try {
    const outcome = await one.engine.tick();
    if (outcome !== "fenced") return;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  one.life.alive = false;
  if (stage.current === one) stage.current = null;
}

/** Lets promises that are due come through. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

async function startEngine(stage: Stage): Promise<void> {
  const { world, records } = stage;
  stage.engines += 1;
  const life = { alive: true };
  const ports = createFakePorts(world, records, life, stage.engines);
  const outcome = await records.becomeEngine(ports.me, world.now, () => false);
  if (outcome.kind === "engine")
    stage.current = { engine: createEngine(ports, outcome, () => {}), life };
}

function killEngine(stage: Stage): void {
  if (stage.current === null) return;
  stage.world.faults += 1;
  stage.current.life.alive = false;
  stage.current = null;
}

/** As Ctrl-Z: it does nothing for a while, another takes over, then it wakes and believes nothing has happened. */
function freezeEngine(stage: Stage): void {
  if (stage.current === null) return;
  stage.world.faults += 1;
  stage.frozen.push(stage.current);
  stage.current = null;
}

/** A power cut: nothing that runs goes on, and nobody wakes up again. */
function darken(stage: Stage): void {
  if (stage.current !== null) stage.current.life.alive = false;
  for (const { life } of stage.frozen) life.alive = false;
  stage.current = null;
  stage.frozen.length = 0;
  cutPower(stage.world);
}

async function submit(stage: Stage, run: ScenarioRun): Promise<void> {
  if (faultsAllowed(stage.world)) await damageSomething(stage);
  if (stage.world.plant !== "drop-submit" || run.name !== "run-0")
    await stage.records.submit(newRunOf(run, stage.world.now));
  stage.submitted.push(run);
}

export function newRunOf(
  { name, plan, priority }: Pick<ScenarioRun, "name" | "plan" | "priority">,
  createdAt: number,
): NewRun {
  return {
    name,
    pipeline: "simulated",
    experiment: "simulated",
    displayName: null,
    description: null,
    tags: {},
    createdAt,
    priority,
    detached: true,
    owner: null,
    idempotencyKey: null,
    planId: `plan ${name}`,
    planBody: JSON.stringify(plan),
    steps: plan.graph.steps.length,
    documents: [],
    origin: { user: "", host: "", commandLine: [], workingFolder: "", file: null, git: [] },
  };
}

async function cancel({ records, world }: Stage, { name, kills }: ScenarioRun): Promise<void> {
  await records.request(name, "cancel", "simulated", world.now);
  if (kills) await records.request(name, "kill", "simulated", world.now);
}

/** Bytes of an earlier result are deleted behind the engine's back while nothing runs that reads them. */
async function damageSomething(stage: Stage): Promise<void> {
  const { world } = stage;
  const paths = [...world.captured.keys()];
  if (paths.length === 0 || !world.chance.happens(world.scenario.damage)) return;
  if ((await stage.records.openRuns()).length > 0) return;
  world.faults += 1;
  world.damaged.add(world.chance.pick(paths));
}

async function allEnded(stage: Stage): Promise<boolean> {
  const { records, world } = stage;
  if (stage.submitted.length < world.scenario.runs.length) return false;
  if ((await records.openRuns()).length > 0) return false;
  return [...world.processes.values()].every((process) => !process.alive) || world.plant !== "none";
}

/** I9: the first run that completed, submitted again, runs nothing. */
async function checkUnchanged(stage: Stage): Promise<void> {
  const { world } = stage;
  const run = stage.submitted.find(
    (one) => one.plan.options.force !== "all" && expectationOf(one.plan).status === "Completed",
  );
  const row = run === undefined ? null : await stage.records.run(run.name);
  const isWhole = world.damaged.size + world.removed.size === 0;
  if (run === undefined || row?.status !== "Completed" || !isWhole) return;
  world.now = Math.max(world.now, world.scenario.faultsUntil);
  const before = world.processes.size;
  await submit(stage, { ...run, name: "again", submitAt: world.now, cancelAt: null });
  await play(stage);
  if (world.processes.size > before)
    world.break_("I9", `${world.processes.size - before} steps of an unchanged run ran`);
}
