// Reads the lines `{"name","value","step"}` that a step of any language appends to $STEPWELL_METRICS. Knows the format;
// a bad line is a warning, because a step that has done its work does not fail for it.

import fs from "node:fs";
import type { MetricPoint } from "../core/output.ts";
import { fileLines } from "./file-lines.ts";
import { leftOut, notFinite, parseJson } from "./metric-number.ts";

/** More warnings than this say nothing new. */
const MAX_WARNINGS = 10;

export interface MetricsFile {
  /** The last of each name, in the order in which the names came first. */
  readonly metrics: readonly MetricPoint[];
  readonly warnings: readonly string[];
}

/**
 * Reads a file of metrics; no file that can be read, no metrics: a step may put anything in its place. A last line without
 * an end may be half written: no warning.
 */
export function readMetricsFile(file: string): MetricsFile {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    const stats = fs.statSync(file);
    if (stats.isFile()) return readLines(file, Math.round(stats.mtimeMs));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
  return { metrics: [], warnings: [] };
}

function readLines(file: string, at: number): MetricsFile {
  const metrics = new Map<string, MetricPoint>();
  const warnings: string[] = [];
  let number = 0;
  let bad = 0;
  const warn = (text: string): void => {
    bad += 1;
    if (bad <= MAX_WARNINGS) warnings.push(`metrics line ${number}: ${text}`);
  };
  const take = (line: string, isLast: boolean): void => {
    number += 1;
    if (line.trim() === "") return;
    const point = readLine(line, at);
    if (point === null && isLast) return;
    if (point === null) warn(`not JSON: ${line.slice(0, 80)}`);
    else if (typeof point === "string") warn(point);
    else metrics.set(point.name, point);
  };
  let held: string | null = null;
  for (const line of fileLines(file, "utf8")) {
    if (held !== null) take(held, false);
    held = line;
  }
  if (held !== null) take(held, true);
  const more = bad - MAX_WARNINGS;
  if (more > 0) warnings.push(`${more} more lines of metrics cannot be read`);
  return { metrics: [...metrics.values()], warnings };
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
