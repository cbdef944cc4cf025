// A definition and everything that it calls at any depth, each once.

import type { Definition } from "./component.ts";

export function definitionsOf(definition: Definition): readonly Definition[] {
  const found = new Set<Definition>([definition]);
  for (const next of found) for (const inner of next.calls) found.add(inner);
  return [...found];
}
