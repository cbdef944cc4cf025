// Carries out `--set a.b=c` on a parsed job: any field, also one that does not exist yet. Knows nothing of which fields
// a job has; the result is checked like a file.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import { pipelineJob } from "../fields/pipeline-job.ts";
import type { Place } from "../problem-at.ts";
import { readTree } from "../read-tree.ts";
import {
  getMapping,
  movedTo,
  type TreeEntry,
  type TreeMapping,
  type TreeNode,
  type TreeScalar,
} from "../tree.ts";
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
    const missing = missingStep(root, keys, context);
    if (missing !== null) {
      context.error(
        null,
        "unknown_node",
        `--set ${path}: there is no step \`${keys[1]}\``,
        missing,
      );
      continue;
    }
    const meant = fieldOfStep(root, keys);
    if (meant !== null) {
      const hint = `Fields of a step stand below \`jobs\`: \`--set ${meant}=${value}\`.`;
      context.error(null, "bad_set", `--set ${path}: \`${keys[0]}\` is a step`, hint);
      continue;
    }
    const next = setIn(changed, keys, node, { ...NOWHERE, option: `--set ${path}` });
    if (typeof next !== "string") changed = next;
    else
      context.error(null, "bad_set", `--set ${path}: ${next}`, "Set the field above it instead.");
  }
  for (const { path } of context.options.set) warnOfNewInput({ root, changed }, path, context);
  return changed;
}

/** What to write instead where a field is set of a step that is neither there nor made by another option; else null. */
function missingStep(
  root: TreeMapping,
  [first, step = "", field]: readonly string[],
  context: LoadContext,
): string | null {
  const jobs = first === "jobs" ? getMapping(root, "jobs") : null;
  if (jobs === null || field === undefined || jobs.entries.has(step)) return null;
  const makes = ["command", "component", "type"].map((key) => `jobs.${step}.${key}`);
  if (context.options.set.some(({ path }) => makes.includes(path))) return null;
  const names = [...jobs.entries.keys()];
  return suggestion(step, names, `Its steps: ${namesInWords(names)}.`);
}

/** The path of a field of a step that was begun with the step's own name; null where it is none. */
function fieldOfStep(root: TreeMapping, [step = "", ...rest]: readonly string[]): string | null {
  const own = getMapping(getMapping(root, "jobs"), step);
  if (own === null || Object.hasOwn(pipelineJob.fields, step)) return null;
  const [only = "", ...more] = rest;
  const isInput = more.length === 0 && (getMapping(own, "inputs")?.entries.has(only) ?? false);
  return ["jobs", step, ...(isInput ? ["inputs"] : []), ...rest].join(".");
}

/** A mistyped input of a step or job becomes one more that nothing uses: the run would be the same, with another name. */
function warnOfNewInput(
  { root, changed }: { readonly root: TreeMapping; readonly changed: TreeMapping },
  path: string,
  context: LoadContext,
): void {
  const [, step, name] = /^(?:jobs\.([^.]+)\.)?inputs\.([^.]+)$/.exec(path) ?? [];
  const owner = (tree: TreeMapping) =>
    step === undefined ? tree : getMapping(getMapping(tree, "jobs"), step);
  const now = owner(changed);
  if (name === undefined || now === null || now.entries.has("component")) return;
  const inputs = [...(getMapping(owner(root), "inputs")?.entries.keys() ?? [])];
  if (inputs.includes(name) || textsIn(now).some((text) => namesInput(text, name))) return;
  const whose = step === undefined ? "the job" : `step \`${step}\``;
  const hint = suggestion(name, inputs, `Its inputs: ${namesInWords(inputs)}.`);
  const message = `--set ${path}: ${whose} has no input \`${name}\`, and uses none of that name`;
  context.warn(null, "unknown_input", message, hint);
}

function namesInput(text: string, name: string): boolean {
  const [, ...behind] = text.split(`inputs.${name}`);
  return behind.some((rest) => !/^[\w-]/.test(rest));
}

function textsIn(node: TreeNode): readonly string[] {
  if (node.kind === "scalar") return [node.text];
  const below =
    node.kind === "list" ? node.items : [...node.entries.values()].map((entry) => entry.value);
  return below.flatMap(textsIn);
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
  // A scalar (also null) that is given fields becomes a mapping, as the Azure CLI does it.
  const below = current?.kind === "mapping" ? current : emptyAt(place);
  return setIn(below, rest, value, place);
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
