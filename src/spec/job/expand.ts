// Opens a pipeline: each node with its component, nested pipelines to any depth. Binds nothing yet.

import { didYouMean, namesInWords, suggestion } from "../did-you-mean.ts";
import { checkFields, isBinding } from "../fields/check-fields.ts";
import { laterNodes } from "../fields/later-nodes.ts";
import { commandNode } from "../fields/node-fields.ts";
import type { StepType } from "../graph.ts";
import { MOST_PORTS, PIPELINE_DEPTH } from "../limits.ts";
import {
  get,
  getMapping,
  getSet,
  getWord,
  isMisshapen,
  type TreeEntry,
  type TreeMapping,
  type TreeNode,
  textOf,
} from "../tree.ts";
import { checkCommand } from "./check-command.ts";
import { type Component, dataType, isFlow } from "./component.ts";
import { loadComponent } from "./load-component.ts";
import type { LoadContext } from "./load-context.ts";
import { recordMadeOutputs } from "./made-outputs.ts";
import { nodeTable } from "./node-table.ts";
import { warnNotRead } from "./not-read.ts";
import { checkPortNames } from "./port-name.ts";
import { dependsOnValue } from "./run-settings.ts";
import { childPath, type JobNode, type Scope } from "./scope.ts";

/** What is left over the whole job, so that nesting cannot multiply without end. */
export interface Budget {
  steps: number;
  /** Pipelines count apart: ones without a step inside cost time too. */
  pipelines: number;
  ports: number;
}

export function fullBudget(steps: number): Budget {
  return { steps, pipelines: steps, ports: MOST_PORTS };
}

/** Fills `scope.nodes` and `scope.made` from a mapping of nodes. */
export function expandPipeline(
  scope: Scope,
  jobs: TreeMapping,
  budget: Budget,
  context: LoadContext,
): void {
  for (const [name, entry] of jobs.entries) {
    if (isSpent(budget)) return;
    const node = expandNode(name, entry, scope, budget, context);
    if (node === null) scope.broken.add(name);
    else scope.nodes.set(name, node);
  }
  recordMadeOutputs(scope, context);
}

function expandNode(
  name: string,
  entry: TreeEntry,
  scope: Scope,
  budget: Budget,
  context: LoadContext,
): JobNode | null {
  const tree = entry.value;
  if (tree.kind !== "mapping") {
    const message = `the node \`${name}\` must be a mapping`;
    context.error(entry.key, "wrong_type", message, "Give it a `command` or a `component`.");
    return null;
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name)) {
    const hint = "Use letters, digits, `_` and `-`.";
    context.error(entry.key, "bad_name", `\`${name}\` is not a name of a node`, hint);
  }
  if (isWrongType(tree, context)) return null;
  const word = getWord(tree, "type") ?? getWord(tree, mistypedType(tree));
  if (word !== null && nodeTable(word) === null) {
    reportType(entry, word, context);
    return null;
  }
  const first = componentOf(tree, word, scope, context);
  const table = nodeTable(nodeType(word, first.component, tree)) ?? commandNode;
  checkFields(tree, table, context.report);
  // A mistyped key is found only now.
  const { component, named } =
    first.named === null ? componentOf(tree, word, scope, context) : first;
  const written = nodeType(word, component, tree);
  const opaque = named !== null && component === null;
  if (hasUnreadablePorts(tree, context)) return null;
  if (component !== null) checkComponentType(tree, written, component, context);
  if (named !== null) warnUnread(tree, written, context);
  // Of a pipeline that nobody can read nobody knows the nodes: it stands there as a step.
  const type = opaque && written === "pipeline" ? "command" : written;
  const node: JobNode = {
    name,
    path: childPath(scope, name),
    type,
    tree,
    key: entry.key,
    scope,
    component: component ?? inlineComponent(type, tree, scope, named, context),
    anyOutput:
      opaque || isEmptyCommand(type, component, tree) || (component !== null && isFlow(component)),
    inline: component === null,
    inner: null,
    extraOutputs: null,
    inputs: new Map(),
    dependsOn: dependsOn(tree, context).map((one) => childPath(scope, one)),
  };
  spend(node, budget, context);
  if (type === "pipeline") node.inner = expandInner(node, budget, context);
  return node;
}

/** Without its type nobody knows what a node may say. */
function isWrongType(tree: TreeMapping, context: LoadContext): boolean {
  const type = get(tree, "type");
  if (type === null || type.kind === "scalar") return false;
  context.error(type, "wrong_type", "`type` must be a text", "Write the word alone.");
  return true;
}

/** The key that stands for `type`, which is told once the others are checked. */
function mistypedType(tree: TreeMapping): string {
  const isUnknown = (key: string): boolean => !Object.hasOwn(commandNode.fields, key);
  const keys = tree.entries.has("type") ? [] : [...tree.entries.keys()].filter(isUnknown);
  return keys.find((key) => didYouMean(key, ["type"]) !== null) ?? "type";
}

/** Which inputs and outputs it has nobody knows then: what others ask of them would only follow from that. */
function hasUnreadablePorts(tree: TreeMapping, context: LoadContext): boolean {
  const wrong = ["inputs", "outputs"].filter((field) => isMisshapen(tree, field));
  for (const field of wrong) {
    // Other fields of a node may be a binding: the field table lets one pass.
    const value = getSet(tree, field);
    if (value === null || !isBinding(value)) continue;
    const message = `\`${field}\` must be a mapping, not a binding`;
    const hint = `Write a binding for each name: \`${field}: {NAME: \${{…}}}\`.`;
    context.error(value, "wrong_type", message, hint);
  }
  return wrong.length > 0;
}

/** What a component says itself: beside it Azure ML does not read it either. */
const OF_COMPONENT: Readonly<Record<string, readonly string[]>> = {
  command: ["command", "code"],
  pipeline: ["jobs"],
};

function warnUnread(tree: TreeMapping, type: string, context: LoadContext): void {
  for (const field of OF_COMPONENT[type] ?? []) {
    const key = tree.entries.get(field)?.key;
    if (key?.text !== field || getSet(tree, field) === null) continue;
    warnNotRead(field, key, context);
  }
}

function reportType(entry: TreeEntry, word: string, context: LoadContext): void {
  const place = getSet(entry.value, "type") ?? entry.key;
  const types = ["command", "pipeline", "data_transfer", ...Object.keys(laterNodes)];
  const hint = EARLY_COMMAND.test(word)
    ? "Write `type: command`."
    : suggestion(word, types, `Known types: ${namesInWords(types)}.`);
  context.error(place, "unknown_kind", `\`${word}\` is not a type of node`, hint);
}

/** What the first previews of the language called it. */
const EARLY_COMMAND = /^(?:component|component_job|command_job|command_component)$/;

function componentOf(
  tree: TreeMapping,
  word: string | null,
  scope: Scope,
  context: LoadContext,
): { readonly component: Component | null; readonly named: TreeNode | null } {
  const named = getSet(tree, word === "sweep" ? "trial" : "component");
  return { component: named === null ? null : loadComponent(named, scope.base, context), named };
}

function nodeType(
  word: string | null,
  component: Component | null,
  tree: TreeMapping,
): StepType | "pipeline" {
  if (word !== null) return word as StepType | "pipeline";
  if (component !== null) return component.type;
  return tree.entries.has("jobs") ? "pipeline" : "command";
}

function checkComponentType(
  tree: TreeMapping,
  type: StepType | "pipeline",
  component: Component,
  context: LoadContext,
): void {
  const expected = type === "sweep" ? "command" : type;
  if (component.type === expected) return;
  const message = `the node is of type ${type}, but its component is of type ${component.type}`;
  const hint = `Write \`type: ${component.type}\`, or leave \`type\` out.`;
  context.error(getSet(tree, "type") ?? tree, "wrong_component_type", message, hint);
}

/** A node that is its own component declares none: it lists what it is given. */
const NO_INPUTS: Component["inputs"] = new Map();

/** The node as its own component, when it names none or one that could not be read: `named`. */
function inlineComponent(
  type: StepType | "pipeline",
  tree: TreeMapping,
  scope: Scope,
  named: TreeNode | null,
  context: LoadContext,
): Component {
  const outputs = new Map<
    string,
    Component["outputs"] extends ReadonlyMap<string, infer T> ? T : never
  >();
  for (const [name, entry] of getMapping(tree, "outputs")?.entries ?? []) {
    const declared = dataType(getWord(entry.value, "type") ?? "uri_folder");
    outputs.set(name, { name, type: declared, mode: null, place: entry.key });
  }
  checkPortNames(getMapping(tree, "inputs"), "input", context);
  checkPortNames(getMapping(tree, "outputs"), "output", context);
  if (type === "command" && named === null) checkInlineCommand(tree, outputs, context);
  const where = { base: scope.base, file: null, reference: textOf(named)?.trim() ?? null };
  return { type, tree, ...where, inputs: NO_INPUTS, outputs };
}

/** It says neither what it runs nor which component it is, which is reported: that may have any output. */
function isEmptyCommand(type: string, component: Component | null, tree: TreeMapping): boolean {
  return type === "command" && component === null && getSet(tree, "command") === null;
}

function isNearlyCommand(key: string): boolean {
  const near = didYouMean(key, Object.keys(commandNode.fields));
  return near !== key && (near === "command" || near === "component");
}

function checkInlineCommand(
  tree: TreeMapping,
  outputs: ReadonlyMap<string, unknown>,
  context: LoadContext,
): void {
  if (getSet(tree, "command") === null) {
    // Told as an unknown key already.
    if ([...tree.entries.keys()].some(isNearlyCommand)) return;
    const hint = "Add `command: …`, or `component: ./file.yml`.";
    context.error(tree, "missing_field", "a command node needs `command` or `component`", hint);
    return;
  }
  const inputs = new Map<string, { readonly optional: boolean }>();
  for (const name of getMapping(tree, "inputs")?.entries.keys() ?? []) {
    inputs.set(name, { optional: false });
  }
  checkCommand(tree, inputs, outputs, context);
}

function dependsOn(tree: TreeMapping, context: LoadContext): readonly string[] {
  const value = dependsOnValue(tree, context);
  if (value?.kind === "list") {
    return value.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : []));
  }
  return value?.kind === "scalar" ? [value.text] : [];
}

function spend(node: JobNode, budget: Budget, context: LoadContext): void {
  if (isSpent(budget)) return;
  if (node.type === "pipeline") budget.pipelines -= 1;
  else budget.steps -= 1;
  budget.ports -= node.component.inputs.size + node.component.outputs.size;
  if (!isSpent(budget)) return;
  const { steps } = context.options.limits;
  const message =
    budget.ports < 0
      ? `the steps have more than ${MOST_PORTS} inputs and outputs together`
      : `the pipeline has more than ${steps} steps`;
  const hint = "Split it, or raise `limits.steps` in stepwell.yml.";
  context.error(node.key, "too_many_steps", message, hint);
}

export function isSpent(budget: Budget): boolean {
  return budget.steps < 0 || budget.pipelines < 0 || budget.ports < 0;
}

function expandInner(node: JobNode, budget: Budget, context: LoadContext): Scope | null {
  const { component, scope } = node;
  if (isSpent(budget) || containsItself(node, context)) return null;
  const jobs = getMapping(component.tree, "jobs");
  if (jobs === null || jobs.entries.size === 0) {
    const message = `the pipeline \`${node.name}\` has no nodes`;
    context.error(node.key, "empty_pipeline", message, "Add nodes under `jobs`, or a `component`.");
    return null;
  }
  const file = component.file === null ? [] : [component.file];
  const inner: Scope = {
    path: node.path,
    node,
    outer: scope,
    base: component.base,
    definitionFiles: [...scope.definitionFiles, ...file],
    component: node.inline ? null : component,
    outputs: getMapping(node.tree, "outputs"),
    outputsBase: scope.base,
    nodes: new Map(),
    broken: new Set(),
    inputs: new Map(),
    anyInput: false,
    anyOutput: false,
    made: new Map(),
    defaults: [node.tree, ...(node.inline ? [] : [component.tree]), ...scope.defaults],
  };
  expandPipeline(inner, jobs, budget, context);
  return inner;
}

function containsItself(node: JobNode, context: LoadContext): boolean {
  let depth = 0;
  for (let scope: Scope | null = node.scope; scope !== null; scope = scope.outer) {
    depth += 1;
    const same = scope.component !== null && scope.component === node.component;
    if (!same && depth <= PIPELINE_DEPTH) continue;
    const message = same
      ? `the pipeline \`${node.name}\` contains itself`
      : `pipelines are nested more than ${PIPELINE_DEPTH} deep`;
    const place = getSet(node.tree, "component") ?? node.key;
    context.error(place, "pipeline_in_itself", message, "Remove one of the two.");
    return true;
  }
  return false;
}
