// The file store that MLflow writes while a step runs: laid out beforehand, so that logging without `start_run`, autolog
// and nested runs find an experiment and a run; read when the step has ended. Knows MLflow's files, never MLflow itself.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { MetricPoint } from "../core/output.ts";
import { fileLines } from "./file-lines.ts";
import { leftOut } from "./metric-number.ts";
import { readStepFile } from "./step-file.ts";

export interface MlflowStoreOptions {
  readonly experimentName: string;
  readonly runName: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Becomes the id of the MLflow run: letters, digits, `_` and `-`. */
  readonly id: string;
}

export interface LoggedMetrics {
  /** Of each name the latest value that is finite. */
  readonly metrics: readonly MetricPoint[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Metrics whose latest value is no number, and runs that do not count. */
  readonly warnings: readonly string[];
}

/** Makes the store and gives the variables by which MLflow finds it. */
export function layOutMlflowStore(
  folder: string,
  options: MlflowStoreOptions,
): Record<string, string> {
  const experiment = path.join(folder, EXPERIMENT_ID);
  const run = path.join(experiment, options.id);
  const uri = pathToFileURL(folder).href;
  const experimentUri = `${uri}/${EXPERIMENT_ID}`;
  // MLflow 3 takes a folder without these for no run.
  for (const name of ["tags", "metrics", "params", "artifacts"])
    fs.mkdirSync(path.join(run, name), { recursive: name === "tags" });
  writeYaml(path.join(experiment, "meta.yaml"), {
    artifact_location: experimentUri,
    creation_time: options.now,
    experiment_id: EXPERIMENT_ID,
    last_update_time: options.now,
    lifecycle_stage: "active",
    name: options.experimentName,
  });
  writeYaml(path.join(run, "meta.yaml"), {
    artifact_uri: `${experimentUri}/${options.id}/artifacts`,
    end_time: null,
    entry_point_name: "",
    experiment_id: EXPERIMENT_ID,
    lifecycle_stage: "active",
    run_id: options.id,
    run_name: options.runName,
    run_uuid: options.id,
    source_name: "",
    source_type: SOURCE_LOCAL,
    source_version: "",
    start_time: options.now,
    status: STATUS_RUNNING,
    tags: [],
    user_id: "stepwell",
  });
  fs.writeFileSync(path.join(run, "tags", "mlflow.runName"), options.runName);
  fs.writeFileSync(path.join(run, "tags", MAIN_TAG), "true");
  return {
    MLFLOW_TRACKING_URI: uri,
    MLFLOW_RUN_ID: options.id,
    MLFLOW_EXPERIMENT_ID: EXPERIMENT_ID,
    MLFLOW_EXPERIMENT_NAME: options.experimentName,
    MLFLOW_ALLOW_FILE_STORE: "true",
  };
}

/**
 * What was logged: of the run that was laid out; where nothing was logged to it, of all runs that are nobody's child.
 * A store that is not there, or half written, gives what can be read.
 */
export function readMlflowStore(folder: string): LoggedMetrics {
  const own = stepRuns(folder);
  const chosen = own.map(readRun);
  const tags = Object.assign({}, ...chosen.map((run) => run.tags)) as Record<string, string>;
  delete tags[MAIN_TAG];
  return {
    metrics: chosen.flatMap((run) => run.metrics),
    parameters: Object.assign({}, ...chosen.map((run) => run.parameters)),
    tags,
    warnings: [...chosen.flatMap((run) => run.warnings), ...besideOwn(folder, own)],
  };
}

/** A script that begins one run after another has logged to the step's own only in the first of them. */
function besideOwn(store: string, own: readonly string[]): readonly string[] {
  const others = runFolders(store).filter(
    (run) => !own.includes(run) && !hasTag(run, PARENT_TAG) && !isUntouched(run),
  );
  if (others.length === 0) return [];
  const runs = others.length === 1 ? "one more MLflow run" : `${others.length} more MLflow runs`;
  return [
    `${runs} beside the step's own logged values, which are not recorded: log them to one run`,
  ];
}

/** Folders of the MLflow runs that are the step's own. Their metrics, of which there may be millions, are not read. */
export function stepRuns(store: string): readonly string[] {
  const runs = runFolders(store);
  const main = runs.find((run) => hasTag(run, MAIN_TAG));
  if (main !== undefined && !isUntouched(main)) return [main];
  return runs.filter((run) => !hasTag(run, PARENT_TAG));
}

const EXPERIMENT_ID = "1";
const MAIN_TAG = "stepwell.main";
const PARENT_TAG = "mlflow.parentRunId";
/** Numbers of MLflow's protocol: SourceType.LOCAL and RunStatus.RUNNING. */
const SOURCE_LOCAL = 4;
const STATUS_RUNNING = 1;

/** JSON scalars are YAML scalars, so names need no quoting rules of their own. */
function writeYaml(file: string, fields: Readonly<Record<string, unknown>>): void {
  const lines = Object.entries(fields).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}\n`,
  );
  fs.writeFileSync(file, lines.join(""));
}

/** Folders of runs, oldest first. */
function runFolders(store: string): string[] {
  const experiments = folders(store).filter((name) => name !== ".trash" && name !== "models");
  return experiments
    .flatMap((name) => folders(path.join(store, name)).map((run) => path.join(store, name, run)))
    .filter((run) => fs.existsSync(path.join(run, "meta.yaml")))
    .sort((a, b) => startTime(a) - startTime(b));
}

function startTime(run: string): number {
  return Number(/^start_time: (\d+)/m.exec(readText(path.join(run, "meta.yaml")))?.[1] ?? 0);
}

function readRun(run: string): LoggedMetrics {
  const read = files(path.join(run, "metrics")).map((name) =>
    readMetric(name, path.join(run, "metrics", name)),
  );
  return {
    metrics: read.flatMap(({ finite }) => finite ?? []),
    parameters: readTexts(path.join(run, "params")),
    tags: readTexts(path.join(run, "tags")),
    warnings: read.flatMap(({ latest }) =>
      latest === null || Number.isFinite(latest.value)
        ? []
        : [leftOut(latest.name, String(latest.value))],
    ),
  };
}

function hasTag(run: string, tag: string): boolean {
  return fs.existsSync(path.join(run, "tags", tag));
}

function isUntouched(run: string): boolean {
  const metrics = path.join(run, "metrics");
  const isEmpty = (name: string): boolean => {
    const stats = fs.lstatSync(path.join(metrics, name), { throwIfNoEntry: false });
    return stats?.isFile() !== true || stats.size === 0;
  };
  return files(metrics).every(isEmpty) && files(path.join(run, "params")).length === 0;
}

interface ReadMetric {
  readonly latest: MetricPoint | null;
  readonly finite: MetricPoint | null;
}

/** Lines of `timestamp value step …`, however many, compared as MLflow itself decides which value is the latest. */
function readMetric(name: string, file: string): ReadMetric {
  let latest: MetricPoint | null = null;
  let finite: MetricPoint | null = null;
  for (const line of linesOf(file)) {
    const point = readPoint(name, line);
    if (point === null) continue;
    if (isLater(point, latest)) latest = point;
    if (Number.isFinite(point.value) && isLater(point, finite)) finite = point;
  }
  return { latest, finite };
}

function readPoint(name: string, line: string): MetricPoint | null {
  // As MLflow writes it; there may be millions.
  const words = ODD_BLANKS.test(line) ? line.trim().split(/\s+/) : line.split(" ");
  const [at, value, step] = words;
  if (at === undefined || value === undefined || value === "") return null;
  const point = { name, value: numberOf(value), step: Number(step ?? 0), at: Number(at) };
  return Number.isFinite(point.step) && Number.isFinite(point.at) ? point : null;
}

const ODD_BLANKS = /^\s|\s\s|[^\S ]|\s$/;

/** Of two alike the one that was written later. */
function isLater(point: MetricPoint, than: MetricPoint | null): boolean {
  if (than === null) return true;
  const steps = (point.step ?? 0) - (than.step ?? 0);
  return steps > 0 || (steps === 0 && point.at >= than.at);
}

function* linesOf(file: string): Iterable<string> {
  try {
    yield* fileLines(file, "utf8");
  } catch (error) {
    // Gone, or not to be read.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** Python's `inf` and `nan` too. */
function numberOf(text: string): number {
  const number = Number(text);
  if (!Number.isNaN(number)) return number;
  const [, sign = "", infinite] = /^([+-]?)(inf(?:inity)?)$/i.exec(text) ?? [];
  return infinite === undefined ? number : Number(`${sign}Infinity`);
}

function readTexts(folder: string): Record<string, string> {
  return Object.fromEntries(files(folder).map((name) => [name, readText(path.join(folder, name))]));
}

function readText(file: string): string {
  return readStepFile(file) ?? "";
}

function folders(folder: string): string[] {
  return entries(folder).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** Paths of all files below: a metric `a/b` is a file in a folder. */
function files(folder: string): string[] {
  return entries(folder).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    return files(path.join(folder, entry.name)).map((name) => `${entry.name}/${name}`);
  });
}

function entries(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
