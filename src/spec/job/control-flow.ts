// What if_else, do_while and parallel_for nodes say about other nodes, as order: a branch waits for its condition, a
// loop for its body. Deciding and repeating is later work.

import type { LoadContext } from "./load-context.ts";
import { allNodes, type JobNode, nearNode, type Scope } from "./scope.ts";
import { controlledNodes } from "./type-settings.ts";

/** Adds the order that control flow asks for; reports names of nodes that do not exist. */
export function applyControlFlow(scope: Scope, context: LoadContext): void {
  for (const node of allNodes(scope)) {
    if (node.type === "if_else") {
      for (const key of ["true_block", "false_block"]) {
        for (const branch of named(node, key, context)) branch.dependsOn.push(node.path);
      }
    }
    if (node.type === "do_while" || node.type === "parallel_for") {
      for (const body of named(node, "body", context)) node.dependsOn.push(body.path);
    }
  }
}

function named(node: JobNode, key: string, context: LoadContext): readonly JobNode[] {
  return controlledNodes(node, key).flatMap((name) => {
    const found = node.scope.nodes.get(name);
    if (found !== undefined) return [found];
    const place = node.tree.entries.get(key)?.value ?? node.key;
    const message = `the pipeline has no node \`${name}\``;
    context.error(place, "unknown_node", message, () => nearNode(name, node.scope));
    return [];
  });
}
