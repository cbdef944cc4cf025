// The engine's ports over a simulated world. File work takes virtual time and can be damaged; a commit checks that it
// points at synced bytes only.

import type { ContentId } from "../../core/content.ts";
import type { RunEvent } from "../../core/event.ts";
import type { OutputRecord } from "../../core/output.ts";
import { stepFacts } from "../../core/step-facts.ts";
import type { EnginePorts } from "../../engine/engine-ports.ts";
import type { Contents, Outcome } from "../../ports/contents.ts";
import type { CommitBatch, RecordStore } from "../../ports/records.ts";
import type { AttemptContext } from "../../ports/step-types.ts";
import { createFakeCheckpoints } from "./fake-checkpoints.ts";
import { checkRead, checkTakenOver, removeSomething } from "./fake-removal.ts";
import {
  createSimulatedCompute,
  faultsAllowed,
  isFull,
  outputOfProcess,
  type World,
} from "./world.ts";

/** Thrown at a crash point: the engine is gone from that instant. */
export class Crash extends Error {}

export interface EngineLife {
  alive: boolean;
}

export function createFakePorts(
  world: World,
  records: RecordStore,
  life: EngineLife,
  pid: number,
): EnginePorts {
  const isLive = (): boolean => life.alive;
  const bootId = world.plant === "forget-boot" ? "boot" : `boot ${world.boot}`;
  return {
    records: guarded(world, records),
    plans: {
      plan: async (id) => JSON.parse((await records.document(id)) ?? "null"),
      remember: () => {},
    },
    contents: createFakeContents(world, isLive),
    checkpoints: createFakeCheckpoints(world),
    environments: {
      identify: async () => ({
        ok: false,
        failure: { code: "unknown_environment", message: "", hint: null },
      }),
      none: () => {
        throw new Error("no step of the simulation is a transfer");
      },
      // Most are there already; one that is made takes longer than most cancels are waited for.
      build: () => {
        const value = { pathPrefix: [], variables: {}, python: null };
        const built = { ok: true, value, warnings: [] } as const;
        if (!faultsAllowed(world) || world.chance.happens(0.8)) return Promise.resolve(built);
        return new Promise((resolve) =>
          world.later(world.chance.whole(1, 60), () => isLive() && resolve(built)),
        );
      },
      changed: async () => null,
      abandon: () => {},
    },
    stepTypes: {
      order: (context) => orderOf(world, context),
      maskLog: () =>
        world.chance.happens(0.7)
          ? null
          : new Promise((resolve) =>
              world.later(
                world.chance.whole(0, 8),
                () => isLive() && resolve(fullOr(world, "done")),
              ),
            ),
      artifacts: () => [],
      logged: () => ({ metrics: {}, loggedParameters: {} }),
      collect: () => ({ metrics: {}, loggedParameters: {}, warnings: [] }),
    },
    fetchData: async () => null,
    shared: null,
    explainer: {
      earlier: async () => null,
      reason: async () => ({ kind: "never_ran", detail: "simulated" }),
    },
    space: {
      look: () => ({ folder: "disk", freeBytes: isFull(world) ? 0 : 2 ** 40, freeFiles: null }),
      hasRoom: async () => !isFull(world),
    },
    settler: {
      needed: () => false,
      settle: async () => [],
      sends: () => false,
      send: async () => [],
    },
    diagnose: () => ({ hint: null, location: null }),
    clock: { now: () => world.now, monotonic: () => world.now },
    random: {
      id: () => `a${world.chance.whole(0, 2 ** 30)}-${world.processes.size}-${world.events}`,
    },
    makeCompute: (epoch, listener) => createSimulatedCompute(world, epoch, listener, isLive),
    me: { host: "simulated", process: { bootId, pid, startTime: "0" } },
    isAlive: () => true,
    logPath: (run, step, attempt) => `${run}/${step}/${attempt}`,
    linkLog: () => {},
    attemptFolders: (id) => ({ folder: id, workFolder: id }),
    gpuNames: [],
    supply: {
      capacity: { cpus: world.scenario.cpus, memoryBytes: 0, gpus: 0 },
      pools:
        world.scenario.pooled && world.plant !== "no-pools"
          ? { small: { cpus: 1, memoryBytes: 0, gpus: 0 } }
          : {},
      named: ["small", "local"],
    },
    graceMs: 10,
    committed: () => {},
    runEnded: () => {},
    warn: () => {},
    crashPoint() {
      if (!faultsAllowed(world) || !world.chance.happens(world.scenario.crash)) return;
      world.faults += 1;
      life.alive = false;
      throw new Crash();
    },
  };
}

function orderOf(
  world: World,
  context: AttemptContext,
): ReturnType<EnginePorts["stepTypes"]["order"]> {
  const step = context.plan.graph.steps[context.index];
  if (step === undefined) return { code: "bug", message: "no step", hint: null };
  const inputs = Object.values(step.inputs).flatMap(({ source }) => {
    if (source.kind !== "step") return [];
    const record = context.outputOf(source.step, source.output);
    checkRead(world, record);
    return [record?.id ?? "missing"];
  });
  const facts = stepFacts(context.plan, context.index, context.outputOf);
  const forced = context.plan.options.force === "all";
  return {
    attemptId: context.attemptId,
    epoch: context.epoch,
    folder: context.attemptId,
    workFolder: context.attemptId,
    script: JSON.stringify({
      run: context.run,
      step,
      inputs,
      number: context.number,
      checkpoint: context.checkpoint ?? "",
      fingerprintKey: forced ? "" : (facts?.fingerprint ?? ""),
    }),
    shared: {},
    variables: {},
    processes: [{}],
    logPath: context.logPath,
    timeoutMs: null,
    graceMs: 10,
    memoryLimitBytes: null,
  };
}

function createFakeContents(world: World, isLive: () => boolean): Contents {
  /** Captured by this engine and not yet synced. */
  const mine = new Set<string>();
  const later = <T>(value: () => T): Promise<T> =>
    new Promise((resolve) =>
      world.later(world.chance.whole(0, 8), () => isLive() && resolve(value())),
    );
  const absent = async (): Promise<never> => {
    throw new Error("not part of the simulation");
  };
  return {
    identify: absent,
    identifyListed: absent,
    manifest: async () => null,
    holders: async () => [],
    verify: async (record) =>
      world.plant === "trust-damaged" ||
      (world.captured.has(record.path) && !world.damaged.has(record.path)),
    snapshot: absent,
    snapshotText: async () => null,
    ignored: () => null,
    leftBehind: () => null,
    stage: (order) =>
      later(() =>
        isFull(world)
          ? FULL
          : {
              ok: true,
              value: { folder: order.attemptId, workFolder: order.attemptId, outputs: {} },
              warnings: [],
            },
      ),
    capture: (order) =>
      later(() =>
        isFull(world)
          ? world.plant === "fail-when-full"
            ? LOST
            : FULL
          : capture(world, order.attemptId, `${order.run}/${order.step}`, mine),
      ),
    async makeDurable(whose) {
      if (world.plant === "no-sync") return;
      if (whose === "everyone's") for (const bytes of world.captured.values()) bytes.durable = true;
      else for (const path of mine) durable(world, path);
      mine.clear();
    },
    makeReadDurable: absent,
    makeTreeDurable: absent,
    publish: absent,
    keep: absent,
    kept: async () => null,
    inputPath: async (_attempt, _input, data) => data.path,
    inputHeld: async () => "held",
    firstChanged: () => null,
    discard: () => {},
    close: async () => {},
  };
}

function durable(world: World, path: string): void {
  const bytes = world.captured.get(path);
  if (bytes !== undefined) bytes.durable = true;
}

const LOST: Outcome<never> = {
  ok: false,
  failure: { code: "missing_output", message: "the disk is full", hint: null },
};

const FULL: Outcome<never> = {
  ok: false,
  failure: { code: "disk_full", message: "the disk is full", hint: null },
};

function fullOr<T>(world: World, outcome: T): T | "disk_full" {
  return isFull(world) ? "disk_full" : outcome;
}

function capture(
  world: World,
  attemptId: string,
  place: string,
  unsynced: Set<string>,
): Outcome<{ outputs: Record<string, OutputRecord>; artifacts: null }> {
  const id = outputOfProcess(world, attemptId);
  if (id === null)
    return {
      ok: false,
      failure: { code: "missing_output", message: "no such attempt", hint: null },
    };
  const path = `${place}/${attemptId}/out`;
  unsynced.add(path);
  world.captured.set(path, { id, durable: world.captured.get(path)?.durable ?? false });
  const record: OutputRecord = {
    type: "uri_file",
    path,
    kind: "file",
    id: id as ContentId,
    sizeBytes: 1,
    files: 1,
    seal: id,
  };
  return { ok: true, value: { outputs: { out: record }, artifacts: null }, warnings: [] };
}

/** Watches commits for what no record may say, and plants mistakes into them when asked to. */
function guarded(world: World, records: RecordStore): RecordStore {
  return {
    ...records,
    async commit(batch) {
      if (isFull(world)) return world.plant === "lose-when-full" ? "done" : "disk_full";
      await removeSomething(world, records);
      for (const update of batch.updates)
        for (const event of update.events) {
          world.trace?.(`${world.now} epoch ${batch.epoch} ${update.run} ${JSON.stringify(event)}`);
          if (event.kind === "steps_reused") await checkWhole(world, records, event);
        }
      if (world.plant === "no-fence") {
        const engine = await records.engine();
        return records.commit({ ...batch, epoch: engine?.epoch ?? batch.epoch });
      }
      const outcome = await records.commit(world.plant === "none" ? batch : planted(world, batch));
      if (outcome !== "done") return outcome;
      await checkTakenOver(world, records, batch);
      noteOutputs(world, batch);
      return outcome;
    },
    async newestUsable(fingerprints) {
      const found = await records.newestUsable(fingerprints);
      return world.plant === "forget-result" ? new Map() : found;
    },
  };
}

/** I8: a commit that lasts speaks of no bytes that do not, nor does anything that was recorded before it. */
function noteOutputs(world: World, batch: CommitBatch): void {
  for (const update of batch.updates)
    for (const event of update.events) {
      const path = event.kind === "step_completed" ? event.result.outputs.out?.path : undefined;
      if (path !== undefined) world.spokenOf.add(path);
    }
  if (!batch.lasting) return;
  for (const path of world.spokenOf)
    if (world.captured.get(path)?.durable !== true)
      world.break_("I8", `recorded before it was synced: ${path}`);
  world.spokenOf.clear();
}

/** I8: nothing is reused but what is there unaltered. */
async function checkWhole(
  world: World,
  records: RecordStore,
  event: Extract<RunEvent, { kind: "steps_reused" }>,
): Promise<void> {
  for (const group of event.from)
    for (const seq of group.results) {
      const path = (await records.resultsAt([{ run: group.run, seq }]))[0]?.result.outputs.out
        ?.path;
      if (path !== undefined && world.damaged.has(path))
        world.break_("I8", `reused although it was damaged: ${path}`);
    }
}

function planted(world: World, batch: CommitBatch): CommitBatch {
  const change = (events: CommitBatch["updates"][number]["events"]): typeof events => {
    if (world.plant === "lose-run-end")
      return events.map((event) =>
        event.kind === "run_ended" ? { kind: "warned", at: event.at, message: "lost" } : event,
      );
    if (world.plant === "revive-ended")
      return events.some((event) => event.kind === "run_ended")
        ? [...events, { kind: "warned", at: world.now, message: "after the end" }]
        : events;
    return events;
  };
  return {
    ...batch,
    updates: batch.updates.map((update) => ({ ...update, events: change(update.events) })),
  };
}
