// The fields of a node with what its bindings mean filled in, held to the types of the fields like what is written there.
// Inputs, outputs and the command have their own rules.

import { checkValue } from "../fields/check-fields.ts";
import type { TreeMapping, TreeNode } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";
import { nodeTable } from "./node-table.ts";
import type { JobNode } from "./scope.ts";
import { ONLY_PARENT_INPUTS, settle } from "./settle.ts";

/** The node's fields with `${{parent.inputs.x}}` filled in. */
export function settledFields(node: JobNode, context: LoadContext): TreeMapping {
  if (node.path === "") return node.tree;
  const entries = new Map(node.tree.entries);
  for (const [name, { key, value }] of node.tree.entries) {
    const isSettled = node.type === "data_transfer" && TRANSFER_FIELDS.has(name);
    if (BOUND_ELSEWHERE.has(name) && !isSettled) continue;
    if (!holdsReference(value)) continue;
    const settled = settle(value, node.scope, context);
    if (settled === null) {
      entries.delete(name);
      continue;
    }
    entries.set(name, { key, value: settled });
    check(node, name, settled, context);
  }
  return { ...node.tree, entries };
}

/** Where the table was asked before, a binding could be anything. */
function check(node: JobNode, name: string, settled: TreeNode, context: LoadContext): void {
  const fields = nodeTable(node.type)?.fields ?? {};
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) return;
  checkValue(settled, field.type, `\`${name}\``, false, (problem) =>
    context.report(
      problem.message.includes("${{") ? { ...problem, hint: ONLY_PARENT_INPUTS } : problem,
    ),
  );
}

function holdsReference(node: TreeNode): boolean {
  if (node.kind === "scalar") return node.type === "string" && node.text.includes("${{");
  if (node.kind === "list") return node.items.some(holdsReference);
  for (const entry of node.entries.values()) if (holdsReference(entry.value)) return true;
  return false;
}

/** What a transfer says in words, and other types by bindings of their own. */
const TRANSFER_FIELDS: ReadonlySet<string> = new Set(["task", "source", "sink"]);

const BOUND_ELSEWHERE: ReadonlySet<string> = new Set([
  "inputs",
  "outputs",
  "command",
  "component",
  "trial",
  "args",
  "condition",
  "depends_on",
  "true_block",
  "false_block",
  "body",
  "mapping",
  "items",
  "training_data",
  "validation_data",
  "test_data",
  "task",
  "input_data",
  "source",
  "sink",
]);
