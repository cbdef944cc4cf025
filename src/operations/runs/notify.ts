// Tells whom `stepwell.yml` names that a run has ended. Belongs to the engine that recorded the end; one that dies before
// everybody was told leaves the rest to the next. What fails is a warning and never changes how the run ended.

import fs from "node:fs";
import path from "node:path";
import type { RunStatus } from "../../core/status.ts";
import { crashPoint } from "../../engine/crash-point.ts";
import type { RunUpdate } from "../../ports/records.ts";
import type { NotifyEnd } from "../../spec/notify-rules.ts";
import { claim, doneOf, forget, markDone, markedRuns, unclaim } from "../recorded/marked-runs.ts";
import { readRun } from "../recorded/read-run.ts";
import { type RunView, runView } from "../recorded/run-view.ts";
import { isRefusal } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";
import { type Notification, sendNotification, targetName } from "./send-notification.ts";

export interface Notifier {
  /** What has just been made durable: runs that ended in it are told of. */
  committed(updates: readonly RunUpdate[]): void;
  /** Ends that an engine before this one recorded and did not live to tell. */
  sweep(): Promise<void>;
  /** When all that was begun is done. */
  settled(): Promise<void>;
}

export function createNotifier(workspace: Workspace, say: (line: string) => void): Notifier {
  const telling = new Map<string, Promise<void>>();
  const tell = (run: string): void => {
    if (telling.has(run)) return;
    const done = tellEnd(workspace, run, say).catch((error: unknown) =>
      say(`nobody could be told that ${run} has ended: ${(error as Error).message}`),
    );
    telling.set(run, done);
  };
  return {
    committed(updates) {
      for (const { run, endedAt } of updates)
        if (endedAt !== null && doneOf(workspace, "notify", run) !== null) tell(run);
    },
    async sweep() {
      for (const run of await markedRuns(workspace, "notify")) tell(run);
    },
    async settled() {
      await Promise.all(telling.values());
    },
  };
}

const ENDS: Partial<Record<RunStatus, NotifyEnd>> = { Completed: "succeeded", Failed: "failed" };

async function tellEnd(
  workspace: Workspace,
  run: string,
  say: (line: string) => void,
): Promise<void> {
  if (!claim(workspace, "notify", run)) return;
  try {
    const recorded = await readRun(workspace, run);
    const done = doneOf(workspace, "notify", run);
    if (done === null || isRefusal(recorded)) return;
    const end = ENDS[recorded.row.status];
    const notification = notificationOf(workspace, runView(workspace.folder, recorded));
    const problems: string[] = [];
    crashPoint("before-notify");
    await Promise.all(
      workspace.config.notify.map(async (rule, index) => {
        if (end === undefined || !rule.on.includes(end) || done.has(index)) return;
        const problem = await sendNotification(rule, notification);
        if (problem !== null) problems.push(`${targetName(rule, index)} failed: ${problem}`);
        markDone(workspace, "notify", { run, index });
      }),
    );
    if (problems.length > 0) writeProblems(workspace, run, problems);
    for (const problem of problems) say(`warning: ${run} ended, but ${problem}`);
    forget(workspace, "notify", run);
  } finally {
    unclaim(workspace, "notify", run);
  }
}

function notificationOf(workspace: Workspace, view: RunView): Notification {
  const failed = view.steps.filter((step) => step.error !== null && step.type !== "pipeline");
  const [first] = failed;
  const about = {
    schema: 1,
    event: "run_ended",
    run: view.name,
    status: view.status,
    experiment: view.experiment,
    started: view.started,
    finished: view.finished,
    host: workspace.host,
    user: workspace.user,
    workspace: workspace.folder,
    failed: failed.map(({ name, error, log }) => ({
      step: name,
      message: error?.message,
      hint: error?.hint,
      location: error?.location,
      log,
    })),
    outputs: view.outputs,
    metrics: Object.fromEntries(
      view.steps
        .filter(({ metrics }) => Object.keys(metrics).length > 0)
        .map(({ name, metrics }) => [name, metrics]),
    ),
  };
  return {
    body: JSON.stringify(about),
    folder: workspace.folder,
    variables: {
      ...workspace.shell,
      STEPWELL_RUN: view.name,
      STEPWELL_STATUS: view.status,
      STEPWELL_EXPERIMENT: view.experiment,
      STEPWELL_WORKSPACE: workspace.folder,
      STEPWELL_FAILED_STEP: first?.name ?? "",
      STEPWELL_ERROR: first?.error?.message ?? "",
    },
  };
}

function writeProblems({ folder }: Workspace, run: string, problems: readonly string[]): void {
  const file = places.toldFile(folder, run);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ problems }));
}
