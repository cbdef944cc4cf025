// What is thrown where something that can be expected goes wrong: a code for programs, words for people.

import type { SourcePlace } from "./place.ts";

/** One finding about a definition. */
export interface Finding {
  readonly severity: "error" | "warning";
  /** As in the reference of problems: `missing_input`, `cycle`, … */
  readonly code: string;
  readonly message: string;
  /** What to do about it, or null. */
  readonly hint: string | null;
  /** Where in your source, or null where that is not known. */
  readonly position: SourcePlace | null;
}

/**
 * Something that can be expected went wrong: a definition with mistakes, a name that is taken, an output that is not there.
 * Anything else that is thrown is a bug, yours or ours.
 *
 * @example
 * ```ts
 * try {
 *   await taxi.submit();
 * } catch (error) {
 *   if (error instanceof StepwellError && error.code === "invalid_definition")
 *     for (const { message, position } of error.findings) console.error(position?.line, message);
 *   else throw error;
 * }
 * ```
 */
export class StepwellError extends Error {
  override readonly name: string = "StepwellError";
  /** For programs: `invalid_definition`, `unknown_run`, `run_failed`, … */
  readonly code: string;
  /** What to do next, or null. */
  readonly hint: string | null;
  /** The message without findings and hint. */
  readonly reason: string;
  /** Every mistake of a definition, with its place; empty for everything else. */
  readonly findings: readonly Finding[];
  /** Where in your source, of what is wrong at one place there; else null. */
  readonly place: SourcePlace | null;

  /** @internal */
  constructor(
    code: string,
    reason: string,
    hint: string | null = null,
    findings: readonly Finding[] = [],
    place: SourcePlace | null = null,
  ) {
    super(
      [reason, ...findings.map(findingText), ...(hint === null ? [] : [`  ${hint}`])].join("\n"),
    );
    this.code = code;
    this.reason = reason;
    this.hint = hint;
    this.findings = findings;
    this.place = place;
  }
}

function findingText({ severity, message, hint, position }: Finding): string {
  const place = position === null ? "" : `${position.file}:${position.line}:${position.column}: `;
  return `  ${place}${severity}: ${message}${hint === null ? "" : `\n    → ${hint}`}`;
}
