// Which steps a call waits for, by data or by order.

import type { Call } from "./scope.ts";

const BINDING = /^\$\{\{parent\.jobs\.([^.]+)\.outputs\./;

export function awaited({ inputs, after }: Pick<Call, "inputs" | "after">): ReadonlySet<string> {
  const names = new Set<string>();
  for (const value of Object.values(inputs)) {
    const from = typeof value === "string" ? BINDING.exec(value)?.[1] : undefined;
    if (from !== undefined) names.add(from);
  }
  for (const name of after) names.add(name);
  return names;
}
