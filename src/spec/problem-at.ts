// Makes a finding about a place in a tree. Knows nothing of how findings are collected or shown.

import type { Problem } from "./problem.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { positionOf, type TreeSource } from "./tree.ts";

/** Anything with a place; `source` is null for what an option of the command line gave. */
export interface Place {
  readonly source: TreeSource | null;
  readonly offset: number;
  /** That option, without its value. */
  readonly option?: string | undefined;
}

export function problemAt(
  place: Place | null,
  code: ProblemCode,
  message: string,
  hint: string | null,
  severity: Problem["severity"] = "error",
): Problem {
  const position = place === null ? null : positionOf(place);
  return { severity, code, message: ofOption(place?.option, message), hint, position };
}

/** What an option gave has no line to point at: the message names the option instead. */
function ofOption(option: string | undefined, message: string): string {
  return option === undefined || message.startsWith(option) ? message : `${option}: ${message}`;
}
