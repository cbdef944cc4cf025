// An input that says its type, and perhaps limits, beside its value: `{type: integer, min: 1, value: 3}`. Whether they fit.
// Knows nothing of who reads it.

import { soleReference } from "../template.ts";
import { getSet, type TreeMapping, type TreeNode, type TreeScalar } from "../tree.ts";
import { type DeclaredInput, isLiteralKind, readInput } from "./component.ts";
import { convertGiven, literalOf } from "./literal-value.ts";
import type { LoadContext } from "./load-context.ts";

/** Whether the value that a file gives is what it says of the input beside it; without one, only what is said is checked. */
export function isAsDeclared(name: string, value: TreeNode, context: LoadContext): boolean {
  if (value.kind !== "mapping") return true;
  const literal = getSet(value, "value") ?? getSet(value, "default");
  if (literal?.kind === "scalar" && soleReference(literal.text) === null)
    return isFitting(name, literal, value, context);
  declarationOf(name, value, context);
  return true;
}

/** What the file says of the input holds of what an option sets, too. */
export function isFitting(
  name: string,
  value: TreeNode,
  current: TreeNode | null,
  context: LoadContext,
): boolean {
  if (current?.kind !== "mapping" || value.kind !== "scalar") return true;
  const declared = declarationOf(name, current, context);
  if (declared === null || !isLiteralKind(declared.type)) return true;
  return convertGiven(declared, literalOf(value), value, context) !== null;
}

/** What is said of an input, without its value. */
function declarationOf(
  name: string,
  said: TreeMapping,
  context: LoadContext,
): DeclaredInput | null {
  const key: TreeScalar = { kind: "scalar", type: "string", text: name, source: null, offset: 0 };
  const entries = new Map([...said.entries].filter(([field]) => field !== "default"));
  return readInput(name, { key, value: { ...said, entries } }, context);
}
