// Lays out once more what an attempt of a recorded step had: its environment, inputs and variables. For a step that failed
// they are those of its last attempt, in the folders as it left them; else a fresh copy of the code, and output folders of
// its own. Starts nothing and records nothing; `gc` removes what was made.

import fs from "node:fs";
import path from "node:path";
import { NO_ENVIRONMENT } from "../../core/plan.ts";
import type { AttemptState } from "../../core/run-state.ts";
import { quoted } from "../../core/shell-word.ts";
import type { OutputLookup } from "../../core/step-facts.ts";
import { copiedInputs } from "../../engine/copied-inputs.ts";
import type { EnginePorts } from "../../engine/engine-ports.ts";
import { declaredOutputs } from "../../engine/flight.ts";
import { readablePlan } from "../../engine/readable-plan.ts";
import type { AttemptOrder } from "../../ports/compute.ts";
import type { StagedAttempt } from "../../ports/contents.ts";
import { readText } from "../../ports/read-file.ts";
import type { StepNode } from "../../spec/graph.ts";
import { stepIndex } from "../explained/why-step.ts";
import { handedVariables, missingVariables } from "../recorded/handed-variables.ts";
import { findRecord, type RecordedRun, readRun } from "../recorded/read-run.ts";
import { lendShell } from "../recorded/read-shell.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";

export interface StagedShell {
  readonly workFolder: string;
  /** The failed attempt whose own files these are; null for a fresh copy. */
  readonly attempt: number | null;
  /** Runs exactly the step's command; lies in the work folder. */
  readonly script: string;
  /** The complete environment of the step; of what it was handed by name, the values of whoever asks. */
  readonly variables: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Begins the ids of such folders, which no recorded attempt has. */
const SHELL_PREFIX = "shell-";
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
  const ports = workspace.enginePorts({ committed: () => {} });
  const missing = await missingOutput(workspace, run, index);
  if (missing !== null) return missing;
  const lent = await lendVariables(workspace, run);
  if (isRefusal(lent)) return lent;
  const failed = failedAttempt(run, index);
  const left = failed === null ? null : leftBehind(ports, run, index, failed);
  const attempt = left === null ? null : failed;
  const attemptId = attempt?.attemptId ?? `${SHELL_PREFIX}${ports.random.id()}`;
  claim(workspace, attemptId);
  const number = attempt?.number ?? 1;
  const prepared = await orderOf(ports, run, { index, attemptId, number, left });
  if (isRefusal(prepared)) return prepared;
  const { order, staged } = prepared;
  const processes = order.processes.length;
  const gone = failed !== null && attempt === null ? [filesGone(failed.number)] : [];
  return {
    workFolder: staged.workFolder,
    attempt: attempt?.number ?? null,
    script: writeScript(staged.workFolder, order.script),
    variables: { ...order.shared, ...order.variables, ...order.processes[0] },
    outputs: staged.outputs,
    warnings: [
      ...gone,
      ...lent,
      ...(processes > 1
        ? [`the step ran as ${processes} processes; this shell is the first of them`]
        : []),
    ],
  };
}

function filesGone(attempt: number): string {
  return `the files of attempt ${attempt} are gone (the newest ten are kept, and gc removes those older than 7 days): this is a fresh copy`;
}

/** The last attempt of a step that ended badly, or null. */
function failedAttempt(run: RecordedRun, index: number): AttemptState | null {
  const state = run.state.steps[index];
  const isOver = state?.status === "Failed" || state?.status === "Canceled";
  const last = isOver ? state.attempts.at(-1) : undefined;
  return last === undefined || last.startedAt === null ? null : last;
}

function leftBehind(
  ports: EnginePorts,
  run: RecordedRun,
  index: number,
  { attemptId }: AttemptState,
): StagedAttempt | null {
  const outputs = declaredOutputs(run.plan.graph.steps[index] as StepNode);
  return ports.contents.leftBehind({ attemptId, outputs });
}

/** What the step was handed by name is there again, as far as this shell has it; what it has not is told. */
async function lendVariables(
  workspace: Workspace,
  { row, plan }: RecordedRun,
): Promise<readonly string[] | Refusal> {
  const handed = await handedVariables(workspace, plan);
  if (isRefusal(handed)) return handed;
  if (!lendShell(workspace, row.name, handed)) return [];
  return missingVariables(workspace, plan).map(
    (name) => `the step was handed ${name}, which this shell does not have: export it first`,
  );
}

/** Says whose the folders are before there are any, so that `gc` leaves them alone. */
function claim(workspace: Workspace, attemptId: string): void {
  const attempts = places.attempts(workspace.folder);
  const folder = path.join(attempts, attemptId);
  fs.mkdirSync(attempts, { recursive: true });
  // Not with those above it: of a disk that is read-only Node would say then that there is no such folder.
  if (!fs.existsSync(folder)) fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, SHELL_OWNER), JSON.stringify(workspace.self()));
}

interface ShellAttempt {
  readonly index: number;
  readonly attemptId: string;
  readonly number: number;
  /** Its folders, or null: fresh ones. */
  readonly left: StagedAttempt | null;
}

async function orderOf(
  ports: EnginePorts,
  run: RecordedRun,
  { index, attemptId, number, left }: ShellAttempt,
): Promise<{ readonly order: AttemptOrder; readonly staged: StagedAttempt } | Refusal> {
  const { plan, row } = run;
  const node = plan.graph.steps[index] as StepNode;
  const planned = plan.steps[index] as (typeof plan.steps)[number];
  if (planned.environment === NO_ENVIRONMENT)
    return refuse(
      "left_out",
      `${row.name} left out step ${node.path}, and did not ask for its environment`,
      `run it: stepwell rerun ${row.name}`,
    );
  const identity = plan.environments[planned.environment];
  if (identity === undefined)
    return refuse("damaged_record", `run ${row.name} does not say the environment of ${node.path}`);
  const built = await ports.environments.build(identity);
  if (!built.ok) return refuse(built.failure.code, built.failure.message, built.failure.hint, 4);
  const code = planned.code === null ? null : plan.codes[planned.code];
  const fresh = { attemptId, snapshotId: code?.snapshotId ?? null, outputs: declaredOutputs(node) };
  const made = left === null ? await ports.contents.stage(fresh) : null;
  if (made?.ok === false)
    return refuse(made.failure.code, made.failure.message, made.failure.hint, 1);
  const staged = left ?? (made?.value as StagedAttempt);
  const readable = await readablePlan(ports, { plan, index, attemptId });
  if ("code" in readable) return refuse(readable.code, readable.message, readable.hint, 1);
  const known: OutputLookup = (path, output) => findRecord(run, path, output);
  const { folder } = staged;
  const read = { plan: readable, outputOf: known };
  const inputs = await copiedInputs(ports.contents, read, { index, attemptId, folder });
  if ("code" in inputs) return refuse(inputs.code, inputs.message, inputs.hint, 1);
  const order = ports.stepTypes.order({
    run: row.name,
    experiment: row.experiment,
    ...inputs,
    index,
    attemptId,
    number,
    epoch: 0,
    staged,
    environment: built.value,
    checkpoint: node.checkpoint === null ? null : emptyCheckpoint(staged),
    logPath: path.join(staged.folder, "shell.log"),
    demand: planned.demand,
    gpus: ports.gpuNames.slice(0, planned.demand.gpus),
    now: ports.clock.now(),
  });
  if ("code" in order) return refuse(order.code, order.message, order.hint, 1);
  return { order, staged };
}

/** The step's own may be in use. */
function emptyCheckpoint({ folder }: StagedAttempt): string {
  const checkpoint = path.join(folder, "checkpoint");
  fs.mkdirSync(checkpoint, { recursive: true });
  return checkpoint;
}

/** What an earlier step made must be there as it was made: other bytes would show another step. */
async function missingOutput(
  workspace: Workspace,
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
    const notFetched = await workspace.shared?.fetch(record);
    if (notFetched) return notFetched;
    if (await workspace.contents.verify(record)) continue;
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
  const text = `#!/usr/bin/env bash\nexec bash -c ${quoted(script)}\n`;
  for (let copy = 1; ; copy += 1) {
    const file = path.join(workFolder, copy === 1 ? "step.sh" : `step-${copy}.sh`);
    try {
      fs.writeFileSync(file, text, { mode: 0o755, flag: "wx" });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      // A shell before this one wrote it.
      if (isFileOf(file, text)) return file;
    }
  }
}

function isFileOf(file: string, text: string): boolean {
  return fs.statSync(file).isFile() && readText(file) === text;
}
