// The fields that a node may have, by the word in its `type`. Knows nothing of what they mean.

import { dataTransferNode } from "../fields/data-transfer.ts";
import type { FieldTable } from "../fields/field.ts";
import { laterNodes } from "../fields/later-nodes.ts";
import { commandNode, pipelineNode } from "../fields/node-fields.ts";

/** Null for a word that is no type of node. */
export function nodeTable(type: string): FieldTable | null {
  if (type === "command") return commandNode;
  if (type === "pipeline") return pipelineNode;
  if (type === "data_transfer") return dataTransferNode;
  return Object.hasOwn(laterNodes, type) ? (laterNodes[type] ?? null) : null;
}
