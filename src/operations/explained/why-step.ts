// Explains a recorded decision in full: every difference to the step's latest earlier run (or a named one), and where
// a rerun made other bytes, which files.

import fs from "node:fs";
import path from "node:path";
import { changedPaths } from "../../core/changed-paths.ts";
import type { Manifest } from "../../core/content.ts";
import type { PreImage } from "../../core/fingerprint.ts";
import { isFunctionCommand } from "../../core/function-changes.ts";
import { describeInvalidation } from "../../core/invalidation.ts";
import type { UndeclaredReads } from "../../core/output.ts";
import type { Reason } from "../../core/reason.ts";
import { describeRemoval } from "../../core/removal.ts";
import { areEquivalent, modelFields } from "../../core/same-output.ts";
import type { StepStatus } from "../../core/status.ts";
import type { OutputLookup } from "../../core/step-facts.ts";
import { trustNotes } from "../../core/trust-notes.ts";
import { createExplainer, type FullExplainer } from "../../engine/explainer.ts";
import { readText } from "../../ports/read-file.ts";
import type { ResultRow } from "../../ports/records.ts";
import type { StepNode } from "../../spec/graph.ts";
import { own } from "../../spec/own-keys.ts";
import { takenDifference } from "../plans/taken-difference.ts";
import { whyNotRun } from "../recorded/kept-from-running.ts";
import { type RecordedRun, readRun } from "../recorded/read-run.ts";
import { type Decision, decisionOf } from "../recorded/step-decision.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

export interface OutputChange {
  readonly output: string;
  readonly same: boolean;
  /** Other bytes that count as the same for what reads them. */
  readonly equivalent: boolean;
  /** Names of files that differ, at most 20. */
  readonly files: readonly string[];
  /** Top-level fields of its `MLmodel` that differ. */
  readonly fields: readonly string[];
}

export interface Explanation {
  readonly schema: 1;
  readonly run: string;
  readonly step: string;
  /** As `show` says it. */
  readonly status: StepStatus;
  readonly decision: Decision;
  readonly reason: Reason | null;
  /** Whose result it took: a run and a step of it; null when it took none. */
  readonly from: { readonly run: string; readonly step: string } | null;
  /** The run it is compared with, or null when the step never ran before. */
  readonly against: string | null;
  readonly differences: readonly Reason[];
  readonly outputs: readonly OutputChange[];
  /** What it relied on beside its inputs, and who watched; null: nothing, nobody. */
  readonly undeclared: UndeclaredReads | null;
  readonly watchedBy: "python" | "strace" | null;
  /** A function of TypeScript or JavaScript: nobody watches what it reads. */
  readonly isFunction: boolean;
  /** What its result says against itself, and that `--from` took it although the step is another. */
  readonly warnings: readonly string[];
  /** "invalidated by …" when its result must not be reused, else null. */
  readonly invalidated: string | null;
  /** "removed by …" when its outputs were, else null. */
  readonly removed: string | null;
  /** Ids of what the step was: for `invalidate`. Null while it is not decided. */
  readonly identity: StepIdentity | null;
}

export interface StepIdentity {
  readonly fingerprint: string;
  readonly code: string | null;
  readonly environment: string;
}

const NAMED_FILES = 20;

export async function whyStep(
  workspace: Workspace,
  name: string,
  step: string,
  against: string | null,
): Promise<Explanation | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  const index = stepIndex(run, step);
  if (isRefusal(index)) return index;
  const state = run.state.steps[index];
  const decision = state === undefined ? "none" : decisionOf(state);
  const explainer = createExplainer(workspace.records, workspace.contents, workspace.plans);
  const previous =
    against === null
      ? await explainer.history.latest(run.row.pipeline, step, name)
      : await fingerprintIn(workspace, against, step);
  if (isRefusal(previous)) return previous;
  const now = fingerprintOf(run, index);
  const before = previous === null ? null : await workspace.records.preImage(previous.fingerprint);
  const after = now === null ? null : await workspace.records.preImage(now);
  const differences =
    before === null || after === null ? [] : await explainer.differences(before, after);
  const row = run.results.get(index);
  const isTaken = state?.decision === "reused" || state?.decision === "attached";
  const [mark = null] = row === undefined ? [] : await workspace.records.invalidations([row]);
  const [removal = null] = row === undefined ? [] : await workspace.records.removals([row]);
  return {
    schema: 1,
    run: name,
    step,
    status: state?.status ?? "NotStarted",
    decision,
    reason: whyNotRun(run, index) ?? state?.reason ?? null,
    from: isTaken && row !== undefined ? { run: row.run, step: row.path } : null,
    against: previous?.run ?? null,
    differences,
    outputs:
      previous === null ? [] : await outputChanges(workspace, run, index, previous.run, step),
    undeclared: row?.result.undeclared ?? null,
    watchedBy: row?.result.watchedBy ?? null,
    isFunction: isFunctionCommand(run.plan.graph.steps[index]?.command ?? null),
    warnings: row === undefined ? [] : await warningsOf(workspace, explainer, run, index, row),
    invalidated: mark === null ? null : describeInvalidation(mark),
    removed: removal === null ? null : describeRemoval(removal),
    identity: after === null || now === null ? null : identityOf(now, after),
  };
}

/** What its result says against itself, and where `--from` took one of another step than it was. */
async function warningsOf(
  { records }: Workspace,
  explainer: FullExplainer,
  { plan, state, results }: RecordedRun,
  index: number,
  row: ResultRow,
): Promise<readonly string[]> {
  const notes = trustNotes(plan.graph.steps[index] as StepNode, row.result);
  if (state.steps[index]?.reason?.kind !== "taken") return notes;
  const outputsOf = new Map(
    [...results].map(([at, { result }]) => [plan.graph.steps[at]?.path, result.outputs]),
  );
  const lookup: OutputLookup = (step, output) => own(outputsOf.get(step) ?? {}, output) ?? null;
  const differs = await takenDifference({ records, explainer }, { plan, lookup }, index, row);
  return differs === null ? notes : [differs, ...notes];
}

/** Index of a step by its path, or which steps there are. */
export function stepIndex(run: RecordedRun, step: string): number | Refusal {
  const index = run.plan.graph.steps.findIndex((node) => node.path === step);
  return index >= 0 ? index : unknownStep(run, step);
}

export function unknownStep(run: RecordedRun, step: string): Refusal {
  const names = run.plan.graph.steps.map((node) => node.path);
  const list = `it has ${names.slice(0, 20).join(", ")}`;
  return refuse("unknown_step", `run ${run.row.name} has no step ${step}`, list);
}

function identityOf(fingerprint: string, { moment }: PreImage): StepIdentity {
  return { fingerprint, code: moment.code, environment: moment.environment };
}

function fingerprintOf(run: RecordedRun, index: number): string | null {
  return run.state.steps[index]?.fingerprint ?? run.results.get(index)?.fingerprint ?? null;
}

async function fingerprintIn(
  workspace: Workspace,
  name: string,
  step: string,
): Promise<{ run: string; fingerprint: string } | null | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  const index = stepIndex(run, step);
  if (isRefusal(index)) return index;
  const fingerprint = fingerprintOf(run, index);
  return fingerprint === null ? null : { run: name, fingerprint };
}

async function outputChanges(
  workspace: Workspace,
  run: RecordedRun,
  index: number,
  previous: string,
  step: string,
): Promise<readonly OutputChange[]> {
  const earlier = await readRun(workspace, previous);
  if (isRefusal(earlier)) return [];
  const position = earlier.plan.graph.steps.findIndex((node) => node.path === step);
  const old = earlier.results.get(position)?.result.outputs ?? {};
  const now = run.results.get(index)?.result.outputs ?? {};
  const changes: OutputChange[] = [];
  for (const [output, record] of Object.entries(now)) {
    const was = own(old, output);
    if (was === undefined) continue;
    const same = was.id === record.id;
    const files = same
      ? []
      : differing(
          await workspace.contents.manifest(was.id),
          await workspace.contents.manifest(record.id),
        );
    const fields = same ? [] : differingFields(was.path, record.path);
    changes.push({ output, same, equivalent: areEquivalent(was, record), files, fields });
  }
  return changes;
}

/** Empty where one of them is no model, or gone. */
function differingFields(before: string, after: string): readonly string[] {
  const texts = [before, after].map((folder) => {
    const file = path.join(folder, "MLmodel");
    return fs.existsSync(file) ? modelFields(readText(file)) : null;
  });
  const [old, now] = texts;
  if (!old || !now) return [];
  const names = new Set([...old.keys(), ...now.keys()]);
  return [...names].filter((name) => old.get(name) !== now.get(name)).sort();
}

function differing(before: Manifest | null, after: Manifest | null): readonly string[] {
  if (before === null || after === null) return [];
  return changedPaths(before, after).slice(0, NAMED_FILES);
}
