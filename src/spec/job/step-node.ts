// Turns an opened, bound node into a step of the graph. Knows nothing of order.

import { didYouMean } from "../did-you-mean.ts";
import type { StepInput, StepNode, StepOutput, StepType } from "../graph.ts";
import { put } from "../own-keys.ts";
import { toPlain } from "../plain.ts";
import { processCount } from "../process-count.ts";
import {
  get,
  getMapping,
  getSet,
  getText,
  positionOf,
  type TreeMapping,
  type TreeNode,
  textOf,
} from "../tree.ts";
import { checkVariables } from "./check-variables.ts";
import { readCode } from "./code-reference.ts";
import { readEnvironment } from "./environment-reference.ts";
import { texts } from "./job-head.ts";
import type { LoadContext } from "./load-context.ts";
import { warnNotRead } from "./not-read.ts";
import {
  computeName,
  readCheckpoint,
  readDistribution,
  readResources,
  readRetry,
  readReuse,
  readTimeout,
  readTrace,
  warnOfUnknownProperties,
} from "./run-settings.ts";
import type { JobNode, ResolvedInput } from "./scope.ts";
import { settledFields } from "./settled-fields.ts";
import { outputOf } from "./step-output.ts";
import { readTransfer } from "./transfer-step.ts";
import { typeSettings } from "./type-settings.ts";

/** The defaults of the whole job. */
export interface JobDefaults {
  /** The compute of nodes that name none, and where the job says so. */
  readonly compute: string | null;
  readonly computePlace: TreeNode | null;
}

export function stepNode(node: JobNode, defaults: JobDefaults, context: LoadContext): StepNode {
  const { component, scope } = node;
  const own = settledFields(node, context);
  const theirs = node.inline ? null : component.tree;
  const definition = theirs ?? own;
  const sources = theirs === null ? [own] : [own, theirs];
  const around = [...sources, ...scope.defaults];
  checkVariables(node, own, sources, context);
  warnOfUnknownProperties(around, context);
  const first = (key: string) =>
    sources.map((one) => getSet(one, key)).find((one) => one !== null) ?? null;
  const outputs = outputsOf(node, context);
  const resources = readResources(sources, context);
  const transfer =
    node.type === "data_transfer"
      ? readTransfer({ sources, place: node.key, inputs: inputsOf(node), outputs }, context)
      : null;
  return {
    path: node.path === "" ? "." : node.path,
    parent: scope.node?.path ?? null,
    type: node.type as StepType,
    displayName: textOf(first("display_name")),
    component: component.reference,
    command: getText(definition, "command"),
    code: readCode(definition, component.base, definitionFiles(node), context),
    environment: environmentOf(own, node, context),
    environmentVariables: textsOf("environment_variables", theirs, own),
    inputs: transfer?.inputs ?? inputsOf(node),
    outputs,
    compute: computeOf(own, defaults, context),
    resources,
    distribution: distributionOf(first("distribution"), resources.instanceCount, context),
    timeoutSeconds: ["command", "data_transfer"].includes(node.type) ? readTimeout(own) : null,
    retry: readRetry(around, context),
    reuse: readReuse(around, context),
    deterministic: !sources.some((one) => /^false$/i.test(getText(one, "is_deterministic") ?? "")),
    trace: readTrace(around, context),
    dependsOn: awaited(node),
    textSubstitution: sources.some(
      (one) => getText(getMapping(one, "properties"), "stepwell.inputs") === "text",
    ),
    typeSettings: transfer === null ? typeSettings(node, own, context) : transfer.settings,
    tags: textsOf("tags", theirs, own),
    properties: textsOf("properties", theirs, own),
    checkpoint: readCheckpoint(around, context),
    position: positionOf(node.key),
  };
}

/** Few steps have any: one object for all others. */
const NONE: Readonly<Record<string, string>> = Object.freeze({});

/** Of the component, and over them those of the node. */
function textsOf(
  key: "environment_variables" | "tags" | "properties",
  component: TreeMapping | null,
  own: TreeMapping,
): Readonly<Record<string, string>> {
  const [theirs, ours] = [getMapping(component, key), getMapping(own, key)];
  return theirs === null && ours === null ? NONE : { ...texts(theirs), ...texts(ours) };
}

function distributionOf(written: TreeNode | null, instances: number, context: LoadContext) {
  const distribution = readDistribution(written, instances);
  if (distribution?.type === "ray") {
    const message = "no Ray is started for a step here: its command runs as one process";
    const hint = "Without an address, `ray.init()` in it starts a Ray of this machine.";
    context.warn(written, "ray_not_started", message, hint);
  }
  const count = processCount(distribution, instances);
  if (count <= context.options.limits.processes) return distribution;
  const message = `a step of ${count} processes, which all run on one machine, is more than ${context.options.limits.processes}`;
  const hint = "Write fewer, or raise `limits.processes` in stepwell.yml.";
  context.error(written, "too_many_processes", message, hint);
  return null;
}

function definitionFiles(node: JobNode): readonly string[] {
  const own = node.inline ? null : node.component.file;
  return own === null ? node.scope.definitionFiles : [...node.scope.definitionFiles, own];
}

function environmentOf(
  own: TreeMapping,
  node: JobNode,
  context: LoadContext,
): StepNode["environment"] {
  const { component, inline, scope } = node;
  const ofNode = getSet(own, "environment");
  const ofComponent = inline ? null : getSet(component.tree, "environment");
  if (ofComponent === null)
    return ofNode === null ? null : readEnvironment(ofNode, scope.base, context);
  // Azure's client sends the component's alone; its `dump` writes that on the node too.
  const isOther = ofNode !== null && !isSame(ofNode, ofComponent);
  const key = isOther ? own.entries.get("environment")?.key : undefined;
  if (key !== undefined) warnNotRead("environment", key, context);
  return readEnvironment(ofComponent, component.base, context);
}

function isSame(a: TreeNode, b: TreeNode): boolean {
  return JSON.stringify(toPlain(a)) === JSON.stringify(toPlain(b));
}

/** What the node waits for, and what the pipelines around it wait for. */
function awaited(node: JobNode): readonly string[] {
  const paths = new Set(node.dependsOn);
  for (let outer = node.scope.node; outer !== null; outer = outer.scope.node) {
    for (const path of outer.dependsOn) paths.add(path);
  }
  return [...paths];
}

function inputsOf(node: JobNode): Record<string, StepInput> {
  const inputs: Record<string, StepInput> = {};
  for (const [name, input] of node.inputs) put(inputs, name, stepInput(input));
  return inputs;
}

function stepInput(input: ResolvedInput): StepInput {
  const { type, mode, optional, source } = input;
  return { type, mode, optional, source };
}

function outputsOf(node: JobNode, context: LoadContext): Record<string, StepOutput> {
  const listed = getMapping(node.tree, "outputs")?.entries;
  const names = new Set([...node.component.outputs.keys(), ...(node.extraOutputs ?? [])]);
  if (listed?.has("artifacts")) names.add("artifacts");
  const outputs: Record<string, StepOutput> = {};
  for (const name of names) put(outputs, name, outputOf(node, name, context));
  return outputs;
}

function computeOf(own: TreeMapping, defaults: JobDefaults, context: LoadContext): string {
  const { options } = context;
  if (options.compute !== null) return checked(options.compute, null, context);
  const name = computeName(getText(own, "compute"));
  if (name !== null) return checked(name, get(own, "compute"), context);
  if (defaults.compute !== null) return checked(defaults.compute, defaults.computePlace, context);
  const named = ", which `default_compute` of stepwell.yml names";
  return checked(options.defaultCompute ?? "local", null, context, named);
}

/** The name itself; one that the workspace does not have is reported with both ways out. */
function checked(name: string, place: TreeNode | null, context: LoadContext, namedBy = ""): string {
  const known = context.options.knownComputes;
  if (known === null || known(name)) return name;
  if (name.includes("${{")) {
    const hint =
      "Write its name here, or the binding as `compute` of each step, where it is filled in.";
    context.error(place, "bad_binding", `\`${name}\` means nothing here`, hint);
    return name;
  }
  const near = didYouMean(name, ["local"]);
  const key = /^[\w.-]+$/.test(name) ? name : JSON.stringify(name);
  const ways = `Run with \`--compute local\`, or put the line \`computes: {${key}: {type: local}}\` into stepwell.yml (\`--write\` does it).`;
  const hint = near === null ? ways : `Did you mean \`${near}\`? ${ways}`;
  const message = `there is no compute \`${name}\` in this workspace${namedBy}`;
  context.lack(name, place, "unknown_compute", message, hint);
  return name;
}
