// One step of a run for `show RUN STEP`: what it was to do, what it read and made, and how its attempts ended.

import type { RecordedRun } from "../operations/recorded/read-run.ts";
import type { AttemptView, StepView } from "../operations/recorded/run-view.ts";
import { liveCode, liveFolder } from "../spec/frozen-root.ts";
import type { EnvironmentReference, StepNode } from "../spec/graph.ts";
import { duration, number } from "./format.ts";
import { loggedMark } from "./logged-mark.ts";

/** The JSON form: the step as in the view of its run, and what its definition says. */
export interface StepReport extends StepView {
  readonly schema: 1;
  readonly run: string;
  /** The template of the definition; null for a pipeline, and for types without one. */
  readonly command: string | null;
  readonly code: { readonly path: string | null; readonly includes: readonly string[] } | null;
  readonly environment: string | null;
  readonly compute: string | null;
  /** Steps of a nested pipeline, else none. */
  readonly steps: readonly StepView[];
}

/** `steps`: those of the run's view, the step among them. */
export function stepReport(
  run: RecordedRun,
  step: StepView,
  steps: readonly StepView[],
): StepReport {
  const node = run.plan.graph.steps.find(({ path }) => path === step.name);
  return {
    schema: 1,
    run: run.row.name,
    ...step,
    command: node?.command ?? null,
    code: codeOf(node),
    environment: environmentName(node?.environment ?? null),
    compute: node?.compute ?? null,
    steps: node === undefined ? steps.filter(({ name }) => name.startsWith(`${step.name}.`)) : [],
  };
}

function codeOf(node: StepNode | undefined): StepReport["code"] {
  if (!node?.code) return null;
  const { path, includes } = liveCode(node.code);
  return { path, includes };
}

/** As it is written in a definition, or the file that defines it. */
function environmentName(environment: EnvironmentReference | null): string | null {
  if (environment === null) return null;
  if (environment.kind === "asset") return assetName(environment);
  const { name, conda, requirements, project, python, build, image } = environment;
  const file = requirements?.path ?? conda?.path ?? project ?? python ?? build?.path ?? null;
  return name ?? (file === null ? null : liveFolder(file)) ?? image ?? "written in the step";
}

function assetName({ name, version, label, registry }: NamedEnvironment): string {
  if (registry === null) return `azureml:${name}${version === null ? `@${label}` : `:${version}`}`;
  const which = version === null ? `labels/${label}` : `versions/${version}`;
  return `azureml://registries/${registry}/environments/${name}/${which}`;
}

type NamedEnvironment = Extract<EnvironmentReference, { readonly kind: "asset" }>;

/** Lines for people, in the order in which a reader asks; those of its error are not among them. */
export function stepLines(report: StepReport): readonly string[] {
  const { code, environment, compute, tracking, log } = report;
  return [
    ...(report.command === null ? [] : commandLines(report.command)),
    ...(code?.path ? [`code ${code.path}`] : []),
    ...(code?.includes ?? []).map((path) => `include ${path}`),
    ...(environment === null ? [] : [`environment ${environment}`]),
    ...(compute === null ? [] : [`compute ${compute}`]),
    ...Object.entries(report.inputs).map(([name, input]) => `input ${name}  ${inputText(input)}`),
    ...Object.entries(report.outputs).map(([name, { path }]) => `output ${name}  ${path}`),
    ...Object.entries(report.metrics).map(
      ([name, value]) =>
        `metric ${name}  ${number(value)}${loggedMark(report.status !== "Completed")}`,
    ),
    ...Object.entries(report.parameters).map(([name, value]) => `logged ${name}  ${value}`),
    ...(tracking === null ? [] : [`metrics went to ${tracking}`]),
    ...report.attempts.map(attemptLine),
    ...(log === null ? [] : [`log ${log}`]),
  ];
}

/** A command of one line beside its word, one of several below it as it was written. */
function commandLines(command: string): readonly string[] {
  const lines = command.trimEnd().split("\n");
  return lines.length === 1
    ? [`command ${lines[0]}`]
    : ["command", ...lines.map((line) => `  ${line}`)];
}

function inputText(input: unknown): string {
  const { path, value, from, asset } = input as {
    readonly path?: string | null;
    readonly value?: string | null;
    readonly from?: string;
    readonly asset?: string | null;
  };
  if (path === undefined) return value ?? "(not set)";
  const source = from ?? asset ?? null;
  if (path === null) return source === null ? "(not there)" : `of ${source}, not made`;
  return source === null ? path : `${path}  (${source})`;
}

/** Until now where it goes on; empty where it never began. */
export function took({ started, finished }: AttemptView): string {
  if (started === null) return "";
  const end = finished === null ? Date.now() : Date.parse(finished);
  return duration(end - Date.parse(started));
}

/** Empty where it began anew. */
export function continuation({ checkpoint }: AttemptView): string {
  if (checkpoint === null) return "";
  return `continued from a checkpoint ${duration(checkpoint.ageS * 1000)} old`;
}

function attemptLine(attempt: AttemptView): string {
  const { started, exitCode, signal } = attempt;
  const parts = [
    `attempt ${attempt.number} ${attempt.status}`,
    ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
    ...(signal === null ? [] : [`signal ${signal}`]),
    ...(started === null ? ["never began"] : [took(attempt), `at ${started}`]),
    continuation(attempt),
  ];
  return parts.filter((part) => part !== "").join(", ");
}
