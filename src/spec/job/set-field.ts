// Carries out `--set a.b=c` on a parsed job: any field, also one that does not exist yet. Knows nothing of which fields
// a job has; the result is checked like a file.

import type { Place } from "../problem-at.ts";
import { readTree } from "../read-tree.ts";
import {
  movedTo,
  type TreeEntry,
  type TreeMapping,
  type TreeNode,
  type TreeScalar,
} from "../tree.ts";
import { checkSet, warnOfNewPort } from "./check-set.ts";
import type { LoadContext } from "./load-context.ts";

/** The mapping with every `--set` applied; mistakes of an option are reported without a place. */
export function applySets(root: TreeMapping, context: LoadContext): TreeMapping {
  let changed = root;
  for (const { path, value } of context.options.set) {
    const keys = path.split(".");
    const node = readValue(path, value, context);
    if (node === null) continue;
    const tooDeep = keys.length > context.options.limits.depth;
    if (tooDeep || keys.includes("")) {
      const hint = "Write names joined by dots: `--set jobs.train.inputs.alpha=0.2`.";
      context.error(null, "bad_set", `\`${path.slice(0, 200)}\` is not the path of a field`, hint);
      continue;
    }
    if (!checkSet(changed, { path, value }, context)) continue;
    const next = setIn(changed, keys, node, { ...NOWHERE, option: `--set ${path}` });
    if (typeof next !== "string") changed = next;
    else
      context.error(null, "bad_set", `--set ${path}: ${next}`, "Set the field above it instead.");
  }
  for (const { path } of context.options.set) warnOfNewPort({ root, changed }, path, context);
  return changed;
}

function readValue(path: string, value: string, context: LoadContext): TreeNode | null {
  const { root, problems } = readTree(value, `--set ${path}`, context.options.limits);
  const first = problems[0];
  if (first !== undefined) {
    context.error(null, "bad_set", `--set ${path}: ${first.message}`, "Quote the value.");
    return null;
  }
  const place = { ...NOWHERE, option: `--set ${path}` };
  const empty: TreeScalar = { kind: "scalar", type: "null", text: "", ...place };
  return root === null ? empty : movedTo(root, place);
}

function setIn(
  mapping: TreeMapping,
  keys: readonly string[],
  value: TreeNode,
  place: OptionPlace,
): TreeMapping | string {
  const [name = "", ...rest] = keys;
  const entry = mapping.entries.get(name);
  const key: TreeScalar = entry?.key ?? { kind: "scalar", type: "string", text: name, ...place };
  const inner = rest.length === 0 ? value : setBelow(entry, rest, value, place);
  if (typeof inner === "string") return inner;
  const entries = new Map(mapping.entries);
  entries.set(name, { key, value: inner });
  return { ...mapping, entries };
}

function setBelow(
  entry: TreeEntry | undefined,
  rest: readonly string[],
  value: TreeNode,
  place: OptionPlace,
): TreeNode | string {
  const current = entry?.value;
  if (current?.kind === "list") return setInList(current.items, rest, value, place);
  if (current?.kind === "mapping") return setIn(current, rest, value, place);
  if (rest[0] === "mode" && isBinding(current)) return setIn(longForm(current), rest, value, place);
  // A scalar (also null) that is given fields becomes a mapping, as the Azure CLI does it.
  return setIn(emptyAt(place), rest, value, place);
}

function isBinding(node: TreeNode | undefined): node is TreeScalar {
  return node?.kind === "scalar" && /^\s*\$\{\{[^{}]*\}\}\s*$/.test(node.text);
}

/** A binding alone is short for `{path: BINDING}`, and only that has a mode. */
function longForm(binding: TreeScalar): TreeMapping {
  const { source, offset, option } = binding;
  const place = { source, offset, option };
  const key: TreeScalar = { kind: "scalar", type: "string", text: "path", ...place };
  return { kind: "mapping", entries: new Map([["path", { key, value: binding }]]), ...place };
}

function setInList(
  items: readonly TreeNode[],
  keys: readonly string[],
  value: TreeNode,
  place: OptionPlace,
): TreeNode | string {
  const [index = "", ...rest] = keys;
  const item = items[Number(index)];
  if (!/^\d+$/.test(index) || item === undefined) return `the list has no entry \`${index}\``;
  const below = item.kind === "mapping" ? item : emptyAt(place);
  const inner = rest.length === 0 ? value : setIn(below, rest, value, place);
  if (typeof inner === "string") return inner;
  const changed = items.map((one, at) => (at === Number(index) ? inner : one));
  return { kind: "list", items: changed, ...place };
}

/** What the command line gave has no line of its own to point at: its option is named. */
type OptionPlace = Place & { readonly source: null };

const NOWHERE = { source: null, offset: 0 } as const;

function emptyAt(place: OptionPlace): TreeMapping {
  return { kind: "mapping", entries: new Map(), ...place };
}
