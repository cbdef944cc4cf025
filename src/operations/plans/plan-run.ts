// Says for each step, before anything starts, whether it will run or be reused, and why. Uses the very facts and
// explanations of the engine. "run" and "reuse" are certain; only "depends" may go either way.

import { staticId } from "../../core/fingerprint.ts";
import type { StepResult } from "../../core/output.ts";
import type { Plan } from "../../core/plan.ts";
import type { Reason } from "../../core/reason.ts";
import {
  knownContents,
  momentBase,
  mustRun,
  type OutputLookup,
  preImageOf,
} from "../../core/step-facts.ts";
import { listed, trustNotes } from "../../core/trust-notes.ts";
import { unchanged } from "../../engine/decide.ts";
import { environmentDocument } from "../../engine/evidence.ts";
import { createExplainer, type FullExplainer } from "../../engine/explainer.ts";
import { goneBytes, isOfOthers } from "../../engine/others-bytes.ts";
import { type ResultsByStep, resultsByStep } from "../../engine/results-by-step.ts";
import { isTooOld, soughtBy, usableResult } from "../../engine/usable-result.ts";
import type { ResultRow } from "../../ports/records.ts";
import type { StepNode } from "../../spec/graph.ts";
import { own, put } from "../../spec/own-keys.ts";
import { workUnderWay } from "../recorded/work-under-way.ts";
import type { Workspace } from "../workspace.ts";
import { planDocuments } from "./plan-documents.ts";
import { withTwins } from "./plan-twins.ts";
import { type ResultsAhead, resultsAhead } from "./results-ahead.ts";
import { takenDifference } from "./taken-difference.ts";
import { versionClashes } from "./version-clashes.ts";

export interface StepForecast {
  readonly name: string;
  readonly decision: "run" | "reuse" | "depends" | "skip";
  readonly reason: Reason;
  /** The run whose result is reused, or null. */
  readonly from: string | null;
  /** Seconds it is expected to take, from history; 0 when reused, null when unknown. */
  readonly forecastS: number | null;
  /** What its result, or the latest one, says against itself; that `--from` takes it although the step is another. */
  readonly warnings: readonly string[];
}

export interface RunForecast {
  readonly steps: readonly StepForecast[];
  readonly counts: Readonly<Record<StepForecast["decision"], number>>;
  /** What is good to know before: which steps run in the Python of the shell. */
  readonly notes: readonly string[];
}

/** `unresolved`: steps whose environment has no lock that holds yet, and why. */
export async function forecastRun(
  workspace: Workspace,
  plan: Plan,
  unresolved: ReadonlyMap<number, string>,
): Promise<RunForecast> {
  for (;;) {
    const { forecast, reused } = await forecastOnce(workspace, plan, unresolved);
    if (!(await findGone(workspace, reused))) return forecast;
  }
}

/** Looks for the bytes of others' results in the caches, all at once; true when some are gone, which changes the forecast. */
async function findGone(workspace: Workspace, reused: readonly ResultRow[]): Promise<boolean> {
  const { shared } = workspace;
  const others = reused.filter(isOfOthers);
  if (!shared?.asks || others.length === 0) return false;
  await shared.lookUp(others.map(({ fingerprint }) => ({ fingerprint, since: null })));
  return others.some((row) => goneBytes(workspace, row) !== null);
}

async function forecastOnce(
  workspace: Workspace,
  plan: Plan,
  unresolved: ReadonlyMap<number, string>,
): Promise<{ readonly forecast: RunForecast; readonly reused: readonly ResultRow[] }> {
  const documents = new Map(planDocuments(plan).map(({ id, body }) => [id, body]));
  const explainer = createExplainer(
    workspace.records,
    workspace.contents,
    workspace.plans,
    documents,
  );
  const results = new Map<string, StepResult>();
  const reused: ResultRow[] = [];
  const lookup: OutputLookup = (step, output) =>
    own(results.get(step)?.outputs ?? {}, output) ?? null;
  const elsewhere = await workUnderWay(workspace);
  const skipped = new Set(plan.options.skip);
  const recorded = resultsByStep(workspace.records);
  const ahead = resultsAhead(workspace.records, plan, lookup);
  const clashesOf = versionClashes(workspace);
  let environments: ReturnType<Forecasting["environments"]> | null = null;
  const forecasting: Forecasting = {
    workspace,
    explainer,
    plan,
    lookup,
    ahead,
    unresolved,
    environments: () => (environments ??= workspace.records.documentIds(environmentDocument(""))),
  };
  const steps: StepForecast[] = [];
  for (const [index, step] of plan.graph.steps.entries()) {
    if (skipped.has(step.path)) {
      steps.push(skip(step));
      continue;
    }
    const taken = own(plan.options.taken, step.path);
    const decided =
      taken === undefined
        ? await forecastStep(forecasting, index)
        : await forecastTaken(forecasting, index, taken, recorded);
    const { row, forecast } = decided;
    const clashes = await clashesOf(step, row?.result.outputs ?? {});
    const warnings = [...forecast.warnings, ...clashes];
    const reason =
      row !== null && forecast.reason.kind === "unchanged"
        ? unchanged(step, row.run, (path) => results.get(path))
        : forecast.reason;
    steps.push({ ...forecast, reason, warnings });
    if (row === null) continue;
    results.set(step.path, row.result);
    reused.push(row);
  }
  const settled = withTwins({ plan, lookup, unresolved, elsewhere }, steps);
  const counts = { run: 0, reuse: 0, depends: 0, skip: 0 };
  for (const step of settled) counts[step.decision] += 1;
  return { forecast: { steps: settled, counts, notes: interpreterNotes(plan) }, reused };
}

/** Where no environment is named, or an image alone, `python` is that of the shell. */
function interpreterNotes({ graph, steps, environments }: Plan): readonly string[] {
  return environments.flatMap(({ kind, pythonVersion }, environment) => {
    if (kind !== "host") return [];
    const users = graph.steps.filter(
      ({ command }, index) =>
        steps[index]?.environment === environment && /\bpython[\d.]*\b/.test(command ?? ""),
    );
    if (users.length === 0) return [];
    const names = listed(users.map(({ path }) => (path === "." ? graph.pipeline : path)));
    const which =
      pythonVersion === null
        ? "no Python: there is none on PATH"
        : `the Python of your shell, ${pythonVersion}`;
    return [`${names} ${users.length === 1 ? "gets" : "get"} ${which}`];
  });
}

/** What is asked for each step of one plan. */
interface Forecasting {
  readonly workspace: Workspace;
  readonly explainer: FullExplainer;
  readonly plan: Plan;
  readonly lookup: OutputLookup;
  readonly ahead: ResultsAhead;
  /** Steps whose environment has no lock that holds yet, and why. */
  readonly unresolved: ReadonlyMap<number, string>;
  /** Ids of those that results of this workspace were made in. */
  readonly environments: () => Promise<readonly string[]>;
}

interface Decided {
  readonly forecast: StepForecast;
  readonly row: ResultRow | null;
}

function skip(step: StepNode): StepForecast {
  const reason: Reason = { kind: "not_needed", detail: "not needed by --until" };
  return { name: step.path, decision: "skip", reason, from: null, forecastS: 0, warnings: [] };
}

async function forecastTaken(
  { workspace, explainer, plan, lookup, unresolved }: Forecasting,
  index: number,
  [run, path]: readonly [string, string],
  recorded: ResultsByStep,
): Promise<Decided> {
  const step = plan.graph.steps[index] as StepNode;
  const row = await recorded(run, path);
  const reason: Reason = { kind: "taken", detail: `taken from ${run}` };
  const forecast = reuse(step, reason, run, row);
  // Without a lock nobody knows whether the environment is another.
  if (row === null || unresolved.has(index)) return { forecast, row };
  const ports = { records: workspace.records, explainer };
  const differs = await takenDifference(ports, { plan, lookup }, index, row);
  if (differs === null) return { forecast, row };
  return { forecast: { ...forecast, warnings: [differs, ...forecast.warnings] }, row };
}

async function forecastStep(forecasting: Forecasting, index: number): Promise<Decided> {
  const { workspace, explainer, plan, ahead, unresolved } = forecasting;
  const step = plan.graph.steps[index] as StepNode;
  const run = async (reason: Reason): Promise<Decided> => ({
    forecast: {
      name: step.path,
      decision: "run",
      reason,
      from: null,
      ...(await lately(forecasting, step)),
    },
    row: null,
  });
  const must = mustRun(plan, index);
  const detail = unresolved.get(index);
  if (detail !== undefined) {
    const decided = await run({ kind: "environment_changed", detail });
    if (must !== null || !(await mayBeMade(forecasting, index))) return decided;
    return { row: null, forecast: { ...decided.forecast, decision: "depends" } };
  }
  if (must !== null) return run(must);
  const ready = await ahead(index);
  if (ready === null) return forecastOpen(forecasting, index, run);
  const { facts } = ready;
  const found = await resultFor(workspace, step, facts.fingerprint, ready.newest);
  if (found === null) return run(await explainer.reason("", plan, index, facts));
  if ("kind" in found) return run(found);
  const reason: Reason = { kind: "unchanged", detail: `unchanged since ${found.run}` };
  return { forecast: reuse(step, reason, found.run, found), row: found };
}

/** Another definition may well resolve to the packages that an earlier result, or one of others, was made with. */
async function mayBeMade(
  { workspace, explainer, plan, environments }: Forecasting,
  index: number,
): Promise<boolean> {
  const { records, shared } = workspace;
  const path = plan.graph.steps[index]?.path ?? "";
  if (shared?.asks || (await explainer.history.latest(plan.graph.pipeline, path, null)) !== null)
    return true;
  const planned = plan.steps[index] as Plan["steps"][number];
  const base = momentBase(plan, planned);
  for (const environment of await environments()) {
    const stable = staticId(planned.nodeId, { ...base, environment });
    if ((await records.fingerprintsWithStaticId(stable)).length > 0) return true;
  }
  return false;
}

/** Of the workspace's own, or of others; or why there is none that may be taken; null: there is none at all. */
async function resultFor(
  workspace: Workspace,
  step: StepNode,
  fingerprint: string,
  newest: ResultRow | null,
): Promise<ResultRow | Reason | null> {
  const { records, shared } = workspace;
  const own = newest === null ? null : await usableResult(workspace, step, newest);
  if (!shared?.asks || (own !== null && !isTooOld(own))) return own;
  await shared.lookUp([soughtBy(workspace, step, fingerprint)]);
  const others = (await records.newestUsable([fingerprint])).get(fingerprint) ?? null;
  return others === null ? own : usableResult(workspace, step, others);
}

/** Something it reads is not known yet: can any content make it a hit? */
async function forecastOpen(
  forecasting: Forecasting,
  index: number,
  run: (reason: Reason) => Promise<Decided>,
): Promise<Decided> {
  const { workspace, plan, lookup } = forecasting;
  const step = plan.graph.steps[index] as StepNode;
  const planned = plan.steps[index] as Plan["steps"][number];
  const { contents, unknown } = knownContents(plan, index, lookup);
  const from = [...new Set(unknown.map((name) => sourceOf(step, name)))].join(", ");
  const depends = async (reason: Reason): Promise<Decided> => {
    const latest = await lately(forecasting, step);
    const forecast = {
      name: step.path,
      decision: "depends",
      reason,
      from: null,
      ...latest,
    } as const;
    return { forecast, row: null };
  };
  const base = momentBase(plan, planned);
  const stable = staticId(planned.nodeId, base);
  const known = await workspace.records.fingerprintsWithStaticId(stable);
  for (const fingerprint of known) {
    const image = await workspace.records.preImage(fingerprint);
    const same = Object.entries(contents).every(
      ([name, [id, file]]) =>
        image !== null &&
        own(image.moment.contents, name)?.[0] === id &&
        own(image.moment.contents, name)?.[1] === file,
    );
    if (!same) continue;
    return depends({ kind: "depends", detail: `depends on ${from}` });
  }
  const reason = await openReason(forecasting, index, { ...base, contents }, unknown);
  if (!workspace.shared?.asks) return run(reason);
  // They can be asked only for all of it.
  const detail = `${reason.detail}; a cache may have its result, which depends on ${from}`;
  return depends({ ...reason, detail });
}

/** What makes an input that is not known yet. */
function sourceOf(step: StepNode, input: string): string {
  const source = own(step.inputs, input)?.source;
  return source?.kind === "step" ? source.step : `input ${input}, which is out of reach now`;
}

const NEVER_RAN: Reason = { kind: "never_ran", detail: "never ran" };

/** The first difference that does not lie in the unknown inputs. */
async function openReason(
  { workspace, explainer, plan }: Forecasting,
  index: number,
  moment: Parameters<typeof preImageOf>[2]["moment"],
  unknown: readonly string[],
): Promise<Reason> {
  const path = plan.graph.steps[index]?.path ?? "";
  const last = await explainer.history.latest(plan.graph.pipeline, path, null);
  const before = last === null ? null : await workspace.records.preImage(last.fingerprint);
  if (before === null) return NEVER_RAN;
  const contents = { ...moment.contents };
  for (const name of unknown) {
    const was = own(before.moment.contents, name);
    if (was !== undefined) put(contents, name, was);
  }
  const after = preImageOf(plan, index, {
    staticId: "",
    fingerprint: "",
    moment: { ...moment, contents },
  });
  const [first] = await explainer.differences(before, after);
  if (first !== undefined || last === null) return first ?? NEVER_RAN;
  const policy = plan.graph.steps[index]?.reuse ?? { kind: "auto" };
  return explainer.lost(last.fingerprint, policy);
}

/** Seconds its latest successful attempt took, or null when there was none, and what that result says against itself. */
async function lately(
  { workspace, explainer, plan }: Forecasting,
  step: StepNode,
): Promise<Pick<StepForecast, "forecastS" | "warnings">> {
  const last = await explainer.history.latest(plan.graph.pipeline, step.path, null);
  const newest = last === null ? null : await workspace.records.newestResult(last.fingerprint);
  if (newest === null) return { forecastS: null, warnings: [] };
  const { durationMs, result } = newest.row;
  return { forecastS: Math.round(durationMs) / 1000, warnings: trustNotes(step, result) };
}

function reuse(step: StepNode, reason: Reason, from: string, row: ResultRow | null): StepForecast {
  const warnings = row === null ? [] : trustNotes(step, row.result);
  return { name: step.path, decision: "reuse", reason, from, forecastS: 0, warnings };
}
