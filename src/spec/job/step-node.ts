// Turns an opened, bound node into a step of the graph. Knows nothing of order.

import { parseCloudAddress } from "../cloud-address.ts";
import { DATA_REFERENCE_FORMS, parseDataReference } from "../data-reference.ts";
import { didYouMean } from "../did-you-mean.ts";
import { liveFolder } from "../frozen-root.ts";
import type { DataReference, StepInput, StepNode, StepOutput, StepType } from "../graph.ts";
import { put } from "../own-keys.ts";
import { toPlain } from "../plain.ts";
import { processCount } from "../process-count.ts";
import { soleReference } from "../template.ts";
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
import { readCode } from "./code-reference.ts";
import { readEnvironment } from "./environment-reference.ts";
import { texts } from "./job-head.ts";
import type { LoadContext } from "./load-context.ts";
import {
  type OutputDeclaration,
  outputDeclarations,
  outputMode,
  outputRequests,
  outputType,
  outputValue,
  parentOutput,
} from "./made-outputs.ts";
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
  const definition = node.inline ? own : component.tree;
  const sources = node.inline ? [own] : [own, component.tree];
  const around = [...sources, ...scope.defaults];
  warnOfUnboundVariables(sources, node.path !== "", context);
  warnOfComponentVariables(node, own, context);
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
    environmentVariables: textsOf("environment_variables", component.tree, own),
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
    tags: textsOf("tags", component.tree, own),
    properties: textsOf("properties", component.tree, own),
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

/** Only `${{parent.inputs.x}}` is filled in there, and that has happened: whatever else is left reaches the command as text. */
function warnOfUnboundVariables(
  sources: readonly TreeMapping[],
  inPipeline: boolean,
  context: LoadContext,
): void {
  for (const source of sources)
    for (const [name, { value }] of getMapping(source, "environment_variables")?.entries ?? []) {
      const reference = /\$\{\{.*?\}\}/.exec(textOf(value) ?? "")?.[0];
      if (reference === undefined) continue;
      const message = `the variable \`${name}\` gets \`${reference}\` as text`;
      context.warn(value, "bad_binding", message, variableHint(name, reference, inPipeline));
    }
}

function variableHint(name: string, reference: string, inPipeline: boolean): string {
  // Of CI systems: a command could not read it either.
  if (/^\$\{\{\s*(?:secrets|env|vars|variables|github)\./.test(reference))
    return `Remove it here, and hand it over from your shell: \`pass_env: [${name}]\` in stepwell.yml, or run with \`--env ${name}\`.`;
  const inCommand = `Set it in the command: \`export ${name}="${reference}"\``;
  return inPipeline
    ? `${inCommand}; or bind it to an input of the pipeline, \`\${{parent.inputs.x}}\`.`
    : `${inCommand}.`;
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

/** Azure ML's client drops them without a word, and its steps run without what they were written for. */
function warnOfComponentVariables(node: JobNode, own: TreeMapping, context: LoadContext): void {
  const { component, inline, type } = node;
  if (inline || type !== "command") return;
  const key = component.tree.entries.get("environment_variables")?.key;
  // Code has no such places: what is exported from it has the variables on its nodes.
  if (key === undefined || !/\.ya?ml$/i.test(positionOf(key)?.file ?? "")) return;
  const said = getMapping(own, "environment_variables")?.entries;
  const theirs = getMapping(component.tree, "environment_variables")?.entries.keys() ?? [];
  if ([...theirs].every((name) => said?.has(name))) return;
  const message =
    "the variables of a component are set here; Azure ML's client leaves them out of the job";
  const hint = "Say `environment_variables` on the node, beside `component`, where both read them.";
  context.warn(key, "dropped_by_azure", message, hint);
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

/** Names and versions of assets are ids, never paths. */
const ASSET_WORD = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/;

function outputOf(node: JobNode, name: string, context: LoadContext): StepOutput {
  const requests = outputRequests(node, name);
  const asked: readonly Asked[] = [...requests, ...outputDeclarations(node, name)];
  const same = readSame(node, name, asked, context);
  const output = {
    type: outputType(node, name),
    mode: outputMode(node, name),
    publishTo: publishTo(requests, context),
    ...readRegistered(node, asked, context),
  };
  const value = outputValue(node, name);
  return {
    ...(same === null ? {} : { same }),
    ...output,
    ...(value === null ? {} : { value }),
  };
}

/** Who asks something of an output: a node, or a component, whose words may name its inputs. */
type Asked = { readonly value: TreeNode } & Partial<OutputDeclaration>;

/** The first name that is given, with a version of those before it or its own: a version belongs to a name. */
function readRegistered(
  node: JobNode,
  asked: readonly Asked[],
  context: LoadContext,
): Pick<StepOutput, "registerName" | "registerVersion"> {
  let registerName: string | null = null;
  let registerVersion: string | null = null;
  for (const one of asked) {
    registerName = assetWord(node, one, "name", context);
    registerVersion ??= assetWord(node, one, "version", context);
    if (registerName !== null) break;
  }
  return { registerName, registerVersion };
}

/** A name or version; that of a component may come from an input: `${{inputs.x}}`. */
function assetWord(
  node: JobNode,
  { value, component, inputs }: Asked,
  key: "name" | "version",
  context: LoadContext,
): string | null {
  const place = getSet(value, key);
  const written = textOf(place);
  if (written === null) return null;
  const target = inputs === undefined ? undefined : soleReference(written)?.target;
  const input = target?.scope === "inputs" ? target.name : null;
  const source = input === null ? undefined : inputs?.get(input)?.source;
  // One that is missing has been reported.
  const isMissing = source === undefined && input !== null && component?.inputs.has(input) === true;
  if (source?.kind === "unset" || isMissing) return null;
  const text = source?.kind === "literal" ? source.literal.text : written;
  if (ASSET_WORD.test(text)) return text;
  const message = `\`${text}\` is not a ${key} of an asset`;
  const letters = "Use up to 255 letters, digits, `_`, `-` and `.`";
  const hint = inputs === undefined ? `${letters}.` : `${letters}, or a value: \`\${{inputs.x}}\`.`;
  context.error(source === undefined ? place : node.key, "bad_name", message, hint);
  return null;
}

/** What the node, else a component, says of other bytes; null where neither does. */
function readSame(
  node: JobNode,
  name: string,
  asked: readonly { readonly value: TreeNode }[],
  context: LoadContext,
): NonNullable<StepOutput["same"]> | null {
  const values = asked.map(({ value }) => value);
  const given = values.map((value) => getSet(value, "same")).find((one) => one !== null) ?? null;
  if (textOf(given) === "bytes") return "bytes";
  const patterns = getSet(given, "ignore");
  if (given === null || patterns?.kind !== "list") return null;
  if (outputType(node, name) === "uri_file") {
    const message = `output \`${name}\` is one file, and \`same.ignore\` names files in a folder`;
    context.error(given, "unknown_value", message, "Make it a uri_folder, or leave `same` out.");
  }
  return patterns.items.flatMap((item) => textOf(item) ?? []);
}

function publishTo(
  requests: readonly { readonly value: TreeNode; readonly base: string }[],
  context: LoadContext,
): DataReference | null {
  for (const { value, base } of requests) {
    const at = value.kind === "mapping" ? getSet(value, "path") : null;
    if (at?.kind !== "scalar" || parentOutput(value) !== null) continue;
    const parsed = parseDataReference(at.text, liveFolder(base));
    if (!("reference" in parsed)) {
      context.error(at, "bad_data_reference", parsed.mistake, DATA_REFERENCE_FORMS);
      continue;
    }
    if (canBeWritten(parsed.reference)) return asFolder(parsed.reference, at.text);
    const message = `nothing can be written to \`${at.text}\``;
    const hint =
      "Write a local path or `azureml://datastores/NAME/paths/…`; data is registered by `name`, without a `path`.";
    context.error(at, "bad_data_reference", message, hint);
  }
  return null;
}

/** Named data, outputs of runs and addresses of the web are there to be read. */
function canBeWritten(reference: DataReference): boolean {
  if (reference.kind === "url") return parseCloudAddress(reference.url) !== null;
  return reference.kind === "local" || reference.kind === "datastore";
}

/** `./out/` is a folder: a file goes into it under its own name. */
function asFolder(reference: DataReference, text: string): DataReference {
  const isFolder = reference.kind === "local" && /[^/]\/+\s*$/.test(text);
  return isFolder ? { kind: "local", path: `${reference.path}/` } : reference;
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
