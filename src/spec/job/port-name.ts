// What an input or output may be called: the name becomes a folder and part of a variable's name.

import type { TreeEntry, TreeMapping } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

/** Reports names of inputs or outputs that could not be a folder. */
export function checkPortNames(
  ports: TreeMapping | null,
  what: "input" | "output",
  context: LoadContext,
): void {
  const entries: Iterable<TreeEntry> = ports?.entries.values() ?? [];
  for (const { key } of entries) {
    if (key.text.length <= 255 && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(key.text)) continue;
    const hint = "Use letters, digits, `_`, `-` and `.`, and start with a letter or digit.";
    context.error(key, "bad_name", `\`${key.text}\` is not a name of an ${what}`, hint);
  }
}
