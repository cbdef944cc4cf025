// Turns a tree into plain JSON data, for settings that are kept as they are. Knows nothing of what they mean.

import type { TreeNode } from "./tree.ts";

export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Numbers that JSON would write in other digits stay text: `1.0`, `1e-05`, and what a double cannot hold exactly. */
export function toPlain(node: TreeNode): Plain {
  switch (node.kind) {
    case "list":
      return node.items.map(toPlain);
    case "mapping":
      return Object.fromEntries(
        [...node.entries].map(([name, entry]) => [name, toPlain(entry.value)]),
      );
    case "scalar":
      break;
    default:
      node satisfies never;
  }
  switch (node.type) {
    case "null":
      return null;
    case "boolean":
      return node.text === "True";
    case "integer":
    case "number":
      return String(Number(node.text)) === node.text && Number.isFinite(Number(node.text))
        ? Number(node.text)
        : node.text;
    case "string":
      return node.text;
    default:
      return node.type satisfies never;
  }
}
