// Compares two recorded runs: what each step would do (definition, code, environment, inputs), what it measured, which
// commit it came from. Says the differences in the words of `why`.

import type { PreImage } from "../../core/fingerprint.ts";
import type { Reason } from "../../core/reason.ts";
import type { StepFacts } from "../../core/step-facts.ts";
import { knownContents, momentBase, preImageOf } from "../../core/step-facts.ts";
import { createExplainer } from "../../engine/explainer.ts";
import type { GitOrigin } from "../../ports/records.ts";
import { own } from "../../spec/own-keys.ts";
import { type Logged, loggedOf } from "../recorded/logged-values.ts";
import { findRecord, type RecordedRun, readRun } from "../recorded/read-run.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { createOutputComparer, type OutputChange } from "./diff-outputs.ts";

export interface MetricDifference {
  readonly name: string;
  /** Null: not logged. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface StepDifference {
  readonly name: string;
  readonly differences: readonly Reason[];
  readonly metrics: readonly MetricDifference[];
  /** Whether its metrics are those of an attempt that did not succeed. */
  readonly failed: readonly [before: boolean, after: boolean];
  /** Of those that both runs have and that are not the same. */
  readonly outputs: readonly OutputChange[];
}

export interface CommitDifference {
  /** Repository, or the folder where there is no remote. */
  readonly repository: string;
  /** Commit, with `+changes` when the work tree was dirty; null: not recorded. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface RunDifference {
  readonly schema: 1;
  readonly before: string;
  readonly after: string;
  readonly same: boolean;
  readonly status: readonly [before: string, after: string];
  /** Only steps with a difference. */
  readonly steps: readonly StepDifference[];
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  readonly commits: readonly CommitDifference[];
}

export async function diffRuns(
  workspace: Workspace,
  beforeName: string,
  afterName: string,
  /** Tell all that is different in outputs, and not one line of each. */
  details = false,
): Promise<RunDifference | Refusal> {
  const before = await readRun(workspace, beforeName);
  if (isRefusal(before)) return before;
  const after = await readRun(workspace, afterName);
  if (isRefusal(after)) return after;
  const old = new Map(before.plan.graph.steps.map((step, index) => [step.path, index]));
  const now = new Map(after.plan.graph.steps.map((step, index) => [step.path, index]));
  const { differences } = createExplainer(workspace.records, workspace.contents, workspace.plans);
  const comparer = createOutputComparer(workspace, details);
  const steps: StepDifference[] = [];
  for (const [name, index] of now) {
    const was = old.get(name);
    if (was === undefined) continue;
    const found = await differences(...comparable(before, was, after, index));
    const logged = [loggedOf(before, was), loggedOf(after, index)] as const;
    const metrics = metricDifferences(...logged);
    const failed = [logged[0].failed, logged[1].failed] as const;
    const outputs = await comparer.changes(before.results.get(was), after.results.get(index));
    if (found.length + metrics.length + outputs.length > 0)
      steps.push({ name, differences: found, metrics, failed, outputs });
  }
  const onlyBefore = [...old.keys()].filter((name) => !now.has(name));
  const onlyAfter = [...now.keys()].filter((name) => !old.has(name));
  const commits = commitDifferences(before.row.origin.git, after.row.origin.git);
  return {
    schema: 1,
    before: beforeName,
    after: afterName,
    same: [steps, onlyBefore, onlyAfter, commits].every((list) => list.length === 0),
    status: [before.status, after.status],
    steps,
    onlyBefore,
    onlyAfter,
    commits,
  };
}

/** Identities of a step in both runs; inputs that either run never got to know are left out. */
function comparable(
  before: RecordedRun,
  was: number,
  after: RecordedRun,
  is: number,
): [PreImage, PreImage] {
  const left = factsOf(before, was);
  const right = factsOf(after, is);
  const unknown = new Set([...left.unknown, ...right.unknown]);
  const known = ({ facts }: KnownFacts): StepFacts => ({
    ...facts,
    moment: {
      ...facts.moment,
      contents: Object.fromEntries(
        Object.entries(facts.moment.contents).filter(([name]) => !unknown.has(name)),
      ),
    },
  });
  return [preImageOf(before.plan, was, known(left)), preImageOf(after.plan, is, known(right))];
}

interface KnownFacts {
  readonly facts: StepFacts;
  readonly unknown: readonly string[];
}

function factsOf(run: RecordedRun, index: number): KnownFacts {
  const { plan } = run;
  const planned = plan.steps[index] as (typeof plan.steps)[number];
  const { contents, unknown } = knownContents(plan, index, (step, output) =>
    findRecord(run, step, output),
  );
  const moment = { ...momentBase(plan, planned), contents };
  return { facts: { staticId: "", fingerprint: "", moment }, unknown };
}

function metricDifferences(
  { metrics: old }: Logged,
  { metrics: now }: Logged,
): readonly MetricDifference[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => !Object.is(own(old, name), own(now, name)))
    .map((name) => ({ name, before: own(old, name) ?? null, after: own(now, name) ?? null }));
}

function commitDifferences(
  before: readonly GitOrigin[],
  after: readonly GitOrigin[],
): readonly CommitDifference[] {
  const nameOf = (git: GitOrigin): string => git.repository ?? git.folder;
  const old = new Map(before.map((git) => [nameOf(git), git]));
  const now = new Map(after.map((git) => [nameOf(git), git]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => {
      const [left, right] = [old.get(name), now.get(name)];
      return left?.commit !== right?.commit || left?.diff !== right?.diff;
    })
    .map((repository) => ({
      repository,
      before: commitText(old.get(repository)),
      after: commitText(now.get(repository)),
    }));
}

function commitText(git: GitOrigin | undefined): string | null {
  return git === undefined ? null : `${git.commit.slice(0, 12)}${git.dirty ? "+changes" : ""}`;
}
