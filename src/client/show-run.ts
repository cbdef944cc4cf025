// How a notebook shows plans, runs and what they made: the graph with states, tables, a chart, the first rows of data.

import { type GraphNode, graphSvg } from "../display/graph-svg.ts";
import { metricsSvg, previewHtml, tableHtml } from "../display/tables.ts";
import type { PipelineParts } from "../sdk/pipeline-parts.ts";
import type { Row } from "../sdk/run.ts";
import type { PlanReport, RunReport, StepReport } from "../sdk/run-report.ts";
import { type Shown, shownAs } from "../sdk/shown.ts";
import { counted } from "../spec/counted.ts";

type State = Pick<GraphNode, "state" | "note">;

/** `parts` null: only the name of the run is known, so its steps are a table. */
export function shownRun(report: RunReport, parts: PipelineParts | null): Shown {
  const { name, status, steps } = report;
  const rows = steps.map((step) => [step.name, stateOf(step), seconds(step), reasonOf(step)]);
  const table = tableHtml(["step", "", "took", "why"], rows, `${name}: ${status}`);
  const html = parts === null ? table : `${graphSvg(parts.draw(byTop(steps)))}\n${table}`;
  return { "text/plain": `${name}: ${status}`, "text/html": html };
}

export function shownPlan(plan: PlanReport, parts: PipelineParts): PlanReport {
  return shownAs(plan, () => {
    const about = (name: string): State => {
      const own = plan.steps.filter((step) => belongs(step.name, name));
      const first = own.find((step) => step.decision === "run") ?? own[0];
      return { state: first?.decision ?? null, note: first?.reason.detail ?? null };
    };
    const rows = plan.steps.map(({ name, decision, reason, forecastS }) => [
      name,
      decision,
      forecastS === null ? "" : `${forecastS.toFixed(1)} s`,
      reason.detail,
    ]);
    const { run, reuse, depends } = plan.counts;
    const text = `${run} to run, ${reuse} to reuse, ${depends} depending on them`;
    const table = tableHtml(["step", "", "about", "why"], rows, text);
    return { "text/plain": text, "text/html": `${graphSvg(parts.draw(about))}\n${table}` };
  });
}

export function shownMetrics<M extends Readonly<Record<string, number>>>(metrics: M): M {
  return shownAs(metrics, () => ({
    "text/plain": JSON.stringify(metrics),
    "image/svg+xml": metricsSvg(metrics),
  }));
}

export function shownRows(rows: readonly Row[]): readonly Row[] {
  return shownAs(rows as Row[], () => ({
    "text/plain": counted(rows.length, "row"),
    "text/html": previewHtml(rows),
  }));
}

/** A pipeline in a pipeline is one box: of what is in it the most telling state counts. */
function byTop(steps: readonly StepReport[]): (name: string) => State {
  return (name) => {
    const own = steps.filter((step) => belongs(step.name, name) && step.type !== "pipeline");
    const states = own.map(stateOf);
    const state = TELLING.find((one) => states.includes(one)) ?? states[0] ?? null;
    const [only, second] = own;
    return { state, note: only === undefined || second !== undefined ? null : seconds(only) };
  };
}

const TELLING = ["Failed", "Canceled", "Running", "Finalizing", "Preparing", "Queued", "ran"];

function belongs(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}.`);
}

function stateOf({ status, reuse }: StepReport): string {
  if (status !== "Completed") return status;
  return reuse.decision === "ran" ? "ran" : reuse.decision === "none" ? status : "reused";
}

function reasonOf({ error, reuse }: StepReport): string {
  return error?.message ?? reuse.reason?.detail ?? "";
}

function seconds({ attempts, reuse }: StepReport): string {
  const last = attempts.at(-1);
  if (reuse.decision !== "ran" || !last?.started || !last.finished) return "";
  return `${((Date.parse(last.finished) - Date.parse(last.started)) / 1000).toFixed(1)} s`;
}
