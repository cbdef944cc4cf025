// The engine: one tick takes what has been reported, lets the core decide, commits once, and only then acts. It has no
// time or chance of its own; whoever drives it calls `tick` when there is work or when `wakeAt` has come.

import { enqueue } from "../core/schedule.ts";
import type { CommitBatch, CommitOutcome, EngineRequest, RunUpdate } from "../ports/records.ts";
import { emit, poolOfStep, takeUpdate } from "./active-run.ts";
import { cancelRun, cancelsAfterCommit } from "./cancel.ts";
import { closeCheckpoints } from "./checkpoints.ts";
import { commitNeed } from "./commit-need.ts";
import { decideReady, type Wanted } from "./decide.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { type EngineState, wantedKey } from "./engine-state.ts";
import { type Flight, type Message, startFlight } from "./flight.ts";
import { grant, withdraw } from "./grant.ts";
import { isLeaving } from "./leave.ts";
import { receive } from "./receive.ts";
import { recoverRun } from "./recover.ts";
import { makeLookAhead, makeSlots } from "./slots.ts";
import { lookForSpace, noSpaceWait, waitForSpace } from "./space-wait.ts";

export interface Engine {
  readonly state: EngineState;
  /** One round. "fenced": another engine has taken over; this one must not be ticked again. */
  tick(): Promise<"worked" | "idle" | "fenced">;
  /** Milliseconds since 1970 at which a delayed retry is due, or null. */
  wakeAt(): number | null;
  /** Stops watching; what runs goes on and can be adopted. */
  close(): Promise<void>;
}

/** What others write into the record is looked for no more often than this. */
export const LOOK_MS = 10;

/** How this process became the engine. */
export interface Taken {
  readonly epoch: number;
  /** See `RecordStore.becomeEngine`. */
  readonly inherits: boolean;
}

export function createEngine(
  ports: EnginePorts,
  { epoch, inherits }: Taken,
  onMessage: () => void,
): Engine {
  const post = (message: Message): void => {
    state.inbox.push(message);
    onMessage();
  };
  const state: EngineState = {
    ports,
    epoch,
    compute: ports.makeCompute(epoch, (report) => post({ kind: "compute", report })),
    runs: new Map(),
    unreadable: new Map(),
    endings: [],
    flights: new Map(),
    inFlight: new Map(),
    wanted: new Map(),
    slots: makeSlots(ports.supply, ports.gpuNames),
    lookAhead: makeLookAhead(ports.supply.capacity),
    lookedUp: new Set(),
    fresh: new Map(),
    inbox: [],
    preImages: [],
    damaged: [],
    cancels: new Set(),
    kills: new Set(),
    spent: [],
    waitingSince: null,
    fleetingSince: inherits ? ports.clock.monotonic() : null,
    unsynced: inherits ? "everyone's" : "nothing",
    space: noSpaceWait(),
    isLeaving: false,
    leavesWith: null,
    post,
  };
  let seenChanges: number | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  const freshRound = async (): Promise<"worked" | "idle" | "fenced"> => {
    const now = ports.clock.monotonic();
    const isTime = now - lookedAt >= LOOK_MS;
    if (isTime) lookedAt = now;
    const changes = isTime ? ports.records.changes() : seenChanges;
    const news = changes !== seenChanges;
    // A frozen engine that wakes must not touch runs that another has taken over.
    const lease = news ? await renewLease(ports, epoch) : "done";
    if (lease === "disk_full") waitForSpace(state, "workspace");
    if (lease !== "done") return lease === "fenced" ? lease : "idle";
    const requests = news ? await ports.records.requests() : [];
    if (news) await takeUpRuns(state);
    seenChanges = changes;
    return round(state, requests);
  };
  return {
    state,
    async tick() {
      if (closed) return "fenced";
      const hasRoom = await lookForSpace(state);
      if (state.space.unsaved !== null && !hasRoom) return "idle";
      const outcome = state.space.unsaved === null ? await freshRound() : await save(state);
      closed ||= outcome === "fenced";
      return outcome;
    },
    wakeAt: () => earliestRetry(state),
    async close() {
      closed = true;
      await state.compute.close();
    },
  };
}

/** A commit of nothing: says that this engine lives, and learns whether it is still the engine. */
export function renewLease(
  ports: Pick<EnginePorts, "records" | "clock">,
  epoch: number,
): Promise<CommitOutcome> {
  const at = ports.clock.now();
  const nothing = { updates: [], preImages: [], damaged: [], handledRequests: [] };
  return ports.records.commit({ epoch, at, lasting: false, ...nothing });
}

async function round(
  state: EngineState,
  requests: readonly EngineRequest[],
): Promise<"worked" | "idle" | "fenced"> {
  const messages = state.inbox;
  state.inbox = [];
  const over = endedIn(messages);
  // A start that is told together with its end says nothing that the end does not.
  for (const message of messages)
    if (!(isStart(message) && over.has(message.report.attemptId))) await receive(state, message);
  for (const request of requests) cancelRun(state, request);
  startRuns(state);
  releaseRetries(state);
  withdraw(state);
  if (!isLeaving(state)) await decideAll(state);
  const launches = isLeaving(state) ? [] : await grant(state);
  cancelsAfterCommit(state);
  const batch = takeBatch(state, requests);
  if (batch !== null) {
    state.space.unsaved = { batch, launches };
    return save(state);
  }
  act(state, launches);
  return messages.length > 0 ? "worked" : "idle";
}

/** What was decided is carried out only once it is durable. */
async function save(state: EngineState): Promise<"worked" | "idle" | "fenced"> {
  if (state.space.unsaved === null) return "idle";
  const { batch, launches } = state.space.unsaved;
  const outcome = await commit(state, batch);
  // What this engine holds in memory counts on outputs that are gone: another begins anew from the record.
  if (outcome === "fenced" || outcome === "removed") return "fenced";
  if (outcome === "disk_full") {
    waitForSpace(state, "workspace");
    return "idle";
  }
  state.space.unsaved = null;
  act(state, launches);
  return "worked";
}

function act(state: EngineState, launches: readonly Flight[]): void {
  for (const flight of launches) startFlight(state, flight);
  for (const attemptId of state.cancels) state.compute.cancel(attemptId);
  state.cancels.clear();
  for (const attemptId of state.kills) state.compute.kill(attemptId);
  state.kills.clear();
  dropEnded(state);
}

type Start = Extract<Message, { kind: "compute" }>;

function isStart(message: Message): message is Start {
  return message.kind === "compute" && message.report.kind === "started";
}

function endedIn(messages: readonly Message[]): ReadonlySet<string> {
  const ended = new Set<string>();
  for (const message of messages)
    if (message.kind === "compute" && message.report.kind === "ended")
      ended.add(message.report.attemptId);
  return ended;
}

/** Runs submitted or resumed since the last look, and owners that came or went. */
async function takeUpRuns(state: EngineState): Promise<void> {
  const { records } = state.ports;
  for (const row of await records.openRuns()) {
    const known = state.runs.get(row.name);
    if (known !== undefined) known.row = row;
    else if (!state.unreadable.has(row.name)) await recoverRun(state, row);
  }
  refreshPermissions(state);
}

/** A run may go on while its owner lives or when it was submitted detached. */
export function refreshPermissions(state: EngineState): void {
  for (const run of state.runs.values()) {
    const { detached, owner } = run.row;
    run.mayStart = detached || (owner !== null && state.ports.isAlive(owner));
    run.queue.priority = run.row.priority;
  }
}

function startRuns(state: EngineState): void {
  for (const run of state.runs.values())
    if (run.mayStart && run.state.status === "Queued")
      emit(run, { kind: "run_started", at: state.ports.clock.now() });
}

/** Every ready step, again and again while reuse makes further steps ready. */
async function decideAll(state: EngineState): Promise<void> {
  for (;;) {
    const runs = [...state.runs.values()].filter(
      (run) => run.mayStart && run.state.ready.length > 0,
    );
    if (runs.length === 0) return;
    const decisions = await decideReady(state.ports, runs, state);
    state.damaged.push(...decisions.damaged);
    for (const wanted of decisions.wanted) queueUp(state, wanted);
  }
}

function queueUp(state: EngineState, wanted: Wanted): void {
  const { run, step } = wanted;
  state.wanted.set(wantedKey(run.row.name, step), wanted);
  const demand = run.plan.steps[step]?.demand ?? { cpus: 1, memoryBytes: 0, gpus: 0 };
  const pool = poolOfStep(state.ports, run, step);
  enqueue(run.queue, { step, demand, pool });
}

function releaseRetries(state: EngineState): void {
  const now = state.ports.clock.now();
  for (const run of state.runs.values()) {
    if (run.state.retrying.size === 0) continue;
    for (const step of run.state.retrying) {
      const left = (run.state.steps[step]?.retryAt ?? 0) - now;
      const delay = (run.plan.graph.steps[step]?.retry.delaySeconds ?? 0) * 1000;
      // More is left than there was to wait: the clock was set back meanwhile.
      if (left > 0 && left <= delay) continue;
      run.state.retrying.delete(step);
      run.state.ready.push(step);
    }
  }
}

function earliestRetry(state: EngineState): number | null {
  let earliest: number | null = null;
  for (const run of state.runs.values())
    for (const step of run.state.retrying) {
      const at = run.state.steps[step]?.retryAt ?? null;
      if (at !== null && (earliest === null || at < earliest)) earliest = at;
    }
  return earliest;
}

/** Null when nothing has to be recorded yet. */
function takeBatch(state: EngineState, requests: readonly EngineRequest[]): CommitBatch | null {
  const { preImages, damaged, epoch, ports } = state;
  const isAsked = requests.length + damaged.length > 0;
  const need = isAsked ? "lasting" : commitNeed(state, ports.clock.monotonic());
  if (need === "none") return null;
  state.waitingSince = null;
  state.preImages = [];
  state.damaged = [];
  const updates = takeUpdates(state);
  const handledRequests = requests.map((request) => request.id);
  const lasting = need === "lasting";
  return { epoch, at: ports.clock.now(), lasting, updates, preImages, damaged, handledRequests };
}

async function commit(state: EngineState, batch: CommitBatch): Promise<CommitOutcome> {
  const { ports } = state;
  ports.crashPoint("before-sync");
  // A commit that lasts must never point at bytes that do not, its own or those of the commits before it.
  if (batch.lasting && state.unsynced !== "nothing") {
    await ports.contents.makeDurable(state.unsynced);
    state.unsynced = "nothing";
  }
  ports.crashPoint("before-commit");
  const outcome = await ports.records.commit({ ...batch, at: ports.clock.now() });
  if (outcome === "done") {
    closeCheckpoints(state);
    state.fresh.clear();
    state.fleetingSince = batch.lasting ? null : (state.fleetingSince ?? ports.clock.monotonic());
  }
  ports.crashPoint("after-commit");
  if (outcome === "done") ports.committed(batch.updates);
  return outcome;
}

function takeUpdates(state: EngineState): RunUpdate[] {
  const updates = state.endings;
  state.endings = [];
  for (const run of state.runs.values()) {
    const update = takeUpdate(run);
    if (update !== null) updates.push(update);
  }
  return updates;
}

function dropEnded(state: EngineState): void {
  for (const [name, run] of state.runs) {
    if (run.state.endedAt === null || run.pending.length > 0) continue;
    state.runs.delete(name);
    const goesOn = [...state.flights.values()].some((flight) => flight.heirTo.includes(name));
    if (!goesOn) state.ports.runEnded(name);
  }
}
