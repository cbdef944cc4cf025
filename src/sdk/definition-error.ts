// A mistake in a definition that is made in code: what, where in the user's source, and what to do.

import type { Origin } from "./place.ts";
import { StepwellError } from "./stepwell-error.ts";

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
export class DefinitionError extends StepwellError {
  override readonly name = "DefinitionError";
  /** What to do next. */
  declare readonly hint: string;
  /** The message without its place. */
  override readonly reason: string;

  /** @internal */
  constructor(reason: string, hint: string, origin: Origin) {
    const place = origin();
    const where = place === null ? "" : `${place.file}:${place.line}:${place.column}: `;
    super("bad_definition", `${where}${reason}`, hint, [], place);
    this.reason = reason;
  }
}
