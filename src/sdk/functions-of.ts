// Which functions a definition needs programs of.

import type { Definition } from "./component.ts";

/** Itself, and everything that it calls at any depth. */
export function functionsOf(definition: Definition): readonly Definition[] {
  const found = new Set<Definition>();
  const open = [definition];
  const seen = new Set<Definition>(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.isFunction) found.add(next);
    for (const inner of next.calls)
      if (!seen.has(inner)) {
        seen.add(inner);
        open.push(inner);
      }
  }
  return [...found];
}
