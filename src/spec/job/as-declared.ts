// An input that says its type, and perhaps limits, beside its value: `{type: integer, min: 1, value: 3}`. Whether they fit.
// Knows nothing of who reads it.

import { soleReference } from "../template.ts";
import { getSet, type TreeNode, type TreeScalar } from "../tree.ts";
import { isLiteralKind, readInput } from "./component.ts";
import { convertGiven, literalOf } from "./literal-value.ts";
import type { LoadContext } from "./load-context.ts";

/** Whether the value that a file gives is what it says of the input beside it. */
export function isAsDeclared(name: string, value: TreeNode, context: LoadContext): boolean {
  if (value.kind !== "mapping") return true;
  const literal = getSet(value, "value") ?? getSet(value, "default");
  if (literal?.kind !== "scalar" || soleReference(literal.text) !== null) return true;
  return isFitting(name, literal, value, context);
}

/** What the file says of the input holds of what an option sets, too. */
export function isFitting(
  name: string,
  value: TreeNode,
  current: TreeNode | null,
  context: LoadContext,
): boolean {
  if (current?.kind !== "mapping" || value.kind !== "scalar") return true;
  const key: TreeScalar = { kind: "scalar", type: "string", text: name, source: null, offset: 0 };
  const limits = new Map([...current.entries].filter(([field]) => field !== "default"));
  const declared = readInput(name, { key, value: { ...current, entries: limits } }, context);
  if (declared === null || !isLiteralKind(declared.type)) return true;
  return convertGiven(declared, literalOf(value), value, context) !== null;
}
