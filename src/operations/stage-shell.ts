// Lays out once more what an attempt of a recorded step had: a writable copy of its code, its environment, inputs and
// variables, and output folders of its own. Starts nothing and records nothing; `gc` removes it.

import fs from "node:fs";
import path from "node:path";
import type { EnginePorts } from "../engine/engine-ports.ts";
import { declaredOutputs } from "../engine/flight.ts";
import { readablePlan } from "../engine/readable-plan.ts";
import type { AttemptOrder } from "../ports/compute.ts";
import type { StagedAttempt } from "../ports/contents.ts";
import type { StepNode } from "../spec/graph.ts";
import { type RecordedRun, readRun } from "./read-run.ts";
import { isRefusal, type Refusal, refuse } from "./refusal.ts";
import { findRecord } from "./run-view.ts";
import { stepIndex } from "./why-step.ts";
import { places, type Workspace } from "./workspace.ts";

export interface StagedShell {
  readonly workFolder: string;
  /** Runs exactly the step's command; lies in the work folder. */
  readonly script: string;
  /** The complete environment of the step. */
  readonly variables: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Begins the ids of such folders, which no recorded attempt has. */
export const SHELL_PREFIX = "shell-";
/** In the attempt's folder: the process that uses it. */
export const SHELL_OWNER = "shell-owner.json";

export async function stageShell(
  workspace: Workspace,
  name: string,
  step: string,
): Promise<StagedShell | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  const index = stepIndex(run, step);
  if (isRefusal(index)) return index;
  const ports = workspace.enginePorts({ keepWork: true, committed: () => {} });
  const missing = await missingOutput(ports, run, index);
  if (missing !== null) return missing;
  const attemptId = `${SHELL_PREFIX}${ports.random.id()}`;
  claim(workspace, attemptId);
  const prepared = await orderOf(ports, run, index, attemptId);
  if (isRefusal(prepared)) return prepared;
  const { order, staged } = prepared;
  const processes = order.processes.length;
  return {
    workFolder: staged.workFolder,
    script: writeScript(staged.workFolder, order.script),
    variables: { ...order.variables, ...order.processes[0] },
    outputs: staged.outputs,
    warnings:
      processes > 1
        ? [`the step ran as ${processes} processes; this shell is the first of them`]
        : [],
  };
}

/** Says whose the folders are before there are any, so that `gc` leaves them alone. */
function claim(workspace: Workspace, attemptId: string): void {
  const folder = path.join(places.attempts(workspace.folder), attemptId);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, SHELL_OWNER), JSON.stringify(workspace.self()));
}

async function orderOf(
  ports: EnginePorts,
  run: RecordedRun,
  index: number,
  attemptId: string,
): Promise<{ readonly order: AttemptOrder; readonly staged: StagedAttempt } | Refusal> {
  const { plan, row } = run;
  const node = plan.graph.steps[index] as StepNode;
  const planned = plan.steps[index] as (typeof plan.steps)[number];
  const identity = plan.environments[planned.environment];
  if (identity === undefined)
    return refuse("damaged_record", `run ${row.name} does not say the environment of ${node.path}`);
  const built = await ports.environments.build(identity);
  if (!built.ok) return refuse(built.failure.code, built.failure.message, built.failure.hint, 4);
  const code = planned.code === null ? null : plan.codes[planned.code];
  const staged = await ports.contents.stage({
    attemptId,
    snapshotId: code?.snapshotId ?? null,
    outputs: declaredOutputs(node),
  });
  if (!staged.ok) {
    const { failure } = staged;
    return refuse(failure.code, failure.message, failure.hint, 1);
  }
  const readable = await readablePlan(ports.contents, { plan, index, attemptId });
  if ("code" in readable) return refuse(readable.code, readable.message, readable.hint, 1);
  const order = ports.stepTypes.order({
    run: row.name,
    experiment: row.experiment,
    plan: readable,
    index,
    attemptId,
    number: 1,
    epoch: 0,
    staged: staged.value,
    environment: built.value,
    logPath: path.join(staged.value.folder, "shell.log"),
    demand: planned.demand,
    gpus: Array.from({ length: planned.demand.gpus }, (_, gpu) => gpu),
    outputOf: (path, output) => findRecord(run, path, output),
    now: ports.clock.now(),
  });
  if ("code" in order) return refuse(order.code, order.message, order.hint, 1);
  return { order, staged: staged.value };
}

/** What an earlier step made must be there as it was made: other bytes would show another step. */
async function missingOutput(
  ports: EnginePorts,
  run: RecordedRun,
  index: number,
): Promise<Refusal | null> {
  const node = run.plan.graph.steps[index] as StepNode;
  for (const [name, { source }] of Object.entries(node.inputs)) {
    if (source.kind !== "step") continue;
    const record = findRecord(run, source.step, source.output);
    if (record === null)
      return refuse(
        "no_output_yet",
        `step ${node.path} reads ${source.step}.${source.output}, which run ${run.row.name} never made`,
        `see why: stepwell show ${run.row.name}`,
        1,
      );
    if (await ports.contents.verify(record)) continue;
    return refuse(
      "damaged_output",
      `input ${name} of step ${node.path} was deleted or changed since: ${record.path}`,
      `make it again: stepwell rerun ${run.row.name}`,
      1,
    );
  }
  return null;
}

/** `./step.sh`, or another name where the code has a file of that name. */
function writeScript(workFolder: string, script: string): string {
  const quoted = `'${script.replaceAll("'", `'\\''`)}'`;
  const text = `#!/usr/bin/env bash\nexec bash -c ${quoted}\n`;
  for (let copy = 1; ; copy += 1) {
    const file = path.join(workFolder, copy === 1 ? "step.sh" : `step-${copy}.sh`);
    try {
      fs.writeFileSync(file, text, { mode: 0o755, flag: "wx" });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
