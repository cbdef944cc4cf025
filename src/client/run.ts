// A run by its name: each question is put to the record anew.

import { isEndedRun } from "../core/status.ts";
import { whyStep } from "../operations/explained/why-step.ts";
import { rerunPlan } from "../operations/plans/rerun-plan.ts";
import { type RecordedRun, readRun } from "../operations/recorded/read-run.ts";
import { runView } from "../operations/recorded/run-view.ts";
import { shownStatus } from "../operations/recorded/shown-status.ts";
import { driveRun } from "../operations/runs/drive-run.ts";
import { takeUp } from "../operations/runs/resume-run.ts";
import type { Workspace } from "../operations/workspace.ts";
import { checkOptions } from "../sdk/check-options.ts";
import type { PipelineParts } from "../sdk/pipeline-parts.ts";
import { originOfCall } from "../sdk/place.ts";
import type { RerunOptions, Run, RunOutput } from "../sdk/run.ts";
import type { RunReport, RunStatus } from "../sdk/run-report.ts";
import { shownAs } from "../sdk/shown.ts";
import { type Finding, StepwellError } from "../sdk/stepwell-error.ts";
import { type Driver, drive } from "./drive.ts";
import { runEvents } from "./events.ts";
import { type Home, say } from "./home.ts";
import { logLines, logText } from "./logs.ts";
import { createOutput } from "./output.ts";
import { type Asked, forced } from "./prepare.ts";
import { accepted } from "./refused.ts";
import { shownMetrics, shownRun } from "./show-run.ts";
import { begin, record, submitIn } from "./submit.ts";
import { waitFor } from "./wait.ts";

/** What a run was made of, where this process knows. */
export interface Source {
  readonly parts: PipelineParts;
  readonly asked: Asked;
}

export interface RunParts {
  /** Null: somebody else sees it through. */
  readonly driver: Driver | null;
  readonly source: Source | null;
  readonly warnings: readonly Finding[];
}

export function createRun(home: Home, name: string, parts: RunParts): Run {
  const { driver, source } = parts;
  const read = <T>(work: (run: RecordedRun, workspace: Workspace) => T): Promise<T> =>
    home.use(async (workspace) => work(accepted(await readRun(workspace, name)), workspace));
  const show = (): Promise<RunReport> => read((run, { folder }) => runView(folder, run));
  const cancel = ({ kill = false } = {}): Promise<RunStatus> =>
    cancelRun(home, name, { kind: kill ? "kill" : "cancel", driver });
  const pipeline = source?.parts ?? null;
  const run: Run = {
    name,
    warnings: parts.warnings,
    outputs: outputsOf(home, name, source?.parts.outputs ?? null),
    output: (output) => createOutput(home, name, output),
    show,
    status: () => home.use((workspace) => statusOf(workspace, name)),
    wait: (options = {}) => waitFor(home, name, { ...options, driver, cancel, pipeline }),
    events: (options) => runEvents(home, name, options),
    logs: (step) => logText(home, name, step),
    followLogs: (step, options) => logLines(home, name, step, options),
    metrics: metricsOf(show, name),
    why: (step, { against } = {}) =>
      home.use(async (workspace) =>
        accepted(await whyStep(workspace, name, step, against ?? null)),
      ),
    cancel,
    resume: () => resume(home, name, parts),
    rerun(options = {}) {
      checkOptions(options, "rerun()", originOfCall());
      return rerun(home, name, source, options);
    },
  };
  return shownAs(run, async () => shownRun(await show(), pipeline));
}

/** Of a run of which only the name is known any output may be asked for: whether it is there is said then. */
function outputsOf(
  home: Home,
  run: string,
  names: readonly string[] | null,
): Readonly<Record<string, RunOutput>> {
  const known = Object.fromEntries(
    (names ?? []).map((name) => [name, createOutput(home, run, name)]),
  );
  return new Proxy(known, {
    get(target, name) {
      if (typeof name === "symbol" || Object.hasOwn(target, name)) return Reflect.get(target, name);
      // What promises, printers and test tools ask of every object.
      if (["then", "toJSON", "constructor", "inspect"].includes(name)) return undefined;
      return createOutput(home, run, name);
    },
  });
}

function metricsOf(show: () => Promise<RunReport>, run: string): Run["metrics"] {
  const metrics = async (step?: string): Promise<unknown> => {
    const { steps } = await show();
    if (step === undefined)
      return Object.fromEntries(
        steps
          .filter((one) => Object.keys(one.metrics).length > 0)
          .map((one) => [one.name, one.metrics]),
      );
    const found = steps.find((one) => one.name === step);
    if (found !== undefined) return shownMetrics({ ...found.metrics });
    const names = steps.map((one) => one.name).slice(0, 20);
    throw new StepwellError(
      "unknown_step",
      `run ${run} has no step ${step}`,
      `it has ${names.join(", ")}`,
    );
  };
  return metrics as Run["metrics"];
}

async function cancelRun(
  home: Home,
  name: string,
  { kind, driver }: { readonly kind: "cancel" | "kill"; readonly driver: Driver | null },
): Promise<RunStatus> {
  const isOpen = await home.use(async (workspace) => {
    const { row } = accepted(await readRun(workspace, name));
    if (isEndedRun(row.status)) return false;
    await workspace.records.request(name, kind, workspace.user, workspace.clock.now());
    return true;
  });
  if (isOpen) await (driver === null ? driveToEnd(home, name) : driver.ended);
  return home.use((workspace) => statusOf(workspace, name));
}

/** Without reading what happened in it. */
async function statusOf(workspace: Workspace, name: string): Promise<RunStatus> {
  const row = await workspace.records.run(name);
  return row === null
    ? accepted(await readRun(workspace, name)).status
    : shownStatus(workspace, row);
}

/** Becomes the engine itself where nobody is: nothing of a run that is being cancelled can start. */
async function driveToEnd(home: Home, run: string): Promise<void> {
  const workspace = await home.open();
  try {
    await driveRun(workspace, { run, follow: null, onNotice: say });
  } finally {
    await workspace.close();
  }
}

async function resume(home: Home, name: string, parts: RunParts): Promise<Run> {
  const isOpen = await home.use(async (workspace) => {
    const { row } = accepted(await readRun(workspace, name));
    await takeUp(workspace, row, null);
    return !isEndedRun(row.status);
  });
  const driver = parts.driver ?? (isOpen ? drive(home, name) : null);
  return createRun(home, name, { ...parts, driver });
}

async function rerun(
  home: Home,
  name: string,
  source: Source | null,
  options: RerunOptions,
): Promise<Run> {
  options.signal?.throwIfAborted();
  const { set } = options;
  if (set !== undefined && Object.keys(set).length > 0)
    return rerunChanged(home, name, source, { ...options, set });
  return home.use(async (workspace) => {
    const run = accepted(await readRun(workspace, name));
    const { plan, problems, warnings, readFrom } = accepted(
      await rerunPlan(workspace, run, {
        latest: options.latest ?? false,
        from: options.from ?? null,
        until: options.until ?? null,
        force: forced(options.force),
        onlyCached: options.onlyCached ?? false,
        strict: options.strict ?? false,
        keepWork: false,
      }),
    );
    const again = await record(workspace, plan, {
      ...options,
      experiment: options.experiment ?? run.row.experiment,
      tags: { ...run.row.tags, ...options.tags },
      env: source?.asked.env ?? {},
      file: run.row.origin.file,
      warnings,
      readFrom,
    });
    return begin(home, again, { options, source, warnings: problems });
  });
}

/** With other values: the definition has to be planned anew. */
async function rerunChanged(
  home: Home,
  name: string,
  source: Source | null,
  { set, from, until, force, ...options }: RerunOptions,
): Promise<Run> {
  if (source === null)
    throw new StepwellError(
      "no_definition",
      `the definition of run ${name} is not in this process, so nothing in it can be set`,
      "submit the pipeline again: pipeline.submit({ set, from })",
    );
  const { from: _from, until: _until, force: _force, ...asked } = source.asked;
  const row = accepted(await home.use((workspace) => readRun(workspace, name))).row;
  const changed: Asked = {
    ...asked,
    ...withSet(asked, set ?? {}),
    fromRun: name,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(force === undefined ? {} : { force }),
  };
  const tags = { ...row.tags, ...options.tags };
  const order = { experiment: row.experiment, ...options, tags };
  return submitIn(home, { ...source, asked: changed }, order);
}

type Values = NonNullable<Asked["set"]>;

/** What was given as an input is set as one: it would win over the field. */
function withSet(asked: Asked, set: Values): Pick<Asked, "set" | "inputs"> {
  const isInput = ([at]: readonly [string, unknown]): boolean => /^inputs\.[^.]+$/.test(at);
  const all = Object.entries(set);
  const inputs = all.filter(isInput).map(([at, value]) => [at.slice("inputs.".length), value]);
  return {
    inputs: { ...asked.inputs, ...Object.fromEntries(inputs) },
    set: { ...asked.set, ...Object.fromEntries(all.filter((one) => !isInput(one))) },
  };
}
