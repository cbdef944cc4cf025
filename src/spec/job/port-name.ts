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

/** Warns of names that are one for Azure ML's client, which refuses such a component. */
export function warnOfEqualNames(
  ports: TreeMapping | null,
  what: "input" | "output",
  context: LoadContext,
): void {
  const first = new Map<string, string>();
  const entries: Iterable<TreeEntry> = ports?.entries.values() ?? [];
  for (const { key } of entries) {
    const lower = key.text.toLowerCase();
    const other = first.get(lower);
    first.set(lower, other ?? key.text);
    if (other === undefined) continue;
    const message = `${what} \`${key.text}\` differs from \`${other}\` in case alone: Azure ML's client refuses the component`;
    context.warn(key, "equal_but_for_case", message, "Give one of them another name.");
  }
}
