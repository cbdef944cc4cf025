// Tells a problem from what was asked for.

import type { Problem } from "../spec/problem.ts";

export function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "severity" in value;
}
