// How a step runs besides its command: compute, resources, distribution, limits, retry and reuse. Reads the node, then
// the component, then the pipelines around. Knows nothing of data.

import { bareName } from "../asset-name.ts";
import { namesInWords, suggestion } from "../did-you-mean.ts";
import { checkValue } from "../fields/check-fields.ts";
import { dependsOnField, extensionFields, resourcesField } from "../fields/runtime-fields.ts";
import type {
  CheckpointPolicy,
  Distribution,
  Resources,
  RetryPolicy,
  ReusePolicy,
} from "../graph.ts";
import { parseDuration, readMemory } from "../quantity.ts";
import { readTree } from "../read-tree.ts";
import {
  getMapping,
  getSet,
  getText,
  movedTo,
  type TreeMapping,
  type TreeNode,
  textOf,
} from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

export function readResources(
  sources: readonly (TreeMapping | null)[],
  context: LoadContext,
): Resources {
  const written = sources.map((source) => getMapping(source, "resources"));
  // As in Azure, a node's resources replace the component's; our own three are looked up one by one.
  const azure = written.find(
    (one) => one !== null && AZURE_KEYS.some((key) => one.entries.has(key)),
  );
  const ours = [
    ...written,
    ...written.map((one) => getMapping(getMapping(one, "properties"), "stepwell")),
    ...sources.map((source) => propertyMapping(source, "stepwell.resources", context)),
  ];
  const first = (key: string): TreeNode | null => {
    for (const one of ours) {
      const value = getSet(one, key);
      if (value !== null) return value;
    }
    return null;
  };
  if (azure === undefined && ours.every((one) => one === null)) return NO_RESOURCES;
  return {
    instanceCount: positive(getText(azure ?? null, "instance_count")) ?? 1,
    instanceType: getText(azure ?? null, "instance_type"),
    cpus: decimal(textOf(first("cpus"))),
    memoryBytes: readMemoryOf(first("memory"), context),
    gpus: decimal(textOf(first("gpus"))),
  };
}

const RETRY_EVENTS = ["failure", "timeout", "lost"] as const;

/** What most steps say of these: one object for all of them. */
const NO_RESOURCES: Resources = {
  instanceCount: 1,
  instanceType: null,
  cpus: null,
  memoryBytes: null,
  gpus: null,
};
const NO_RETRY: RetryPolicy = { maxRetries: 0, delaySeconds: 0, on: RETRY_EVENTS };
const AUTO: ReusePolicy = { kind: "auto" };

/** `instanceCount`: as many workers TensorFlow has where nothing else is said. */
export function readDistribution(
  node: TreeNode | null,
  instanceCount: number,
): Distribution | null {
  const type = getText(node, "type")?.toLowerCase();
  const processes = positive(getText(node, "process_count_per_instance")) ?? 1;
  switch (type) {
    case "pytorch":
    case "mpi":
      return { type, processCountPerInstance: processes };
    case "tensorflow": {
      const workers = positive(getText(node, "worker_count")) ?? instanceCount;
      const servers = decimal(getText(node, "parameter_server_count")) ?? 0;
      return { type, workerCount: workers, parameterServerCount: servers };
    }
    case "ray":
      return { type };
    default:
      return null;
  }
}

/** `limits.timeout` in seconds, or null. */
export function readTimeout(node: TreeMapping | null): number | null {
  return positive(getText(getMapping(node, "limits"), "timeout"));
}

/** The nearest `retry` of the node, its component and the pipelines around, each key or property. */
export function readRetry(
  sources: readonly (TreeMapping | null)[],
  context: LoadContext,
): RetryPolicy {
  const found = nearest(sources, "retry", context);
  if (found === null) return NO_RETRY;
  const events = getSet(found, "on");
  const named = events?.kind === "list" ? events.items.map(textOf) : null;
  return {
    maxRetries: decimal(getText(found, "max_retries")) ?? 0,
    delaySeconds: readSeconds(getSet(found, "delay"), context) ?? 0,
    on: RETRY_EVENTS.filter((event) => named === null || named.includes(event)),
  };
}

export function readReuse(
  sources: readonly (TreeMapping | null)[],
  context: LoadContext,
): ReusePolicy {
  const found = nearest(sources, "reuse", context);
  if (found === null) return AUTO;
  if (textOf(found) === "never") return { kind: "never" };
  const seconds = readSeconds(getSet(found, "max_age"), context);
  return seconds === null ? AUTO : { kind: "max_age", maxAgeSeconds: seconds };
}

export function readCheckpoint(
  sources: readonly (TreeMapping | null)[],
  context: LoadContext,
): CheckpointPolicy | null {
  const found = nearest(sources, "checkpoint", context);
  if (found === null || found.kind === "list" || /^false$/i.test(textOf(found) ?? "")) return null;
  return { keep: /^true$/i.test(getText(found, "keep") ?? "") };
}

/** The nearest `trace` of the node, its component and the pipelines around, key or property. */
export function readTrace(
  sources: readonly (TreeMapping | null)[],
  context: LoadContext,
): boolean | null {
  const word = textOf(nearest(sources, "trace", context));
  return word === null ? null : /^(?:true|yes|on)$/i.test(word);
}

/** The name of a compute as written, without its prefix; null for nothing. */
export function computeName(text: string | null): string | null {
  const name = text === null ? "" : bareName(text);
  return name === "" ? null : name;
}

const AZURE_KEYS = [
  "instance_count",
  "instance_type",
  "properties",
  "locations",
  "shm_size",
  "max_instance_count",
  "docker_args",
];

function nearest(
  sources: readonly (TreeMapping | null)[],
  key: "retry" | "reuse" | "checkpoint" | "trace",
  context: LoadContext,
): TreeNode | null {
  for (const source of sources) {
    const own = getSet(source, key) ?? propertyValue(source, `stepwell.${key}`, context);
    if (own !== null) return own;
  }
  return null;
}

const PROPERTY_TYPES = {
  "stepwell.checkpoint": extensionFields.checkpoint.type,
  "stepwell.depends_on": dependsOnField.type,
  "stepwell.retry": extensionFields.retry.type,
  "stepwell.reuse": extensionFields.reuse.type,
  "stepwell.trace": extensionFields.trace.type,
  "stepwell.resources": resourcesField.type,
} as const;

const PROPERTY_NAMES: readonly string[] = [...Object.keys(PROPERTY_TYPES), "stepwell.inputs"];

/** Properties are free, but one that is called like ours and is none of them does nothing. */
export function warnOfUnknownProperties(
  sources: readonly (TreeMapping | null)[],
  context: LoadContext,
): void {
  for (const source of sources)
    for (const [name, { key }] of getMapping(source, "properties")?.entries ?? []) {
      if (!name.startsWith("stepwell.") || PROPERTY_NAMES.includes(name)) continue;
      const message = `\`${name}\` is no property that is read`;
      const known = `Known ones: ${namesInWords(PROPERTY_NAMES)}.`;
      context.warn(key, "unknown_key", message, () => suggestion(name, PROPERTY_NAMES, known));
    }
}

function propertyMapping(
  source: TreeMapping | null,
  name: keyof typeof PROPERTY_TYPES,
  context: LoadContext,
): TreeMapping | null {
  const value = propertyValue(source, name, context);
  return value?.kind === "mapping" ? value : null;
}

/** What a `stepwell.` property holds: JSON text, or the value itself where a file wrote it so. */
export function propertyValue(
  source: TreeMapping | null,
  name: keyof typeof PROPERTY_TYPES,
  context: LoadContext,
): TreeNode | null {
  const property = getSet(getMapping(source, "properties"), name);
  if (property === null) return null;
  let value: TreeNode | null = property;
  if (property.kind === "scalar") {
    const read = readTree(property.text, name, context.options.limits);
    if (read.root === null || read.problems.length > 0) {
      const message = `the property \`${name}\` is not JSON`;
      context.error(property, "bad_property", message, `Write JSON, like '{"max_retries": 2}'.`);
      return null;
    }
    // Findings inside the JSON text point at the property that holds it.
    value = movedTo(read.root, property);
  }
  checkValue(value, PROPERTY_TYPES[name], `\`${name}\``, false, context.report);
  return value;
}

/** What a node says it waits for: its key, or the property of the same name. */
export function dependsOnValue(tree: TreeMapping, context: LoadContext): TreeNode | null {
  return getSet(tree, "depends_on") ?? propertyValue(tree, "stepwell.depends_on", context);
}

function readMemoryOf(node: TreeNode | null, context: LoadContext): number | null {
  const text = textOf(node);
  if (text === null || node === null) return null;
  const bytes = readMemory(text, "4GB");
  if (typeof bytes === "number") return bytes;
  context.error(node, "wrong_type", bytes.message, bytes.hint);
  return null;
}

function readSeconds(node: TreeNode | null, context: LoadContext): number | null {
  const text = textOf(node);
  if (text === null || node === null) return null;
  const value = parseDuration(text);
  if (value === null) {
    const message = `\`${text}\` is not a duration`;
    context.error(node, "wrong_type", message, "Write it like 30s, 5m, 12h or 1d.");
  }
  return value;
}

function positive(text: string | null): number | null {
  const value = decimal(text);
  return value !== null && value >= 1 ? value : null;
}

function decimal(text: string | null): number | null {
  if (text === null || !/^\d+(?:\.\d+)?$/.test(text)) return null;
  return Number(text);
}
