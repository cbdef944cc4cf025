// What an output of a kind of data is registered as. Knows nothing of how.

import type { DataType } from "./graph.ts";

const MODEL_TYPES: ReadonlySet<string> = new Set(["custom_model", "mlflow_model", "triton_model"]);

export function assetKindOf(type: DataType): "model" | "data" {
  return MODEL_TYPES.has(type) ? "model" : "data";
}
