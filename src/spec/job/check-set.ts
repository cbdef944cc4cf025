// What a path of `--set` may name: any field, also a new one, of the job or of a step that is there. A step that is not
// there is mostly a mistyped one, which would become a step of its own or change nothing. Knows no other fields.

import { didYouMean, namesInWords, suggestion } from "../did-you-mean.ts";
import { pipelineJob } from "../fields/pipeline-job.ts";
import { getMapping, getSet, type TreeMapping, type TreeNode } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

/** False: the path is wrong, which is told. `tree`: the job with the options before this one. */
export function checkSet(
  tree: TreeMapping,
  { path, value }: { readonly path: string; readonly value: string },
  context: LoadContext,
): boolean {
  const keys = path.split(".");
  const meant = fieldOfStep(tree, keys);
  if (meant !== null) {
    const hint = `Fields of a step stand below \`jobs\`: \`--set ${meant}=${value}\`.`;
    context.error(null, "bad_set", `--set ${path}: \`${keys[0]}\` is a step`, hint);
    return false;
  }
  for (const step of stepsOnTheWay(tree, keys)) {
    if (step.jobs === null) return isOpen(step, path, context);
    if (step.isWhole || step.jobs.entries.has(step.name)) continue;
    return isNewStep(step, path, context);
  }
  return true;
}

interface StepOnTheWay {
  /** The job or step that the step is in. */
  readonly owner: TreeMapping;
  /** Its steps; null: it lists none. */
  readonly jobs: TreeMapping | null;
  readonly name: string;
  /** Path of the step. */
  readonly path: string;
  /** Nothing follows: the step itself is set. */
  readonly isWhole: boolean;
}

/** The step that a path leads to, and before it the nested pipelines around, as far as they are there. */
function* stepsOnTheWay(root: TreeMapping, keys: readonly string[]): Generator<StepOnTheWay> {
  let owner: TreeMapping | null = root;
  for (let at = 0; keys[at] === "jobs" && at + 1 < keys.length && owner !== null; at += 2) {
    const jobs: TreeMapping | null = getMapping(owner, "jobs");
    const name = keys[at + 1] as string;
    const path = keys.slice(0, at + 2).join(".");
    yield { owner, jobs, name, path, isWhole: at + 2 === keys.length };
    owner = getMapping(jobs, name);
  }
}

/** What a component holds stays as it is: what is set beside it nobody reads. */
function isOpen({ owner }: StepOnTheWay, path: string, context: LoadContext): boolean {
  if (getSet(owner, "component") === null) return true;
  const message = `--set ${path}: the steps are those of a component`;
  const hint = "Set an input of it, or change the component.";
  context.error(null, "bad_set", message, hint);
  return false;
}

/** Fields that make a mapping a step. */
const MAKING = ["command", "component", "type"];

/** A new step may be given field by field; that its name is almost another's is told, once: from then on it is there. */
function isNewStep(
  { jobs, name, path: step }: StepOnTheWay,
  path: string,
  context: LoadContext,
): boolean {
  const names = [...(jobs?.entries.keys() ?? [])];
  const isSet = (...paths: readonly string[]): boolean =>
    context.options.set.some((one) => paths.includes(one.path));
  if (isSet(step)) return true;
  if (!isSet(...MAKING.map((field) => `${step}.${field}`))) {
    const hint = suggestion(name, names, `Its steps: ${namesInWords(names)}.`);
    context.error(null, "unknown_node", `--set ${path}: there is no step \`${name}\``, hint);
    return false;
  }
  if (didYouMean(name, names) !== null) {
    const message = `--set ${path}: there was no step \`${name}\`, and now there is`;
    context.warn(null, "unknown_node", message, suggestion(name, names));
  }
  return true;
}

/** The path of a field of a step that was begun with the step's own name; null where it is none. */
function fieldOfStep(root: TreeMapping, [step = "", ...rest]: readonly string[]): string | null {
  const own = getMapping(getMapping(root, "jobs"), step);
  if (own === null || Object.hasOwn(pipelineJob.fields, step)) return null;
  const [only = "", ...more] = rest;
  const isInput = more.length === 0 && (getMapping(own, "inputs")?.entries.has(only) ?? false);
  return ["jobs", step, ...(isInput ? ["inputs"] : []), ...rest].join(".");
}

const PORT = /^((?:jobs\.[^.]+\.)*)(inputs|outputs)\.([^.]+)/;

/**
 * A mistyped input or output of a step or job becomes one more that nothing uses: the run would be the same, with another
 * name.
 */
export function warnOfNewPort(
  { root, changed }: { readonly root: TreeMapping; readonly changed: TreeMapping },
  path: string,
  context: LoadContext,
): void {
  const [, front = "", kind, name = ""] = PORT.exec(path) ?? [];
  const [before, now] = [ownerOf(root, front), ownerOf(changed, front)];
  if (kind === undefined || before === null || now === null || now.entries.has("component")) return;
  // What no command makes is told of pipelines already; these are made without a name.
  const isOutput = kind === "outputs";
  if (isOutput && (!now.entries.has("command") || name === "artifacts")) return;
  const names = [...(getMapping(before, kind)?.entries.keys() ?? [])];
  const users = textsIn(isOutput ? changed : now);
  if (names.includes(name) || users.some((text) => namesPort(text, `${kind}.${name}`))) return;
  const step = front.split(".").at(-2);
  const whose = step === undefined ? "the job" : `step \`${step}\``;
  const what = isOutput ? "output" : "input";
  const hint = suggestion(name, names, `Its ${kind}: ${namesInWords(names)}.`);
  const message = `--set ${path}: ${whose} has no ${what} \`${name}\`, and uses none of that name`;
  context.warn(null, isOutput ? "unknown_output" : "unknown_input", message, hint);
}

/** `front` is empty for the job itself, or the path of a step with a dot behind it. */
function ownerOf(tree: TreeMapping, front: string): TreeMapping | null {
  let owner: TreeMapping | null = tree;
  for (const key of front.split(".").slice(0, -1)) owner = getMapping(owner, key);
  return owner;
}

function namesPort(text: string, port: string): boolean {
  const [, ...behind] = text.split(port);
  return behind.some((rest) => !/^[\w-]/.test(rest));
}

function textsIn(node: TreeNode): readonly string[] {
  if (node.kind === "scalar") return [node.text];
  const below =
    node.kind === "list" ? node.items : [...node.entries.values()].map((entry) => entry.value);
  return below.flatMap(textsIn);
}
