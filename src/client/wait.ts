// Waits for the end of a run, and says meanwhile how it goes.

import { followRun } from "../operations/recorded/follow-run.ts";
import { readRun } from "../operations/recorded/read-run.ts";
import { runView } from "../operations/recorded/run-view.ts";
import { startDetachedEngine } from "../operations/runs/detached-engine.ts";
import type { PipelineParts } from "../sdk/pipeline-parts.ts";
import type { WaitOptions } from "../sdk/run.ts";
import type { RunReport } from "../sdk/run-report.ts";
import { shownAs } from "../sdk/shown.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import type { Driver } from "./drive.ts";
import type { Home } from "./home.ts";
import { kernel, showLive } from "./live-display.ts";
import { showProgress } from "./progress.ts";
import { accepted } from "./refused.ts";

export interface Waiting extends WaitOptions {
  /** Null: somebody else sees it through. */
  readonly driver: Driver | null;
  readonly cancel: () => Promise<unknown>;
  /** What it runs, where that is known. */
  readonly pipeline: PipelineParts | null;
}

export async function waitFor(home: Home, run: string, waiting: Waiting): Promise<RunReport> {
  const { driver, signal, cancel, progress = process.stderr.isTTY === true } = waiting;
  const canceling = cancelWhenAborted(signal, cancel);
  const showing = show(home, run, waiting, progress);
  try {
    await Promise.race([driver === null ? follow(home, run) : driver.ended, canceling.failed]);
    await showing;
  } finally {
    canceling.stop();
  }
  const ended = await home.use(async (workspace) => {
    const recorded = accepted(await readRun(workspace, run));
    return runView(workspace.folder, recorded);
  });
  shownAs(ended, () => ({ "text/plain": `${run}: ${ended.status}` }));
  if (ended.status === "Completed") return ended;
  if (waiting.throwOnFailure === true) throw failure(ended);
  if (progress) process.stderr.write(`${failure(ended).message}\n`);
  return ended;
}

/** In a notebook as a picture, else as lines. */
function show(
  home: Home,
  run: string,
  { progress: asked, pipeline }: Waiting,
  isTerminal: boolean,
): Promise<void> {
  const notebook = asked === false ? null : kernel();
  if (notebook !== null) return showLive(home, run, { notebook, pipeline });
  return isTerminal ? showProgress(home, run) : Promise.resolve();
}

async function follow(home: Home, run: string): Promise<void> {
  const outcome = await home.use((workspace) =>
    followRun(workspace, {
      run,
      after: 0,
      onEvents: null,
      startEngine: () => startDetachedEngine(workspace),
    }),
  );
  if (outcome === "interrupted")
    throw new StepwellError(
      "interrupted",
      `nobody goes on with run ${run}`,
      `go on with it: run.resume(), or stepwell run --resume ${run}`,
    );
}

interface Canceling {
  /** Rejects when the cancel that was asked for could not be recorded; else never settles. */
  readonly failed: Promise<never>;
  stop(): void;
}

function cancelWhenAborted(
  signal: AbortSignal | undefined,
  cancel: () => Promise<unknown>,
): Canceling {
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const onAbort = (): void => {
    cancel().catch(fail);
  };
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return { failed, stop: () => signal?.removeEventListener("abort", onAbort) };
}

function failure({ name, status, steps }: RunReport): StepwellError {
  const step = steps.find((one) => one.error !== null);
  const error = step?.error ?? null;
  const why = error === null ? "" : `: ${error.message}`;
  const tail = (error?.logTail ?? []).slice(-5).map((line) => `    | ${line}`);
  const hint = error?.hint ?? `see it: stepwell show ${name}`;
  return new StepwellError(
    status === "Canceled" ? "run_canceled" : "run_failed",
    [`run ${name} ${status === "Canceled" ? "was cancelled" : "failed"}${why}`, ...tail].join("\n"),
    hint,
  );
}
