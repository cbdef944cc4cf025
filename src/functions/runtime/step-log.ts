// What a function step logs: metrics as lines of the file that STEPWELL_METRICS names, words as lines of its output.

import fs from "node:fs";
import { format } from "node:util";

export interface StepLog {
  /** A number by its name; `step` is its place on an axis, such as the epoch. */
  metric(name: string, value: number, step?: number): void;
  info(...words: unknown[]): void;
}

export function stepLog(): StepLog {
  return {
    metric: (name, value, step) => {
      const problem = problemWith(name, value, step);
      if (problem !== null) throw new TypeError(problem);
      const line = JSON.stringify({ name, value, step });
      const file = process.env.STEPWELL_METRICS;
      if (file === undefined) process.stdout.write(`metric ${line}\n`);
      else fs.appendFileSync(file, `${line}\n`);
    },
    info: (...words) => {
      process.stdout.write(`${format(...words)}\n`);
    },
  };
}

function problemWith(name: unknown, value: unknown, step: unknown): string | null {
  if (typeof name !== "string" || name === "")
    return "log.metric: the name must be a text that is not empty";
  if (typeof value !== "number" || !Number.isFinite(value))
    return `log.metric("${name}"): the value must be a finite number, and is ${shown(value)}`;
  if (step !== undefined && (typeof step !== "number" || !Number.isFinite(step)))
    return `log.metric("${name}"): the step must be a finite number, and is ${shown(step)}`;
  return null;
}

function shown(value: unknown): string {
  return format("%O", value);
}
