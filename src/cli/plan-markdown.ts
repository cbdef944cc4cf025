// A plan in one line, and as Markdown for a comment on a change. Names and reasons come from files of whoever made the
// change: nothing of them is taken for Markdown or HTML.

import type { RunForecast, StepForecast } from "../operations/plans/plan-run.ts";
import { duration } from "./format.ts";

/** `2 to run, 3 to reuse; about 14 s of work`. */
export function planSummary({ counts, steps }: RunForecast): string {
  const { run, reuse, depends, skip } = counts;
  const parts = [`${run} to run`, `${reuse} to reuse`];
  if (depends > 0) parts.push(`${depends} ${run > 0 ? "depending on them" : "that may do either"}`);
  if (skip > 0) parts.push(`${skip} skipped`);
  return `${parts.join(", ")}${expected(steps)}`;
}

/** More rows than a person reads, and than a comment may hold. */
const ROWS = 100;

const ORDER: readonly StepForecast["decision"][] = ["run", "depends", "reuse", "skip"];

export function planMarkdown({
  file,
  forecast,
}: {
  readonly file: string;
  readonly forecast: RunForecast;
}): string {
  const steps = [...forecast.steps].sort(
    (a, b) => ORDER.indexOf(a.decision) - ORDER.indexOf(b.decision),
  );
  const rows = steps.slice(0, ROWS).map(({ decision, name, forecastS, reason }) => {
    const takes = forecastS ? duration(forecastS * 1000) : "";
    return `| ${decision} | ${cell(name)} | ${takes} | ${cell(reason.detail)} |`;
  });
  const more = steps.length - ROWS;
  const warnings = forecast.steps.flatMap((step) => step.warnings.map((text) => `- ${cell(text)}`));
  return [
    `### Stepwell: ${cell(file)}`,
    "",
    `**${planSummary(forecast)}**`,
    "",
    "| | step | takes | why |",
    "|---|---|---|---|",
    ...rows,
    ...(more > 0 ? ["", `and ${more} more`] : []),
    ...(warnings.length > 0 ? ["", ...warnings.slice(0, ROWS)] : []),
  ].join("\n");
}

function cell(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[&<>]/g, (one) => (one === "&" ? "&amp;" : one === "<" ? "&lt;" : "&gt;"))
    .replaceAll(/[\\`*_{}[\]()#+!|~@]/g, "\\$&");
}

function expected(steps: readonly StepForecast[]): string {
  const open = steps.filter((step) => step.decision === "run" || step.decision === "depends");
  const known = open.flatMap((step) => step.forecastS ?? []);
  if (known.length === 0) return "";
  const sum = known.reduce((total, seconds) => total + seconds, 0);
  const missing = open.length - known.length;
  return `; about ${duration(sum * 1000)} of work${missing > 0 ? ` and ${missing} never timed` : ""}`;
}
