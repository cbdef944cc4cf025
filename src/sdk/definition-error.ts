// A mistake in a definition that is made in code: what, where in the user's source, and what to do.

import type { Origin, SourcePlace } from "./place.ts";

/**
 * Thrown while a pipeline is defined: a cycle, a step outside of a pipeline, a value that is no input.
 *
 * @example
 * ```ts
 * try {
 *   pipeline({ name: "no name" }, () => {});
 * } catch (error) {
 *   if (error instanceof DefinitionError) console.error(error.place, error.hint);
 * }
 * ```
 */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
  /** Where in the user's source, or null where that is not known. */
  readonly place: SourcePlace | null;
  /** What to do next. */
  readonly hint: string;
  /** The message without its place. */
  readonly reason: string;

  constructor(reason: string, hint: string, origin: Origin) {
    const place = origin();
    const where = place === null ? "" : `${place.file}:${place.line}:${place.column}: `;
    super(`${where}${reason}\n  ${hint}`);
    this.reason = reason;
    this.place = place;
    this.hint = hint;
  }
}
