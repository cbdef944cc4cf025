// The environment of a step: a documented, fixed set of variables. Knows nothing of how the process is started.

import type { AttemptContext } from "../ports/step-types.ts";
import type { StepNode } from "../spec/graph.ts";
import type { ShellVariables } from "./command-step.ts";
import { functionVariables } from "./function-variables.ts";
import { layOutMlflowStore } from "./mlflow-store.ts";
import { watchVariables } from "./watch-python.ts";
import type { WatchPlaces } from "./watch-rules.ts";

/**
 * Everything but the references of the command itself. Later lines win. The caller may add to it: sixty variables are not
 * copied more often than needed.
 */
export function stepVariables(
  context: AttemptContext,
  node: StepNode,
  shell: ShellVariables,
  watch: WatchPlaces | null,
): Record<string, string> {
  const packages = ownPackages(context);
  const folders = [...packages.pathPrefix, ...context.environment.pathPrefix];
  const path = [...folders, shell.inherited.PATH ?? DEFAULT_PATH].join(":");
  const variables: Record<string, string> = {
    ...shell.inherited,
    ...context.environment.variables,
    ...packages.variables,
    PATH: path,
    ...DETERMINISM,
    ...buildDate(context.plan.options.sourceDateEpoch),
    ...threadLimits(context.demand.cpus),
    CUDA_VISIBLE_DEVICES: context.gpus.join(","),
    ...metricVariables(context, node),
    ...functionVariables(node),
    ...shell.passed,
    ...node.environmentVariables,
    ...identity(context, node),
  };
  return watch === null
    ? variables
    : Object.assign(variables, watchVariables(context, watch, variables));
}

/** A shared environment is read-only: `pip install` in a command puts its packages into the attempt's own folder. */
function ownPackages(context: AttemptContext): {
  readonly pathPrefix: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
} {
  const planned = context.plan.steps[context.index];
  const identity = context.plan.environments[planned?.environment ?? -1];
  if (identity?.kind !== "uv") return { pathPrefix: [], variables: {} };
  const folder = `${context.staged.folder}/packages`;
  return {
    pathPrefix: [`${folder}/bin`],
    variables: { PIP_PREFIX: folder, STEPWELL_PACKAGES: folder },
  };
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
function metricVariables(context: AttemptContext, node: StepNode): Record<string, string> {
  if (node.environmentVariables.MLFLOW_TRACKING_URI !== undefined) return {};
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
