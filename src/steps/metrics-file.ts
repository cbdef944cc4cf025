// Reads the lines `{"name","value","step"}` that a step of any language appends to $STEPWELL_METRICS. Knows the format;
// a bad line is a warning, because a step that has done its work does not fail for it.

import fs from "node:fs";
import type { MetricPoint } from "../core/output.ts";
import { leftOut, notFinite, parseJson } from "./metric-number.ts";

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
    if (point === null && index === lines.length - 1) continue;
    if (point !== null && typeof point !== "string") metrics.push(point);
    else warnings.push(`metrics line ${index + 1}: ${point ?? `not JSON: ${line.slice(0, 80)}`}`);
  }
  return { metrics, warnings: shortened(warnings) };
}

/** A point, or what is wrong with the line; null for no JSON. */
function readLine(line: string, fileTime: number): MetricPoint | string | null {
  let parsed: unknown;
  try {
    parsed = parseJson(line);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return 'not an object like {"name", "value"}';
  const { name, value, step = null, at = fileTime } = parsed as Record<string, unknown>;
  if (typeof name !== "string" || name === "") return '"name" must be a text';
  const written = notFinite(value);
  if (written !== null) return leftOut(name, written);
  if (typeof value !== "number") return `"value" of ${name} must be a number`;
  if (step !== null && typeof step !== "number") return `"step" of ${name} must be a number`;
  return { name, value, step, at: typeof at === "number" ? at : fileTime };
}

function shortened(warnings: readonly string[]): readonly string[] {
  if (warnings.length <= MAX_WARNINGS) return warnings;
  const more = warnings.length - MAX_WARNINGS;
  return [...warnings.slice(0, MAX_WARNINGS), `${more} more lines of metrics cannot be read`];
}
