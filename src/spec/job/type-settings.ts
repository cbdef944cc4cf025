// The settings that belong to a step's own type: what a parallel, sweep, spark, automl or control-flow node says beyond
// what every step says. Kept as plain data, because those types do not run yet.

import { put } from "../own-keys.ts";
import { type Plain, toPlain } from "../plain.ts";
import { parseReference, soleReference } from "../template.ts";
import { isNull, type TreeMapping } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";
import type { JobNode } from "./scope.ts";

/** Plain data of the type's own keys, the node's over the component's; null for a command. */
export function typeSettings(node: JobNode, own: TreeMapping, context: LoadContext): Plain {
  if (node.type === "command") return null;
  if (node.inline) return ownSettings(own);
  const { tree } = node.component;
  const known = context.made.get(tree) as { readonly [key: string]: Plain } | undefined;
  const shared = known ?? ownSettings(tree);
  context.made.set(tree, shared);
  return { ...shared, ...ownSettings(own) };
}

function ownSettings(tree: TreeMapping): { readonly [key: string]: Plain } {
  const settings: Record<string, Plain> = {};
  for (const [name, { value }] of tree.entries) {
    if (!SHARED_KEYS.has(name) && !isNull(value)) put(settings, name, toPlain(value));
  }
  return settings;
}

/** The nodes that a control-flow node names as `${{parent.jobs.x}}`, by the key that names them. */
export function controlledNodes(node: JobNode, key: string): readonly string[] {
  const value = node.tree.entries.get(key)?.value;
  if (value === undefined) return [];
  const items = value.kind === "list" ? value.items : [value];
  return items.flatMap((item) => {
    const text = item.kind === "scalar" ? soleReference(item.text)?.text : undefined;
    const match = /^parent\.jobs\.([^.\s]+)$/.exec(text ?? "");
    return match?.[1] === undefined || parseReference(match[0]).scope !== "other" ? [] : [match[1]];
  });
}

const SHARED_KEYS: ReadonlySet<string> = new Set([
  "$schema",
  "type",
  "name",
  "version",
  "display_name",
  "description",
  "tags",
  "properties",
  "experiment_name",
  "compute",
  "identity",
  "services",
  "inputs",
  "outputs",
  "command",
  "code",
  "component",
  "trial",
  "environment",
  "environment_variables",
  "resources",
  "distribution",
  "additional_includes",
  "is_deterministic",
  "comment",
  "depends_on",
  "retry",
  "reuse",
  "id",
  "status",
  "creation_context",
  "log_files",
]);
