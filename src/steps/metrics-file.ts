// Reads the lines `{"name","value","step"}` that a step of any language appends to $STEPWELL_METRICS. Knows the format;
// a bad line is a warning, because a step that has done its work does not fail for it.

import fs from "node:fs";
import type { MetricPoint } from "../core/output.ts";

/** More warnings than this say nothing new. */
const MAX_WARNINGS = 10;

export interface MetricsFile {
  /** In the order of the lines. */
  readonly metrics: readonly MetricPoint[];
  readonly warnings: readonly string[];
}

/** Reads a file of metrics; no file, no metrics. A last line without an end may be half written: no warning. */
export function readMetricsFile(file: string): MetricsFile {
  let text: string;
  let at: number;
  try {
    text = fs.readFileSync(file, "utf8");
    at = Math.round(fs.statSync(file).mtimeMs);
  } catch {
    return { metrics: [], warnings: [] };
  }
  const metrics: MetricPoint[] = [];
  const warnings: string[] = [];
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const point = readLine(line, at);
    if (typeof point !== "string") metrics.push(point);
    else if (index < lines.length - 1) warnings.push(`metrics line ${index + 1}: ${point}`);
  }
  return { metrics, warnings: shortened(warnings) };
}

/** A point, or what is wrong with the line. */
function readLine(line: string, fileTime: number): MetricPoint | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return `not JSON: ${line.slice(0, 80)}`;
  }
  if (typeof parsed !== "object" || parsed === null) return 'not an object like {"name", "value"}';
  const { name, value, step = null, at = fileTime } = parsed as Record<string, unknown>;
  if (typeof name !== "string" || name === "") return '"name" must be a text';
  if (typeof value !== "number") return `"value" of ${name} must be a number`;
  if (step !== null && typeof step !== "number") return `"step" of ${name} must be a number`;
  return { name, value, step, at: typeof at === "number" ? at : fileTime };
}

function shortened(warnings: readonly string[]): readonly string[] {
  if (warnings.length <= MAX_WARNINGS) return warnings;
  const more = warnings.length - MAX_WARNINGS;
  return [...warnings.slice(0, MAX_WARNINGS), `${more} more lines of metrics cannot be read`];
}
