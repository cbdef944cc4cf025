// Fills `${{parent.inputs.x}}` into the fields of a node that are not inputs: its compute, resources, environment and
// the like. Only literals can be filled in. Knows nothing of what the fields mean.

import { soleReference } from "../template.ts";
import type { TreeEntry, TreeNode, TreeScalar } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";
import { parentInput, type Scope } from "./scope.ts";

export const ONLY_PARENT_INPUTS =
  "Outside of inputs and outputs only `${{parent.inputs.x}}` works, as the whole value.";

/** The same tree with every binding replaced by its literal; null where a binding cannot be filled in. */
export function settle(node: TreeNode, scope: Scope, context: LoadContext): TreeNode | null {
  if (!holdsBinding(node)) return node;
  if (node.kind === "scalar") return settleScalar(node, scope, context);
  if (node.kind === "list") {
    const items = node.items.flatMap((item) => settle(item, scope, context) ?? []);
    return { ...node, items };
  }
  const entries = new Map<string, TreeEntry>();
  for (const [name, { key, value }] of node.entries) {
    const settled = settle(value, scope, context);
    if (settled !== null) entries.set(name, { key, value: settled });
  }
  return { ...node, entries };
}

function holdsBinding(node: TreeNode): boolean {
  if (node.kind === "scalar") return node.type === "string" && node.text.includes("${{parent.");
  if (node.kind === "list") return node.items.some(holdsBinding);
  for (const entry of node.entries.values()) if (holdsBinding(entry.value)) return true;
  return false;
}

function settleScalar(node: TreeScalar, scope: Scope, context: LoadContext): TreeNode | null {
  const part = soleReference(node.text);
  if (part?.target.scope !== "parent_inputs") {
    const message = `\`${node.text}\` cannot stand here`;
    context.error(node, "bad_binding", message, ONLY_PARENT_INPUTS);
    return null;
  }
  const { name } = part.target;
  const input = parentInput(name, scope, node, context);
  if (input === null) return null;
  const { source } = input;
  if (source.kind === "unset") return null;
  if (source.kind === "literal") {
    return { ...node, type: source.literal.kind, text: source.literal.text };
  }
  const message = `\`${part.raw}\` is data; a field of a node can only be a value`;
  context.error(node, "wrong_type", message, "Bind it to an input of the node instead.");
  return null;
}
