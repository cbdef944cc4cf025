// What a conda file lists: texts that name packages, and one mapping with those of pip. Whatever else stands there would be
// left out, or be installed under the name of its text: an empty line is `null`, which is a package of somebody's.

import { didYouMean, namesInWords, suggestion } from "../did-you-mean.ts";
import { getSet, type TreeMapping, type TreeNode } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

/** Conda's own keys, and those of tools that write its files. Conda leaves out others with a word, and goes on. */
const KEYS = ["name", "channels", "dependencies", "variables", "prefix", "platforms", "category"];

export function checkConda(conda: TreeMapping, context: LoadContext): void {
  const list = getSet(conda, "dependencies");
  warnOfUnknownKeys(conda, list === null, context);
  if (list?.kind !== "list") {
    warnOfNoPackages(conda, context);
    return;
  }
  for (const [at, item] of list.items.entries())
    if (item.kind === "mapping") checkPip(item, context);
    else checkPackage(item, `entry ${at + 1} of \`dependencies\``, context);
}

/** `isEmpty`: the key that stands for `dependencies` is told as that. */
function warnOfUnknownKeys(conda: TreeMapping, isEmpty: boolean, context: LoadContext): void {
  for (const [name, { key }] of conda.entries) {
    if (KEYS.includes(name) || (isEmpty && standsForDependencies(name))) continue;
    const message = `\`${name.slice(0, 80)}\` is not a key of a conda file and is left out`;
    const hint = suggestion(name, KEYS, `Its keys: ${namesInWords(KEYS)}.`);
    context.warn(key, "unknown_key", message, hint);
  }
}

function standsForDependencies(key: string): boolean {
  return didYouMean(key, ["dependencies"]) !== null;
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
  const near = [...conda.entries.keys()].find(
    (key) => key !== "dependencies" && standsForDependencies(key),
  );
  const key = conda.entries.get(near ?? "")?.key ?? conda;
  const message = "this conda environment names no packages: they are listed under `dependencies`";
  const way = "Write `dependencies: [python=3.11, pandas]`, or a line for each.";
  const hint = near === undefined ? way : `Did you mean \`dependencies\`? ${way}`;
  context.warn(key, "wrong_type", message, hint);
}
