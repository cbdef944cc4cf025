// Metrics that a step writes as a declared output named `metrics`: one JSON object of numbers. Knows the format; an output
// of that name that is something else is an output like any other.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../ports/read-file.ts";
import { put } from "../spec/own-keys.ts";
import { leftOut, notFinite, parseJson } from "./metric-number.ts";

/** The name that makes an output metrics. */
export const METRICS_OUTPUT = "metrics";

/** A larger file is data. */
const MOST_BYTES = 1 << 20;
/** Objects in objects become `outer.inner`; deeper ones are no metrics any more. */
const DEEPEST = 3;

export interface MetricsOutput {
  readonly metrics: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** `at` is the output: a file, or a folder with one file in it. Empty where it holds no JSON object. */
export function readMetricsOutput(at: string): MetricsOutput {
  const text = readSmall(at);
  if (text === null || !text.trimStart().startsWith("{")) return NO_METRICS;
  try {
    const warnings: string[] = [];
    return { metrics: flat(parseJson(text) as object, "", DEEPEST, warnings), warnings };
  } catch {
    return NO_METRICS;
  }
}

const NO_METRICS: MetricsOutput = { metrics: {}, warnings: [] };

function readSmall(at: string): string | null {
  try {
    const inside = fs.statSync(at).isDirectory() ? fs.readdirSync(at) : null;
    if (inside !== null && inside.length !== 1) return null;
    const file = inside === null ? at : path.join(at, inside[0] as string);
    const stat = fs.statSync(file);
    return stat.isFile() && stat.size <= MOST_BYTES ? readText(file) : null;
  } catch {
    return null;
  }
}

function flat(
  value: object,
  prefix: string,
  depth: number,
  warnings: string[],
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, member] of Object.entries(value)) {
    const written = notFinite(member);
    if (written !== null) warnings.push(leftOut(prefix + name, written));
    else if (typeof member === "number") put(found, prefix + name, member);
    else if (depth > 1 && typeof member === "object" && member !== null && !Array.isArray(member))
      for (const [inner, number] of Object.entries(
        flat(member, `${prefix}${name}.`, depth - 1, warnings),
      ))
        put(found, inner, number);
  }
  return found;
}
