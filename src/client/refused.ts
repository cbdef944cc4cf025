// Expected failures become errors here: nothing below the client throws them.

import { isRefusal, type Refusal } from "../operations/refusal.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import type { Problem } from "../spec/problem.ts";

/** The value, or what refused it as an error. */
export function accepted<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw refused(value);
  return value;
}

export function refused({ code, message, hint, problems }: Refusal): StepwellError {
  const errors = problems.filter((one) => one.severity === "error");
  return new StepwellError(code, message, hint, errors.length === 0 ? problems : errors);
}

/** A definition that cannot be run. */
export function invalid(problems: readonly Problem[]): StepwellError {
  const errors = problems.filter((one) => one.severity === "error");
  const count = errors.length === 1 ? "a mistake" : `${errors.length} mistakes`;
  return new StepwellError("invalid_definition", `the definition has ${count}`, null, errors);
}
