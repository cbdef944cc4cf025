// `run --each`: one run for each combination of values, side by side; the summary is the table that compares them.

import type { Plan } from "../core/plan.ts";
import type { RunStatus } from "../core/status.ts";
import type { DefinitionSource } from "../operations/definitions/definition-source.ts";
import { warningTexts } from "../operations/definitions/warning-texts.ts";
import { type Combination, combinations } from "../operations/plans/each.ts";
import { type RecordedRun, readRun } from "../operations/recorded/read-run.ts";
import { stepFacts } from "../operations/recorded/run-facts.ts";
import { runView, stepView } from "../operations/recorded/run-view.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "../operations/refusal.ts";
import { keepOthersGoing, startDetachedEngine } from "../operations/runs/detached-engine.ts";
import { driveGroup } from "../operations/runs/run-group.ts";
import { submitRun } from "../operations/runs/submit-run.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { RunRow } from "../ports/records.ts";
import { counted } from "../spec/counted.ts";
import type { Context } from "./context.ts";
import { workspaceFor } from "./definition-file.ts";
import { failureReason } from "./failure-places.ts";
import { shownPath } from "./format.ts";
import { printProblems } from "./print-problems.ts";
import { paintStatus } from "./print-summary.ts";
import { priorityOf, type RunFlags, tagsOf } from "./run-flags.ts";
import { givenVariables, prepareFile, warnOfVariables } from "./run-options.ts";
import { exitCodeOf, leaveWith, listenForCancel } from "./see-through.ts";
import { type Cell, formTable } from "./table-format.ts";
import { writeMissing } from "./write-missing.ts";

interface Planned {
  readonly combination: Combination;
  readonly plan: Plan;
  readonly warnings: readonly string[];
  readonly readFrom: DefinitionSource | null;
}

export async function runEach(context: Context, file: string, flags: RunFlags): Promise<void> {
  const json = flags.json ?? false;
  const all = combinations(flags.each ?? []);
  if (isRefusal(all)) return context.refuse(all, json);
  const wrong = wrongFlags(flags);
  if (wrong !== null) return context.refuse(wrong, json);
  await writeMissing(context, file, flags);
  const workspace = await context.open(workspaceFor(context, file));
  try {
    const planned = await planAll(context, workspace, file, flags, all);
    warnOfVariables(context, workspace, flags);
    await runPlanned(context, workspace, file, planned, flags);
  } finally {
    await workspace.close();
  }
}

async function runPlanned(
  context: Context,
  workspace: Workspace,
  file: string,
  planned: readonly Planned[],
  flags: RunFlags,
): Promise<void> {
  // A running engine notices what another connection submits.
  const submitter = await context.open({ create: "refuse" });
  try {
    const group = `each-${workspace.random.id().slice(0, 8)}`;
    const submits = planned.map(
      (one) => () => submit(context, submitter, { file, flags, group, ...one }),
    );
    if (flags.detach) return await leave(context, workspace, submits, flags.json ?? false);
    await seeThrough(context, workspace, planned, submits, flags);
  } finally {
    await submitter.close();
  }
}

function wrongFlags(flags: RunFlags): Refusal | null {
  const { name, idempotencyKey, maxConcurrent, detach } = flags;
  if (name !== undefined || idempotencyKey !== undefined)
    return refuse("wrong_usage", "--each makes several runs: they cannot share a name or a key");
  if (maxConcurrent === undefined) return null;
  if (detach)
    return refuse("wrong_usage", "--max-concurrent needs somebody who waits: leave --detach out");
  return /^[1-9]\d{0,3}$/.test(maxConcurrent)
    ? null
    : refuse("wrong_usage", `--max-concurrent ${maxConcurrent}: expected a whole number from 1`);
}

/** Every plan before the first submit: a mistake is told before anything starts. */
async function planAll(
  context: Context,
  workspace: Workspace,
  file: string,
  flags: RunFlags,
  all: readonly Combination[],
): Promise<readonly Planned[]> {
  const json = flags.json ?? false;
  const planned: Planned[] = [];
  for (const combination of all) {
    const given = withValues(flags, combination);
    const prepared = await prepareFile(context, workspace, file, given, true);
    const { plan, problems, exitCode, readFrom } = prepared;
    if (plan === null) return context.refuse({ ...refuseInvalid(problems), exitCode }, json);
    if (planned.length === 0) printProblems(context.terminal, problems);
    planned.push({ combination, plan, warnings: warningTexts(problems), readFrom });
  }
  return planned;
}

/** A name with a dot is a path of `--set`, any other an input. */
function withValues(flags: RunFlags, combination: Combination): RunFlags {
  const texts = (isPath: boolean): readonly string[] =>
    combination
      .filter(([name]) => name.includes(".") === isPath)
      .map(([name, value]) => `${name}=${value}`);
  return {
    ...flags,
    set: [...(flags.set ?? []), ...texts(true)],
    input: [...(flags.input ?? []), ...texts(false)],
  };
}

function submit(
  context: Context,
  workspace: Workspace,
  order: Planned & { readonly file: string; readonly flags: RunFlags; readonly group: string },
): Promise<RunRow | Refusal> {
  const { file, flags, group, plan, warnings, readFrom } = order;
  return submitRun(workspace, plan, {
    name: null,
    experiment: flags.experiment ?? null,
    tags: { ...tagsOf(flags.tag), group },
    priority: priorityOf(context, flags.priority),
    detached: flags.detach ?? false,
    idempotencyKey: null,
    owner: flags.detach ? null : workspace.self(),
    file,
    commandLine: ["stepwell", ...context.words],
    variables: givenVariables(context, flags),
    warnings,
    readFrom,
  });
}

async function leave(
  context: Context,
  workspace: Workspace,
  submits: readonly (() => Promise<RunRow | Refusal>)[],
  json: boolean,
): Promise<void> {
  const names: string[] = [];
  for (const one of submits) {
    const row = await one();
    if (isRefusal(row)) return context.refuse(row, json);
    names.push(row.name);
    if (!json) context.terminal.out(row.name);
  }
  startDetachedEngine(workspace);
  if (json) context.terminal.out(JSON.stringify({ schema: 1, names }));
}

async function seeThrough(
  context: Context,
  workspace: Workspace,
  planned: readonly Planned[],
  submits: readonly (() => Promise<RunRow | Refusal>)[],
  flags: RunFlags,
): Promise<never> {
  const { terminal } = context;
  const names: string[] = [];
  const ends: RunStatus[] = [];
  const listener = listenForCancel(context, workspace, terminal.note);
  terminal.note(counted(planned.length, "run"));
  const driven = driveGroup(workspace, {
    submits,
    maxConcurrent: Number(flags.maxConcurrent ?? Number.POSITIVE_INFINITY),
    isStopped: listener.isAsked,
    onNotice: terminal.note,
    onSubmitted({ name }) {
      names.push(name);
      listener.add(name);
    },
    onEnded: (row) => {
      ends.push(row.status);
      const values = (planned[names.indexOf(row.name)]?.combination ?? []).map((one) =>
        one.join("="),
      );
      terminal.note(`${row.name} ${paintStatus(terminal, row.status)}  ${values.join(" ")}`);
    },
    onEnd: () => listener.letGo(ends.includes("Canceled") ? "Canceled" : "Completed"),
  });
  const tell = async (refusal: Refusal | null): Promise<never> => {
    await keepOthersGoing(workspace);
    if (refusal !== null) return context.refuse(refusal, flags.json);
    return report(context, workspace, planned, names, flags.json ?? false);
  };
  const outcome = await Promise.race([driven, listener.left]);
  return outcome === "left" ? leaveWith(() => tell(null)) : tell(outcome);
}

async function report(
  context: Context,
  workspace: Workspace,
  planned: readonly Planned[],
  names: readonly string[],
  json: boolean,
): Promise<never> {
  const runs: RecordedRun[] = [];
  for (const name of names) {
    const run = await readRun(workspace, name);
    if (isRefusal(run)) return context.refuse(run, json);
    runs.push(run);
  }
  for (const run of runs)
    for (const line of failureLines(workspace.folder, run)) context.terminal.note(line);
  const missing = planned.length - runs.length;
  if (missing > 0) context.terminal.note(notSubmitted(missing, planned.length));
  const ran = countRan(runs);
  if (json) {
    const values = planned.map((one) => Object.fromEntries(one.combination));
    const views = runs.map((run, index) => ({
      each: values[index] ?? {},
      ...runView(workspace.folder, run),
    }));
    context.terminal.out(JSON.stringify({ schema: 1, runs: views, ran }));
  } else {
    context.terminal.out(formTable("text", ...comparison(planned, runs)));
    context.terminal.out(`${counted(runs.length, "run")}: ${workInWords(ran, runs)}`);
  }
  const codes = [...runs.map((run) => exitCodeOf(run)), ...(missing > 0 ? [3] : [])];
  return context.exit([1, 4, 3].find((code) => codes.includes(code)) ?? 0);
}

/** What Ctrl-C kept from being one. */
function notSubmitted(missing: number, all: number): string {
  return `${missing} of ${counted(all, "run")} ${missing === 1 ? "was" : "were"} not submitted`;
}

function workInWords(ran: Readonly<Record<string, number>>, runs: readonly RecordedRun[]): string {
  const parts = Object.entries(ran).map(([step, count]) => `${count} ${step}`);
  if (parts.length > 0) return parts.join(", ");
  return runs.some((run) => run.status === "Failed") ? "nothing ran to a good end" : "nothing ran";
}

/** Why it failed and where to look, a few lines for each reason: there may be hundreds of runs. */
function failureLines(folder: string, run: RecordedRun): readonly string[] {
  const { name } = run.row;
  const ofRun = run.state.problems.flatMap(({ message, hint }) => [
    `${name} failed: ${message}`,
    ...(hint ? [`  → ${hint}`] : []),
  ]);
  const ofSteps = run.state.steps.flatMap(({ status }, index) => {
    if (status !== "Failed") return [];
    const step = stepView(folder, run, index);
    const location = step.error?.location ?? null;
    const at = location === null ? "" : ` at ${shownPath(location.file)}:${location.line}`;
    const isStarted = step.attempts.some((attempt) => attempt.started !== null);
    return [
      `${name} failed: ${failureReason(step)}${at}`,
      ...(step.error?.hint ? [`  → ${step.error.hint}`] : []),
      ...(isStarted ? [`  stepwell logs ${name}${step.name === "." ? "" : ` ${step.name}`}`] : []),
    ];
  });
  return [...ofSteps, ...ofRun];
}

/** How often each step ran, as one run counts it: to a good end. Those that never did are left out. */
function countRan(runs: readonly RecordedRun[]): Readonly<Record<string, number>> {
  const ran: Record<string, number> = {};
  for (const run of runs)
    for (const [index, step] of run.state.steps.entries()) {
      if (step.decision !== "ran" || step.status !== "Completed") continue;
      const path = run.plan.graph.steps[index]?.path ?? "";
      const name = path === "." ? run.row.pipeline : path;
      ran[name] = (ran[name] ?? 0) + 1;
    }
  return ran;
}

/** One line a run: what was given, how it ended, every metric. */
function comparison(
  planned: readonly Planned[],
  runs: readonly RecordedRun[],
): [readonly string[], readonly (readonly Cell[])[]] {
  const given = planned[0]?.combination.map(([name]) => name) ?? [];
  const facts = runs.map(stepFacts);
  const metrics = [...new Set(runs.flatMap(metricNames))];
  const rows = runs.map((run, index) => [
    run.row.name,
    ...(planned[index]?.combination.map(([, value]) => value) ?? []),
    run.status,
    ...metrics.map((name) => facts[index]?.get(name) ?? null),
  ]);
  return [["run", ...given, "status", ...metrics], rows];
}

function metricNames(run: RecordedRun): readonly string[] {
  return run.plan.graph.steps.flatMap((step, index) =>
    Object.keys(run.results.get(index)?.result.metrics ?? {}).map((name) =>
      step.path === "." ? name : `${step.path}.${name}`,
    ),
  );
}
