// What a conda file lists: texts that name packages, and one mapping with those of pip. Whatever else stands there would be
// left out, or be installed under the name of its text: an empty line is `null`, which is a package of somebody's.

import { didYouMean } from "../did-you-mean.ts";
import { getSet, type TreeMapping, type TreeNode } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

export function checkConda(conda: TreeMapping, context: LoadContext): void {
  const list = getSet(conda, "dependencies");
  if (list?.kind !== "list") {
    warnOfNoPackages(conda, context);
    return;
  }
  for (const [at, item] of list.items.entries())
    if (item.kind === "mapping") checkPip(item, context);
    else checkPackage(item, `entry ${at + 1} of \`dependencies\``, context);
}

function checkPip(item: TreeMapping, context: LoadContext): void {
  for (const [name, { key, value }] of item.entries) {
    if (name !== "pip") {
      const message = `\`${name}\` lists no packages of a conda file: only \`pip\` does`;
      const hint = "Name conda's own packages one by one, those of pip below `- pip:`.";
      context.error(key, "unknown_key", message, hint);
    } else if (value.kind === "list")
      for (const [at, one] of value.items.entries())
        checkPackage(one, `entry ${at + 1} of \`pip\``, context);
    else if (value.kind === "mapping")
      context.error(value, "wrong_type", "`pip` must be a list, not a mapping", HINT);
  }
}

const HINT = "Write one package a line: `- pandas==2.2`.";

function checkPackage(item: TreeNode, which: string, context: LoadContext): void {
  if (item.kind === "scalar" && item.type === "string" && item.text.trim() !== "") return;
  const isEmpty = item.kind === "scalar" && (item.type === "null" || item.type === "string");
  const said = item.kind === "scalar" ? `\`${item.text}\`` : `a ${item.kind}`;
  const message = isEmpty ? `${which} is empty` : `${which} must name a package, not be ${said}`;
  context.error(
    item,
    "wrong_type",
    message,
    isEmpty ? "Remove its dash, or name a package." : HINT,
  );
}

/** A mistyped key makes an environment with nothing in it. */
function warnOfNoPackages(conda: TreeMapping, context: LoadContext): void {
  const near = [...conda.entries.keys()].find((key) => didYouMean(key, ["dependencies"]) !== null);
  const key = conda.entries.get(near ?? "")?.key ?? conda;
  const message = "this conda environment names no packages: they are listed under `dependencies`";
  const hint = "Write `dependencies: [python=3.11, pandas]`, or a line for each.";
  context.warn(key, "wrong_type", message, hint);
}
