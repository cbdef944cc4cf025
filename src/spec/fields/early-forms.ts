// What the first previews of Azure ML v2, of 2021, wrote in other words, and how it is written now. Knows only forms of which
// that is certain.

import { getText, type TreeMapping, type TreeNode, textOf } from "../tree.ts";

export interface EarlyKey {
  /** What to write instead. */
  readonly hint: string;
  /** The key that its value can be read on as, or null. */
  readonly meant: string | null;
}

/** `title`: of the table that lacks the key. Null: it is no key of theirs. */
export function earlyKey(title: string, key: string, value: TreeNode): EarlyKey | null {
  if (title === "an input" && (key === "data" || key === "dataset")) {
    const path = textOf(value) ?? textAt(value, "path");
    return path === null ? null : { hint: `Write \`path: ${path}\`.`, meant: "path" };
  }
  if (title !== "an environment" || key !== "docker") return null;
  const image = textAt(value, "image");
  if (image !== null) return { hint: `Write \`image: ${image}\`.`, meant: null };
  const isBuilt = value.kind === "mapping" && value.entries.has("build");
  const hint = "Write `build: {path: FOLDER, dockerfile_path: FILE}`.";
  return isBuilt ? { hint, meant: null } : null;
}

/** What to write instead of a mapping that is now a text; `name` as messages have it. */
export function earlyMapping(name: string, mapping: TreeMapping): string | null {
  const inner = { "`code`": "local_path", "`compute`": "target" }[name];
  const text = inner === undefined ? null : getText(mapping, inner);
  return text === null ? null : `Write \`${name.slice(1, -1)}: ${text}\`.`;
}

function textAt(node: TreeNode, key: string): string | null {
  return node.kind === "mapping" ? getText(node, key) : null;
}
