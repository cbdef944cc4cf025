// Which logs a run has by now, in the order of its steps: its own, and those of the runs whose results it took.

import fs from "node:fs";
import { isEndedRun, isEndedStep } from "../../core/status.ts";
import { isAttemptLog } from "../../steps/attempt-log.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { hiddenOf } from "./read-log.ts";
import { readRun } from "./read-run.ts";
import { runView, type StepView } from "./run-view.ts";

export interface LogFile {
  readonly file: string;
  readonly step: string;
  readonly attempt: number;
  /** How it is headed where there are several. */
  readonly title: string;
}

export interface Logs {
  readonly files: readonly LogFile[];
  /** Paths of those that this user may not read: the log of a run with secrets is its submitter's. */
  readonly closed: readonly string[];
  /** Nothing more is to be expected. */
  readonly ended: boolean;
  /** What was asked for may still print something. */
  readonly growing: boolean;
  /** It has no end, and nobody goes on with it. */
  readonly interrupted: boolean;
  /** Values that must not be shown while the run has no end. */
  readonly secrets: readonly string[];
}

/** `step` null: every step, a nested pipeline: those in it; `attempt` null: every attempt. */
export async function logFiles(
  workspace: Workspace,
  name: string,
  step: string | null,
  attempt: string | null,
): Promise<Logs | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  const view = runView(workspace.folder, run);
  const steps = view.steps.filter(
    ({ name: path }) => step === null || path === step || path.startsWith(`${step}.`),
  );
  if (steps.length === 0)
    return refuse(
      "unknown_step",
      `run ${name} has no step ${step}`,
      `it has ${view.steps
        .map((one) => one.name)
        .slice(0, 20)
        .join(", ")}`,
    );
  const all = steps.flatMap((one) => filesOf(one, attempt));
  const closed = all.map(({ file }) => file).filter(isClosed);
  const files = all.filter(({ file }) => isAttemptLog(file));
  const secrets = hiddenOf(workspace, run);
  const interrupted = run.status === "Interrupted";
  const ended = isEndedRun(run.state.status) || interrupted;
  if (ended && attempt !== null && files.length === 0) {
    const numbers = new Set(steps.flatMap((one) => one.attempts.map(({ number }) => number)));
    return refuse(
      "unknown_attempt",
      `there is no log of an attempt ${attempt}`,
      numbers.size === 0
        ? null
        : `there are attempts ${[...numbers].sort((a, b) => a - b).join(", ")}`,
    );
  }
  const growing = steps.some((one) => isGrowing(one, attempt));
  return { files, closed, ended, growing, interrupted, secrets };
}

function isClosed(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}

function isGrowing({ status, attempts }: StepView, attempt: string | null): boolean {
  const named = attempts.find(({ number }) => String(number) === attempt);
  return !isEndedStep(named?.status ?? status);
}

/** Its own attempts', and behind them that of the result that it took over. */
function filesOf(step: StepView, attempt: string | null): Logs["files"] {
  const several = step.attempts.length > 1;
  const own = step.attempts
    .filter((one) => attempt === null || String(one.number) === attempt)
    .map((one) => ({
      file: one.log,
      step: step.name,
      attempt: one.number,
      title: several ? `${step.name} attempt ${one.number}` : step.name,
    }));
  const { name, log, reuse, attempts } = step;
  if (log === null || attempts.some((one) => one.log === log)) return own;
  if (attempt !== null && attempts.length > 0) return own;
  const title = `${name} (${reuse.from ?? ""})`;
  return [...own, { file: log, step: name, attempt: attempts.length + 1, title }];
}
