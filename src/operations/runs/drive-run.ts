// Sees a run through to its end: becomes the workspace's engine when nobody else is, else follows the engine that is,
// ready to take over. One loop serves `run`, `rerun`, `--resume` and the detached engine.

import { isDeepStrictEqual } from "node:util";
import { type RunEvent, readable } from "../../core/event.ts";
import { isEndedRun } from "../../core/status.ts";
import {
  createEngine,
  type Engine,
  LOOK_MS,
  refreshPermissions,
  renewLease,
  type Taken,
} from "../../engine/engine.ts";
import type { EnginePorts } from "../../engine/engine-ports.ts";
import { mayLeave } from "../../engine/leave.ts";
import { mayWait } from "../../engine/patience.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EngineRow, RecordStore, RunUpdate } from "../../ports/records.ts";
import { workSteadily } from "../heap-growth.ts";
import { throwIfUnseen } from "../unseen-processes.ts";
import type { Workspace } from "../workspace.ts";
import { throwIfGone } from "../workspace-gone.ts";
import { keepOthersGoing } from "./detached-engine.ts";
import {
  createFarewellNotice,
  createSpaceNotices,
  createStillnessNotice,
  type SpaceNotices,
} from "./drive-notices.ts";
import { createNotifier, type Notifier } from "./notify.ts";
import { takeUp } from "./resume-run.ts";
import { createSharer, type Sharer } from "./share-runs.ts";

export interface DriveOptions {
  /** The run to see through, or null: until no run of the workspace may go on. */
  readonly run: string | null;
  /** Who is told of each event of the run, in order, behind the last one that is known already. */
  readonly follow: {
    readonly after: number;
    readonly onEvents: (events: readonly RunEvent[]) => void;
  } | null;
  /** With `run: null`: asked after each round; true ends it, whatever is left to do, and nothing else does. */
  readonly enough?: () => boolean;
  /** Told once that the run waits for space on a full disk, and once that it goes on. */
  readonly onNotice: (line: string) => void;
  /** The run has its end; only those who are being told of it still keep us. */
  readonly onEnd?: () => void;
}

/** How often another process's commits are looked for. */
const POLL_MS = 100;
/** How often a process without the engine row tries to get it. */
const CANDIDATE_MS = 500;
/** How long what short steps report may wait for more of its kind. */
const GATHER_MS = 50;
/** So long a process that is done waits for steps of others that it has begun and not started: they would be told as lost. */
const BEGUN_MS = 5_000;
/** How often the owners of runs are checked and the lease renewed. */
const UPKEEP_MS = 2_000;

/**
 * Resolves when the run has an end (or, with `run: null`, when there is nothing left to do). "held", with `run: null` only:
 * another process is the engine.
 */
export async function driveRun(
  workspace: Workspace,
  options: DriveOptions,
): Promise<"done" | "held"> {
  throwIfUnseen(workspace);
  const notifier = createNotifier(workspace, options.onNotice);
  const sharer = createSharer(workspace, options.onNotice);
  const outcome = await takePart(workspace, options, { notifier, sharer });
  // Nobody would find the end that is about to be told.
  throwIfGone(workspace);
  options.onEnd?.();
  await Promise.all([notifier.settled(), sharer.settled()]);
  // Whoever was the engine for one run was it for all of them.
  if (options.run !== null) await keepOthersGoing(workspace);
  return outcome;
}

async function takePart(
  workspace: Workspace,
  options: DriveOptions,
  ends: Ends,
): Promise<"done" | "held"> {
  const follower = createFollower(workspace, options);
  const space = createSpaceNotices(workspace, options.onNotice);
  const stillness = createStillnessNotice(workspace.clock, options.onNotice);
  for (;;) {
    await standIn(workspace, options.run);
    const taken = await tryToBecomeEngine(workspace);
    if (taken === "disk_full") space.tell("workspace");
    else if (!("by" in taken)) {
      const outcome = await beEngine(workspace, taken, { options, follower, space, ends });
      if (outcome === "done") return outcome;
      if (outcome === "anew") continue;
    } else if (options.run === null) return "held";
    else stillness.look(taken.by);
    throwIfGone(workspace);
    if (await follower.ended()) return "done";
    await follower.waitAWhile();
  }
}

/** Whoever sees a run through takes the place of its owner when that one is gone: else nobody may start its next step. */
async function standIn(workspace: Workspace, run: string | null): Promise<void> {
  const row = run === null ? null : await workspace.records.run(run);
  if (row !== null) await takeUp(workspace, row, null);
}

type Held = Extract<Awaited<ReturnType<RecordStore["becomeEngine"]>>, { kind: "held" }>;

async function tryToBecomeEngine(workspace: Workspace): Promise<Taken | Held | "disk_full"> {
  const { records, process: processes, clock } = workspace;
  const me = { host: workspace.processHost, process: workspace.self() };
  const isAlive = (row: EngineRow): boolean =>
    row.host === workspace.processHost ? processes.isAlive(row.process) : true;
  const newest = workspace.newestEpoch();
  const outcome = await records.becomeEngine(me, clock.now(), isAlive, newest);
  return outcome.kind === "disk_full" ? outcome.kind : outcome;
}

interface Follower {
  /** Hands newly recorded events on, as they stand in the record. */
  catchUp(): Promise<void>;
  /** The same, for what this very process has just recorded. */
  take(updates: readonly RunUpdate[]): void;
  ended(): Promise<boolean>;
  waitAWhile(): Promise<void>;
}

function createFollower(workspace: Workspace, options: DriveOptions): Follower {
  const { run: followed, follow } = options;
  let seen = follow?.after ?? 0;
  const catchUp = async (): Promise<void> => {
    if (followed === null || follow === null) return;
    const events = await workspace.records.events(followed, seen);
    seen += events.length;
    if (events.length > 0) follow.onEvents(readable(events));
  };
  return {
    catchUp,
    take(updates) {
      for (const { run, firstSeq, events } of updates) {
        // A gap is for `catchUp`: somebody else has written what comes before.
        if (run !== followed || firstSeq !== seen + 1) continue;
        seen += events.length;
        follow?.onEvents(events);
      }
    },
    async ended() {
      if (options.run === null) return false;
      await catchUp();
      const row = await workspace.records.run(options.run);
      return row === null || isEndedRun(row.status);
    },
    async waitAWhile() {
      for (let waited = 0; waited < CANDIDATE_MS; waited += POLL_MS) {
        await sleep(POLL_MS);
        await catchUp();
      }
    },
  };
}

interface Seat {
  readonly options: DriveOptions;
  readonly follower: Follower;
  readonly space: SpaceNotices;
  readonly ends: Ends;
}

/** Who is told of runs that have ended. */
interface Ends {
  readonly notifier: Notifier;
  readonly sharer: Sharer;
}

async function beEngine(
  workspace: Workspace,
  taken: Taken,
  { options, follower, space, ends }: Seat,
): Promise<"done" | "fenced" | "anew"> {
  const alarm = createAlarm();
  const { epoch } = taken;
  const committed = (updates: readonly RunUpdate[]): void => {
    if (updates.some(startsSteps)) workSteadily();
    follower.take(updates);
    ends.notifier.committed(updates);
    ends.sharer.committed(updates);
  };
  const ports = workspace.enginePorts({ committed });
  const engine = createEngine(ports, taken, alarm.ring);
  engine.state.leavesWith = options.run;
  await follower.catchUp();
  await ends.notifier.sweep();
  await ends.sharer.sweep();
  const limits = watchLimits(workspace, ports);
  const farewell = createFarewellNotice(workspace.clock, options.onNotice);
  let upkeep = workspace.clock.monotonic();
  let leaves: "done" | "anew" | null = null;
  let leavesAt = Number.POSITIVE_INFINITY;
  try {
    for (;;) {
      if (limits.areOthers()) leaves ??= "anew";
      engine.state.isLeaving = leaves !== null;
      const outcome = await engine.tick();
      space.tell(engine.state.space.place);
      if (outcome === "fenced") return "fenced";
      if (options.enough?.() || (await isDone(workspace, engine, options))) leaves = "done";
      const now = workspace.clock.monotonic();
      if (leaves !== null) leavesAt = Math.min(leavesAt, now);
      const how = leaves === "done" && now - leavesAt > BEGUN_MS ? "at once" : "in order";
      if (leaves !== null && mayLeave(engine.state, how)) return leaves;
      if (leaves === "done") farewell.look(engine.state);
      if (outcome === "idle") await alarm.wait(pause(workspace, engine));
      if (leaves === null) await gatherReports(engine, alarm, workspace.clock);
      if (workspace.clock.monotonic() - upkeep < UPKEEP_MS) continue;
      upkeep = workspace.clock.monotonic();
      throwIfGone(workspace);
      await standIn(workspace, options.run);
      refreshPermissions(engine.state);
      if ((await renewLease(workspace, epoch)) === "fenced") return "fenced";
    }
  } catch (error) {
    // What fails in a workspace that is gone fails because of that.
    throwIfGone(workspace);
    throw error;
  } finally {
    await leave(workspace, engine, follower);
  }
}

/** So long a supervisor may take to hear of a cancel: of one that was moved, the next engine learns that it was stopped. */
const HEARD_MS = 200;

/** What runs goes on for the next engine, unless there can be none. */
async function leave(workspace: Workspace, engine: Engine, follower: Follower): Promise<void> {
  const { state } = engine;
  if (workspace.records.isGone()) {
    const attempts = [...state.flights.keys()];
    for (const attemptId of attempts) state.compute.cancel(attemptId);
    await sleep(HEARD_MS);
    for (const attemptId of attempts) state.compute.kill(attemptId);
    return engine.close();
  }
  await follower.catchUp();
  await engine.close();
  await workspace.records.releaseEngine(state.epoch);
}

/** With other limits than it began with, it is another engine: what runs goes on. Looked for as often as for new runs. */
function watchLimits({ clock, supply: read }: Workspace, { supply }: EnginePorts) {
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    areOthers(): boolean {
      const at = clock.monotonic();
      if (at - lookedAt < LOOK_MS) return false;
      lookedAt = at;
      const now = read();
      return now !== supply && !isDeepStrictEqual(now, supply);
    },
  };
}

function startsSteps({ events }: RunUpdate): boolean {
  return events.some((event) => event.kind === "attempt_created");
}

/** Short steps end one by one: several of them are taken up in one round, as long as none of them is waited for. */
async function gatherReports(engine: Engine, alarm: Alarm, clock: Clock): Promise<void> {
  const until = clock.monotonic() + GATHER_MS;
  for (let left = GATHER_MS; left > 0 && mayWait(engine.state); left = until - clock.monotonic())
    await alarm.wait(left);
}

/** Milliseconds until there may be something to do without a message. */
function pause(workspace: Workspace, engine: Engine): number {
  const wakeAt = engine.wakeAt();
  const untilRetry = wakeAt === null ? POLL_MS : Math.max(1, wakeAt - workspace.clock.now());
  return Math.min(POLL_MS, untilRetry);
}

async function isDone(
  workspace: Workspace,
  engine: Engine,
  { run, enough }: Pick<DriveOptions, "run" | "enough">,
): Promise<boolean> {
  if (run !== null) return !engine.state.runs.has(run) && (await hasEnd(workspace, run));
  if (enough !== undefined) return false;
  const active = [...engine.state.runs.values()];
  return engine.state.flights.size === 0 && active.every((other) => !other.mayStart);
}

async function hasEnd(workspace: Workspace, run: string): Promise<boolean> {
  const row = await workspace.records.run(run);
  return row === null || isEndedRun(row.status);
}

interface Alarm {
  readonly ring: () => void;
  wait(milliseconds: number): Promise<void>;
}

/** A sleep that a message ends early. */
function createAlarm(): Alarm {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(milliseconds) {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      wake = null;
      rung = false;
    },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
