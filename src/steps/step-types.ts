// The table of step types: which of them run here, and how. A missing row is a compile error.

import fs from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { StepError } from "../core/event.ts";
import { namedFiles } from "../core/named-files.ts";
import { ARTIFACTS, type LoggedValues, type UndeclaredReads } from "../core/output.ts";
import { shellWord } from "../core/shell-word.ts";
import type { AttemptOrder } from "../ports/compute.ts";
import type { AttemptContext, StepTypes } from "../ports/step-types.ts";
import type { StepNode, StepType } from "../spec/graph.ts";
import { put } from "../spec/own-keys.ts";
import { commandOrder, type OrderSettings, type ShellVariables } from "./command-step.ts";
import { secretsOf } from "./inherited-variables.ts";
import { maskLog, textMasker } from "./mask-log.ts";
import { readMetricsFile } from "./metrics-file.ts";
import { METRICS_OUTPUT, readMetricsOutput } from "./metrics-output.ts";
import { mlflowArtifacts, registeredByMlflow } from "./mlflow-artifacts.ts";
import { readMlflowStore } from "./mlflow-store.ts";
import { metricsFile, mlflowFolder } from "./step-variables.ts";
import { transferStepOrder } from "./transfer-step.ts";
import { type ReadLine, readRecord, undeclaredReads } from "./undeclared-reads.ts";
import { readsFile } from "./watch-python.ts";
import { isUnwanted, watchRules } from "./watch-rules.ts";
import { readStrace, STRACE_MISSING } from "./watch-strace.ts";

/** `runs: false`: parsed, validated and planned, but refused before anything starts. */
export const STEP_TYPES = {
  command: { runs: true },
  parallel: { runs: false },
  sweep: { runs: false },
  spark: { runs: false },
  automl: { runs: false },
  data_transfer: { runs: true },
  import: { runs: false },
  if_else: { runs: false },
  do_while: { runs: false },
  parallel_for: { runs: false },
} as const satisfies Record<StepType, { readonly runs: boolean }>;

/** One for all: a run keeps what each of its steps logged. */
const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** The engine's view of step types. `shell` gives the variables of a run's submitter. */
export function createStepTypes(
  shell: (run: string) => ShellVariables,
  settings: OrderSettings,
): StepTypes {
  const found = new WeakMap<ShellVariables, readonly string[]>();
  const secretsIn = (variables: ShellVariables): readonly string[] => {
    const secrets = found.get(variables) ?? secretsOf(variables);
    found.set(variables, secrets);
    return secrets;
  };
  const maskOf = (runs: readonly string[]): Mask =>
    textMasker(runs.flatMap((one) => secretsIn(shell(one))));
  const rules = settings.watch === null ? null : watchRules(settings.watch, process.env);
  const namedOutside = (step: StepNode): readonly ReadLine[] =>
    rules === null
      ? []
      : namedFiles(step, homedir())
          .filter((file) => !isUnwanted(file, rules))
          .map((text) => ({ kind: "n", text }));
  return {
    order(context: AttemptContext): AttemptOrder | StepError {
      const node = context.plan.graph.steps[context.index] as StepNode;
      const orderOf = node.type === "data_transfer" ? transferStepOrder : commandOrder;
      const variables = shell(context.run);
      if (variables.unread !== undefined) return unreadVariables(variables.unread);
      if (secretsIn(variables).length > 0) makePrivate(context.logPath);
      return orderOf(context, variables, settings);
    },
    maskLog(runs, logPath) {
      const secrets = runs.flatMap((run) => secretsIn(shell(run)));
      return secrets.length === 0 ? null : maskLog(logPath, secrets);
    },
    artifacts(staged) {
      const store = mlflowFolder(staged.folder);
      return fs.existsSync(store) ? mlflowArtifacts(store) : [];
    },
    logged: ({ folder }, runs) => maskLogged(readLogged(folder), maskOf(runs)),
    collect(staged, outputs, { run, heirTo, step, inputs }) {
      const traced = step.trace ? readStrace(staged.folder) : null;
      const warnings = step.trace && traced === null ? [STRACE_MISSING] : [];
      const written = outputs[METRICS_OUTPUT];
      const ofOutput = written ? readMetricsOutput(written.path) : null;
      const logged = readLogged(staged.folder);
      const metrics = { ...ofOutput?.metrics, ...logged.metrics };
      const registered = logged.store === null ? [] : registeredElsewhere(logged.store, run, step);
      warnings.push(...(ofOutput?.warnings ?? []), ...logged.warnings, ...registered);
      const lines = traced ?? readRecord(readsFile(staged.folder));
      const named = traced === null && step.trace !== false ? namedOutside(step) : [];
      const undeclared = undeclaredOf(staged.folder, step, inputs, [...(lines ?? []), ...named]);
      const watchedBy = traced === null ? "python" : "strace";
      const mask = maskOf([run, ...heirTo]);
      return {
        ...maskLogged({ metrics, loggedParameters: logged.loggedParameters }, mask),
        warnings: mask === null ? warnings : warnings.map(mask),
        ...(lines === null ? {} : { watchedBy }),
        ...(undeclared === undefined ? {} : { undeclared }),
      };
    },
  };
}

/** A run of another user in a workspace of a group, whose engine was killed. */
function unreadVariables(why: string): StepError {
  return {
    code: "variables_unread",
    message: `the variables of the shell that submitted the run cannot be read: ${why}`,
    hint: "run it again as the user who submitted it",
  };
}

interface ReadLogged extends LoggedValues {
  /** MLflow's folder; null: there is none. */
  readonly store: string | null;
  readonly warnings: readonly string[];
}

/** What was logged through MLflow, and below it what stands in the file of metrics. */
function readLogged(folder: string): ReadLogged {
  const place = mlflowFolder(folder);
  const store = fs.existsSync(place) ? place : null;
  const logged = store === null ? null : readMlflowStore(store);
  const file = metricsFile(folder);
  const lines = fs.existsSync(file) ? readMetricsFile(file) : null;
  const metrics: Record<string, number> = {};
  for (const { name, value } of logged?.metrics ?? []) put(metrics, name, value);
  for (const { name, value } of lines?.metrics ?? []) put(metrics, name, value);
  return {
    store,
    metrics,
    loggedParameters: logged?.parameters ?? NOTHING,
    warnings: [...(logged?.warnings ?? []), ...(lines?.warnings ?? [])],
  };
}

type Mask = ((text: string) => string) | null;

function maskLogged({ metrics, loggedParameters }: LoggedValues, mask: Mask): LoggedValues {
  return {
    metrics: Object.keys(metrics).length === 0 ? NOTHING : maskKeys(metrics, mask),
    loggedParameters: maskTexts(loggedParameters, mask),
  };
}

/** Of two that are alike then the later one counts. */
function maskKeys<T>(record: Readonly<Record<string, T>>, mask: Mask): Readonly<Record<string, T>> {
  if (mask === null) return record;
  const masked: Record<string, T> = {};
  for (const [name, value] of Object.entries(record)) put(masked, mask(name), value);
  return masked;
}

function maskTexts(texts: Readonly<Record<string, string>>, mask: Mask) {
  if (mask === null) return texts;
  const values = Object.entries(texts).map(([name, text]) => [name, mask(text)]);
  return maskKeys(Object.fromEntries(values) as Readonly<Record<string, string>>, mask);
}

/** Nobody else reads the log, in which secrets stand until the attempt has ended. Where it cannot be made the supervisor says so. */
function makePrivate(log: string): void {
  try {
    fs.mkdirSync(path.dirname(log), { recursive: true });
    const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    // An earlier attempt may have put a pipe or a link there.
    fs.closeSync(fs.openSync(log, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** MLflow says that a model is registered; it is so in the store of the attempt, which nobody else reads. */
function registeredElsewhere(store: string, run: string, step: StepNode): readonly string[] {
  const output = step.path === "." ? ARTIFACTS : `${step.path}.${ARTIFACTS}`;
  return registeredByMlflow(store).map(({ name, path }) => {
    const at = path === null ? "PATH" : `azureml://jobs/${run}/outputs/${output}/paths/${path}`;
    const command = `stepwell model create --name ${shellWord(name)} --type mlflow_model --path ${shellWord(at)}`;
    return `MLflow registered the model ${name} for this step alone; to have it in the workspace: ${command}`;
  });
}

/** What it relied on without saying so. */
function undeclaredOf(
  folder: string,
  step: StepNode,
  inputs: readonly string[],
  lines: readonly ReadLine[],
): UndeclaredReads | undefined {
  if (lines.length === 0) return undefined;
  const hosts = hostsIn(step.environmentVariables.MLFLOW_TRACKING_URI);
  return undeclaredReads(lines, folder, { inputs, hosts }) ?? undefined;
}

function hostsIn(address: string | undefined): readonly string[] {
  return address !== undefined && URL.canParse(address) ? [new URL(address).hostname] : [];
}
