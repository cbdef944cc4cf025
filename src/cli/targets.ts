// The words RUN, STEP and OUTPUT of a command line, turned into full names; a word that means nothing ends the command.

import { outputNames } from "../operations/recorded/find-output.ts";
import { findRun, findTarget, type Target } from "../operations/recorded/find-run.ts";
import { type RecordedRun, readRun } from "../operations/recorded/read-run.ts";
import { isRefusal, refuse } from "../operations/refusal.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { Context } from "./context.ts";

/** Help for every argument RUN. */
export const RUN_HELP =
  "a run: its name or the beginning of it, last (default), last-failed, last~2, PIPELINE@last";

const PARTS = {
  step: { kind: "step", namesOf: stepNames },
  output: { kind: "output", namesOf: outputNames },
} as const;

export async function runOf(
  context: Context,
  workspace: Workspace,
  word: string | undefined,
  json = false,
): Promise<string> {
  const found = await findRun(workspace, word ?? null);
  return isRefusal(found) ? context.refuse(found, json) : found;
}

/** The run that a word means, with all that is recorded of it. */
export async function recordedRun(
  context: Context,
  workspace: Workspace,
  word: string | undefined,
  json = false,
): Promise<RecordedRun> {
  const run = await readRun(workspace, await runOf(context, workspace, word, json));
  return isRefusal(run) ? context.refuse(run, json) : run;
}

export async function targetOf(
  context: Context,
  workspace: Workspace,
  words: readonly (string | undefined)[],
  part: keyof typeof PARTS,
  json = false,
): Promise<Target> {
  const typed = words.filter((word) => word !== undefined);
  const found = await findTarget(workspace, typed, PARTS[part]);
  return isRefusal(found) ? context.refuse(found, json) : found;
}

/** A run, or a step of one: one word that means a run is that run, whatever its steps are called. */
export async function runOrStepOf(
  context: Context,
  workspace: Workspace,
  words: readonly [string | undefined, string | undefined],
  json = false,
): Promise<Target> {
  const [first, second] = words;
  if (second !== undefined) return targetOf(context, workspace, words, "step", json);
  const run = await findRun(workspace, first ?? null);
  if (!isRefusal(run)) return { run, part: null };
  const found = await findTarget(workspace, first === undefined ? [] : [first], PARTS.step);
  if (!isRefusal(found) && found.part !== null) return found;
  // What it may have been of the last run.
  const isNeither = isRefusal(found) && found.code === "unknown_step";
  return context.refuse(isNeither ? { ...run, hint: found.hint } : run, json);
}

/** As {@link targetOf}, where a step must be named; the only step of a run need not be. */
export async function stepOf(
  context: Context,
  workspace: Workspace,
  words: readonly (string | undefined)[],
  json = false,
): Promise<{ readonly run: string; readonly step: string }> {
  const { run, part } = await targetOf(context, workspace, words, "step", json);
  if (part !== null) return { run, step: part };
  const recorded = await readRun(workspace, run);
  if (isRefusal(recorded)) return context.refuse(recorded, json);
  const names = recorded.plan.graph.steps.map((step) => step.path);
  if (names.length === 1) return { run, step: names[0] as string };
  const list = `${run} has ${names.slice(0, 20).join(", ")}`;
  return context.refuse(refuse("wrong_usage", "say which step", list), json);
}

export function stepNames(run: RecordedRun): readonly string[] {
  const { steps, pipelines } = run.plan.graph;
  return [...steps, ...pipelines].map((node) => node.path);
}
