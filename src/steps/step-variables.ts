// The environment of a step: a documented, fixed set of variables. Knows nothing of how the process is started.

import type { AttemptContext } from "../ports/step-types.ts";
import type { StepNode } from "../spec/graph.ts";
import type { ShellVariables } from "./command-step.ts";
import { functionVariables } from "./function-variables.ts";
import { layOutMlflowStore } from "./mlflow-store.ts";
import { watchVariables } from "./watch-python.ts";
import type { WatchPlaces } from "./watch-rules.ts";

/** `variables` win over `shared`, which is the same object for many attempts. */
export interface StepVariables {
  readonly shared: Readonly<Record<string, string>>;
  readonly variables: Record<string, string>;
}

/** Everything but the references of the command itself. Later lines win. The caller may add to `variables`. */
export function stepVariables(
  context: AttemptContext,
  node: StepNode,
  shell: ShellVariables,
  watch: WatchPlaces | null,
): StepVariables {
  const shared = sharedVariables(context, shell);
  const variables: Record<string, string> = {
    ...ownPackages(context, shell),
    ...(context.gpus.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: context.gpus.join(",") }),
    ...metricVariables(context, node, shell),
    ...functionVariables(node),
    ...shell.passed,
    ...node.environmentVariables,
    ...identity(context, node),
  };
  if (watch !== null) watchVariables(context, watch, { shared, variables });
  return { shared, variables };
}

/** The last answer for each environment: the steps of a run mostly ask for the same. */
const known = new WeakMap<
  AttemptContext["environment"],
  { readonly key: string; readonly shell: ShellVariables; readonly shared: StepVariables["shared"] }
>();

/** What does not depend on the step. */
function sharedVariables(context: AttemptContext, shell: ShellVariables): StepVariables["shared"] {
  const { environment, demand, plan } = context;
  const { sourceDateEpoch } = plan.options;
  const key = `${demand.cpus} ${sourceDateEpoch}`;
  const before = known.get(environment);
  if (before?.key === key && before.shell === shell) return before.shared;
  const shared = {
    ...shell.inherited,
    ...DETERMINISM,
    ...buildDate(sourceDateEpoch),
    ...threadLimits(demand.cpus),
    ...environment.variables,
    PATH: pathOf(environment.pathPrefix, shell),
    CUDA_VISIBLE_DEVICES: "",
  };
  known.set(environment, { key, shell, shared });
  return shared;
}

function pathOf(folders: readonly string[], shell: ShellVariables): string {
  return [...folders, shell.inherited.PATH ?? DEFAULT_PATH].join(":");
}

/** A shared environment is read-only: `pip install` in a command puts its packages into the attempt's own folder. */
function ownPackages(context: AttemptContext, shell: ShellVariables): Record<string, string> {
  const planned = context.plan.steps[context.index];
  const identity = context.plan.environments[planned?.environment ?? -1];
  if (identity?.kind !== "uv") return {};
  const folder = `${context.staged.folder}/packages`;
  const PATH = pathOf([`${folder}/bin`, ...context.environment.pathPrefix], shell);
  return { PATH, PIP_PREFIX: folder, STEPWELL_PACKAGES: folder };
}

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Hash order that differs between runs makes other bytes from equal work; compiled files beside an imported module
 * would change recorded outputs; lost prints make failures unreadable.
 */
const DETERMINISM: Readonly<Record<string, string>> = {
  PYTHONHASHSEED: "0",
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONUNBUFFERED: "1",
};

/** 2000-01-01 in UTC: no time zone takes it below the earliest date that zip archives know. */
const SOURCE_DATE_EPOCH = 946_684_800;

/** Tools that write dates into what they make (archives, wheels, figures) take this one instead of now. */
function buildDate(set: number | null | undefined): Record<string, string> {
  if (set === null) return {};
  return { SOURCE_DATE_EPOCH: String(set ?? SOURCE_DATE_EPOCH) };
}

/** Numeric libraries start a thread for each core of the machine unless told how many the step was given. */
function threadLimits(cpus: number): Record<string, string> {
  const count = String(Math.max(1, Math.floor(cpus)));
  return {
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    NUMEXPR_NUM_THREADS: count,
    VECLIB_MAXIMUM_THREADS: count,
  };
}

/** Names under which Azure's and Stepwell's scripts find out where they run. */
function identity(context: AttemptContext, node: StepNode): Record<string, string> {
  const { run, attemptId } = context;
  return {
    AZUREML_RUN_ID: node.path === "." ? run : `${run}.${node.path}`,
    AZUREML_ROOT_RUN_ID: run,
    AZUREML_ARM_SUBSCRIPTION: "00000000-0000-0000-0000-000000000000",
    AZUREML_ARM_RESOURCEGROUP: "stepwell",
    AZUREML_ARM_WORKSPACE_NAME: "stepwell",
    AZUREML_ARM_PROJECT_NAME: context.experiment,
    AZUREML_EXPERIMENT_NAME: context.experiment,
    STEPWELL_RUN: run,
    STEPWELL_STEP: node.path,
    STEPWELL_ATTEMPT: attemptId,
    STEPWELL_ATTEMPT_NUMBER: String(context.number),
    STEPWELL_METRICS: metricsFile(context.staged.folder),
    ...(context.checkpoint === null ? {} : { STEPWELL_CHECKPOINT_DIR: context.checkpoint }),
  };
}

/** Where a step of any language appends `{"name","value","step"}` lines. */
export function metricsFile(attemptFolder: string): string {
  return `${attemptFolder}/metrics.jsonl`;
}

/** Where MLflow keeps what an attempt logs. */
export function mlflowFolder(attemptFolder: string): string {
  return `${attemptFolder}/mlflow`;
}

/**
 * A file store for each attempt. It is laid out beforehand only where MLflow can be met: six folders a step are not
 * free. A tracking URI of the user's own wins.
 */
function metricVariables(
  context: AttemptContext,
  node: StepNode,
  shell: ShellVariables,
): Record<string, string> {
  // The run that is laid out here is unknown there.
  const own = { ...shell.passed, ...node.environmentVariables };
  if (own.MLFLOW_TRACKING_URI !== undefined) return {};
  const environment =
    context.plan.environments[context.plan.steps[context.index]?.environment ?? -1];
  const packages = environment?.packages ?? {};
  const folder = mlflowFolder(context.staged.folder);
  if (!("mlflow" in packages || "mlflow-skinny" in packages || mentionsMlflow(node)))
    return { MLFLOW_TRACKING_URI: `file://${folder}`, MLFLOW_ALLOW_FILE_STORE: "true" };
  return layOutMlflowStore(folder, {
    experimentName: context.experiment,
    runName: `${context.run}.${node.path}`,
    now: context.now,
    id: context.attemptId,
  });
}

function mentionsMlflow(node: StepNode): boolean {
  return node.command?.includes("mlflow") ?? false;
}
