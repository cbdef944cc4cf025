// Follows a run to its end in front of a person or a script: progress, Ctrl-C, the summary, the exit code. Also the two
// other ways to start: handing over to a detached engine, and resuming.

import fs from "node:fs";
import path from "node:path";
import type { RunEvent } from "../core/event.ts";
import { isEndedRun, type RunStatus } from "../core/status.ts";
import { followRun } from "../operations/recorded/follow-run.ts";
import {
  type FollowedRun,
  followed,
  type RecordedRun,
  readEnd,
  readRun,
} from "../operations/recorded/read-run.ts";
import { runView } from "../operations/recorded/run-view.ts";
import { isRefusal, type Refusal, refuse } from "../operations/refusal.ts";
import { keepOthersGoing, startDetachedEngine } from "../operations/runs/detached-engine.ts";
import { driveRun } from "../operations/runs/drive-run.ts";
import { takeUp } from "../operations/runs/resume-run.ts";
import { places, type Workspace } from "../operations/workspace.ts";
import type { RunRow } from "../ports/records.ts";
import { type Context, Exit } from "./context.ts";
import { createLogStream, streamsByDefault } from "./log-stream.ts";
import { isUnderNohup } from "./nohup.ts";
import { printSummary } from "./print-summary.ts";
import { createProgress } from "./progress.ts";
import { recordedRun } from "./targets.ts";
import type { Terminal } from "./terminal.ts";
import { createWaitingNotices } from "./waiting-notices.ts";

export interface SeeOptions {
  readonly json: boolean;
  /** `--logs`, `--no-logs`, or null: shown where only one step can run. */
  readonly logs: boolean | null;
}

/** Exit code of an ended run: 4 when nothing but environments stood in its way. */
export function exitCodeOf({ status, state }: Pick<RecordedRun, "status" | "state">): number {
  if (status === "Completed") return 0;
  if (status === "Canceled") return 3;
  const errors = state.steps.flatMap((step) => step.error ?? []);
  const isEnvironment = errors.every(({ code }) => code === "environment_build_failed");
  return errors.length > 0 && isEnvironment ? 4 : 1;
}

export async function seeThrough(
  context: Context,
  workspace: Workspace,
  name: string,
  options: SeeOptions,
): Promise<never> {
  const found = await readRun(workspace, name);
  if (isRefusal(found)) return context.refuse(found, options.json);
  const run = followed(found);
  const view = createView(context, workspace, run, options);
  const listener = listenForCancel(context, workspace, view.say);
  listener.add(name);
  const driven = driveRun(workspace, {
    run: name,
    follow: { after: run.state.seq, onEvents: view.onEvents },
    onNotice: view.say,
    onEnd: () => listener.letGo(run.state.status),
  });
  const left = await Promise.race([driven, listener.left]);
  view.close();
  const tell = async (logsShown = false): Promise<never> =>
    report(context, workspace, await readEnd(workspace, run), options.json, logsShown);
  if (left !== "left") return tell(view.logsShown);
  return leaveWith(async () => {
    await keepOthersGoing(workspace);
    return tell();
  });
}

/** Whoever asked for it is told how it ended, and does not wait until everybody else is told of it. */
export async function leaveWith(tell: () => Promise<never>): Promise<never> {
  try {
    return await tell();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    // What is being told would keep this process.
    process.exit(error.code);
  }
}

interface RunWatch {
  readonly onEvents: (events: readonly RunEvent[]) => void;
  /** A line that belongs to no step. */
  readonly say: (line: string) => void;
  readonly close: () => void;
  readonly logsShown: boolean;
}

/** Progress, and what the steps print where that is wanted. */
function createView(
  context: Context,
  workspace: Workspace,
  run: FollowedRun,
  { json, logs }: Pick<SeeOptions, "json" | "logs">,
): RunWatch {
  const { terminal } = context;
  const progress = createProgress(terminal, run);
  const say = (line: string): void => progress.say([terminal.colors.yellow(line)]);
  const waiting = createWaitingNotices(workspace, run, progress.say);
  const close = (): void => {
    waiting.close();
    progress.close();
  };
  if (!(logs ?? (!json && streamsByDefault(run))))
    return { onEvents: progress.update, say, close, logsShown: false };
  const stream = createLogStream(terminal, workspace, run, progress.say);
  return {
    logsShown: true,
    say,
    onEvents(events) {
      for (const event of events) {
        stream.before(event);
        progress.update([event]);
      }
    },
    close() {
      stream.close();
      close();
    },
  };
}

/** Follows a run that is not this process's own; `quiet` says only how it ended. */
export async function attach(
  context: Context,
  word: string | undefined,
  flags: { readonly json?: boolean; readonly logs?: boolean; readonly quiet: boolean },
): Promise<void> {
  const json = flags.json ?? false;
  const workspace = await context.open({ create: "refuse" });
  try {
    const run = followed(await recordedRun(context, workspace, word, json));
    const { name } = run.row;
    if (isEndedRun(run.row.status)) return await report(context, workspace, run, json);
    const onSignal = (): void => {
      context.terminal.note(`\n${name} goes on; stop it: stepwell cancel ${name}`);
      process.exit(LEFT);
    };
    // Before anything is shown: whoever sees it may press Ctrl-C at once.
    process.on("SIGINT", onSignal);
    const view = flags.quiet
      ? null
      : createView(context, workspace, run, { json, logs: flags.logs ?? null });
    const outcome = await followRun(workspace, {
      run: name,
      after: run.state.seq,
      onEvents: view?.onEvents ?? null,
      startEngine: () => startDetachedEngine(workspace),
    });
    process.off("SIGINT", onSignal);
    view?.close();
    if (outcome === "ended")
      return await report(
        context,
        workspace,
        await readRun(workspace, name),
        json,
        view?.logsShown,
      );
    const log = path.join(places.dot(workspace.folder), "engine.log");
    const said = fs.existsSync(log) ? ` (what a detached engine said: ${log})` : "";
    const hint = `go on with it: stepwell run --resume ${name}${said}`;
    context.refuse(refuse("interrupted", `nobody goes on with ${name}`, hint, 1), json);
  } finally {
    await workspace.close();
  }
}

/** As a shell says it of a program that Ctrl-C ended. */
const LEFT = 130;

/** Prints how a run ended and ends with its exit code. */
async function report(
  context: Context,
  workspace: Workspace,
  run: RecordedRun | Refusal,
  json: boolean,
  logsShown = false,
): Promise<never> {
  if (isRefusal(run)) return context.refuse(run, json);
  if (json) context.terminal.out(JSON.stringify(runView(workspace.folder, run)));
  else printSummary(context.terminal, workspace, run, logsShown);
  return context.exit(exitCodeOf(run));
}

export interface CancelListener {
  /** One more run that Ctrl-C cancels; at once when it was pressed before. */
  add(name: string): void;
  readonly isAsked: () => boolean;
  /** The runs have their ends, of which `status` is one: Ctrl-C stops nothing any more. */
  readonly letGo: (status: RunStatus) => void;
  /** When Ctrl-C is pressed after that; or was, and came too late to cancel. */
  readonly left: Promise<"left">;
}

/**
 * Ctrl-C once cancels and waits; twice kills now. A closed terminal leaves the steps running. `say`: what moves on the
 * terminal would wipe away lines that it does not know of.
 */
export function listenForCancel(
  { terminal }: Context,
  workspace: Workspace,
  say: (line: string) => void,
): CancelListener {
  const names: string[] = [];
  let recorded = 0;
  let isAsked = false;
  let isOver = false;
  let leaveNow: (how: "left") => void = () => {};
  const left = new Promise<"left">((resolve) => {
    leaveNow = resolve;
  });
  const request = (name: string, kind: "cancel" | "kill"): Promise<void> =>
    workspace.records.request(name, kind, workspace.user, workspace.clock.now());
  const giveUp = (error: unknown): never => leave(terminal, names, error);
  const onSignal = (): void => {
    if (isOver) leaveNow("left");
    else ask();
  };
  const ask = (): void => {
    isAsked = true;
    const kind = recorded === 0 ? "cancel" : "kill";
    Promise.all(names.map((name) => request(name, kind))).then(() => {
      recorded += 1;
      if (!isOver) say(kind === "cancel" ? "cancelling; press Ctrl-C again to kill" : "killing");
    }, giveUp);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  if (isUnderNohup()) process.on("SIGHUP", () => {});
  return {
    add(name) {
      names.push(name);
      if (isAsked) request(name, "cancel").catch(giveUp);
    },
    isAsked: () => isAsked,
    letGo(status) {
      isOver = true;
      if (isAsked && status !== "Canceled") leaveNow("left");
    },
    left,
  };
}

/** A cancel that cannot be recorded is none: the run stays as it is, and whoever asked need not wait for a disk. */
function leave(terminal: Terminal, names: readonly string[], error: unknown): never {
  const [first = "RUN", ...more] = names;
  const stay = more.length === 0 ? `run ${first} stays as it is` : "the runs stay as they are";
  terminal.note(
    `\nthe cancel could not be recorded (${(error as Error).message}); ${stay}\n  go on later: stepwell run --resume ${more.length === 0 ? first : "RUN"}`,
  );
  process.exit(4);
}

/** Leaves the run to an engine of its own. */
export async function detach(
  context: Context,
  workspace: Workspace,
  row: RunRow,
  json: boolean,
): Promise<void> {
  startDetachedEngine(workspace);
  if (json) context.terminal.out(JSON.stringify({ name: row.name, status: row.status }));
  else {
    context.terminal.out(row.name);
    context.terminal.note(
      `follow it: stepwell attach ${row.name}; wait for it: stepwell wait ${row.name}`,
    );
  }
}

/** `--resume RUN`: goes on with it, follows it when it is going on, or prints its end again. */
export async function resume(
  context: Context,
  word: string,
  options: Partial<SeeOptions> & { readonly detach?: boolean },
): Promise<void> {
  const json = options.json ?? false;
  const workspace = await context.open({ create: "refuse" });
  try {
    const run = await recordedRun(context, workspace, word, json);
    const { row } = run;
    const { name } = row;
    if (isEndedRun(row.status)) return await report(context, workspace, run, json);
    await takeUp(workspace, row, options.detach ?? null);
    if (options.detach) return await detach(context, workspace, row, json);
    await seeThrough(context, workspace, name, { json, logs: options.logs ?? null });
  } finally {
    await workspace.close();
  }
}

export function unknownRun(name: string): Refusal {
  return refuse("unknown_run", `no run named ${name}`, "see what there is: stepwell runs");
}
