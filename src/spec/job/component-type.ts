// Tells what type of step a definition is, from its `type`, its schema address or its keys. Knows nothing of the rest.

import type { StepType } from "../graph.ts";
import { getText, getWord, type TreeMapping } from "../tree.ts";

export type ComponentType = StepType | "pipeline" | "flow";

/** The type of a component's tree, or null for a word that is none. */
export function componentTypeOf(tree: TreeMapping): ComponentType | null {
  const word = getWord(tree, "type");
  if (word !== null) return COMPONENT_TYPES.find((type) => type === word) ?? null;
  if (/promptflow/i.test(getText(tree, "$schema") ?? "")) return "flow";
  for (const [key, type] of TELLING_KEYS) if (tree.entries.has(key)) return type;
  return "command";
}

const COMPONENT_TYPES: readonly ComponentType[] = [
  "command",
  "pipeline",
  "parallel",
  "spark",
  "data_transfer",
  "import",
];

const TELLING_KEYS: readonly (readonly [string, ComponentType])[] = [
  ["command", "command"],
  ["jobs", "pipeline"],
  ["entry", "spark"],
  ["task", "parallel"],
];

/** What an input has that declares none of it. */
export const bareFields = { path: null, minimum: null, maximum: null, values: null } as const;
