// Why an operation was not carried out: an expected failure as a value, with the exit code that scripts see. Text is
// printed at the edge only.

import type { Problem } from "../spec/problem.ts";

export interface Refusal {
  readonly refused: true;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** 2: refused before anything started; 4: an environment, workspace or compute cannot be used; 1: it failed. */
  readonly exitCode: 1 | 2 | 4;
  readonly problems: readonly Problem[];
}

export function refuse(
  code: string,
  message: string,
  hint: string | null = null,
  exitCode: Refusal["exitCode"] = 2,
): Refusal {
  return { refused: true, code, message, hint, exitCode, problems: [] };
}

export function refuseInvalid(problems: readonly Problem[]): Refusal {
  return {
    refused: true,
    code: "invalid_definition",
    message: "the definition has mistakes",
    hint: null,
    exitCode: 2,
    problems,
  };
}

export function isRefusal<T>(value: T | Refusal): value is Refusal {
  return typeof value === "object" && value !== null && "refused" in value;
}
