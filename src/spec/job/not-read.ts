// Warns of a field that a node writes beside `component` and that only the component can say: Azure ML does not read it
// there either.

import type { Place } from "../problem-at.ts";
import type { LoadContext } from "./load-context.ts";

export function warnNotRead(field: string, key: Place, context: LoadContext): void {
  const message = `\`${field}\` is not read beside \`component\`: the component's own counts`;
  const hint = "Change the component, or write the node without `component`.";
  context.warn(key, "not_read", message, hint);
}
