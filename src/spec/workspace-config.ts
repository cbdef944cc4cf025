// Reads `stepwell.yml`: where bytes live, which computes there are, what curated environments mean here. Knows nothing
// of how these are used, and never looks whether a path exists.

import path from "node:path";
import { addressSecretIn } from "./address-secret.ts";
import { bareName } from "./asset-name.ts";
import { localPath } from "./data-reference.ts";
import type { DatastoreDefinition } from "./datastore.ts";
import { datastoreNameProblem } from "./datastore-name.ts";
import { checkFields } from "./fields/check-fields.ts";
import { workspace } from "./fields/workspace.ts";
import type { EnvironmentDefinition } from "./graph.ts";
import { isPythonVersion } from "./job/environment-reference.ts";
import { SPEC_LIMITS, type SpecLimits } from "./limits.ts";
import { readDatastore, writtenSecrets } from "./load-datastore.ts";
import { type NotifyRule, readNotify } from "./notify-rules.ts";
import { put } from "./own-keys.ts";
import { readPassedVariables } from "./passed-variables.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import { parseBytes, readMemory, readSize } from "./quantity.ts";
import { readCaches, type SharedCacheConfig } from "./read-caches.ts";
import { readTree } from "./read-tree.ts";
import { readRegistries } from "./registry-folders.ts";
import { NO_RETENTION, type RetentionRules, readRetention } from "./retention-rules.ts";
import {
  getMapping,
  getSet,
  getText,
  isNull,
  positionOf,
  type TreeEntry,
  type TreeMapping,
  type TreeNode,
  textOf,
} from "./tree.ts";

export interface LocalCompute {
  readonly type: "local";
  /** Null: all that the machine has. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: number | null;
}

export interface InstanceType {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

export interface WorkspaceConfig {
  readonly datastores: Readonly<Record<string, DatastoreDefinition>>;
  /** The datastore of pipelines that name none; null: what is registered as the default. */
  readonly defaultDatastore: string | null;
  /** Where results are shared with others, in the order that they are asked. */
  readonly caches: readonly SharedCacheConfig[];
  /** Of each transfer: bytes a second, and calls at once; null: what is usual. */
  readonly transfers: { readonly bandwidth: number | null; readonly atOnce: number | null };
  /** URL or prefix → URL or absolute path. */
  readonly urlMap: Readonly<Record<string, string>>;
  /** By name; `*` stands for every name that is not listed. */
  readonly computes: Readonly<Record<string, LocalCompute>>;
  /** By name in upper case; beside the table that ships. */
  readonly instanceTypes: Readonly<Record<string, InstanceType>>;
  /** By curated name or image: what it is here, or another name to look up. */
  readonly environments: Readonly<
    Record<string, EnvironmentDefinition | { readonly alias: string }>
  >;
  readonly defaultCompute: string | null;
  /** Names of variables that steps inherit; `AWS_*` is a prefix. */
  readonly passEnv: readonly string[];
  /** Of them those that hold a secret of the workspace: its name by that of the variable. */
  readonly passSecrets: Readonly<Record<string, string>>;
  /** SOURCE_DATE_EPOCH of steps: seconds; null: not set; undefined: the fixed value. */
  readonly sourceDateEpoch?: number | null;
  /** `auto`: copied into the store when they are small. */
  readonly keep: "auto" | "reference" | "copy";
  /** The end of a run warns when the workspace takes more. */
  readonly warnSizeBytes: number;
  /** How long what is kept. */
  readonly retention: RetentionRules;
  /** Folders of components by the name of their registry. */
  readonly registries: Readonly<Record<string, string>>;
  /** Who is told when a run ends. */
  readonly notify: readonly NotifyRule[];
  readonly limits: Partial<SpecLimits>;
  /** Steps at once; null: by cpus. */
  readonly slots: number | null;
}

const WARN_SIZE_BYTES = 20 * 2 ** 30;

/** What a workspace without `stepwell.yml` has: the folder's own store and this machine. */
export function defaultWorkspaceConfig(folder: string): WorkspaceConfig {
  return {
    datastores: {
      workspaceblobstore: { type: "file", path: path.join(folder, ".stepwell", "store") },
    },
    defaultDatastore: null,
    caches: [],
    transfers: { bandwidth: null, atOnce: null },
    urlMap: {},
    computes: { local: { type: "local", cpus: null, memoryBytes: null, gpus: null } },
    instanceTypes: {},
    environments: {},
    defaultCompute: null,
    passEnv: [],
    passSecrets: {},
    keep: "auto",
    warnSizeBytes: WARN_SIZE_BYTES,
    retention: NO_RETENTION,
    registries: {},
    notify: [],
    limits: {},
    slots: null,
  };
}

/** Reads the text of `stepwell.yml` (YAML or JSON); `file` is its absolute path. An empty file is the default. */
export function loadWorkspaceConfig(
  text: string,
  file: string,
): { readonly config: WorkspaceConfig; readonly problems: readonly Problem[] } {
  const folder = path.dirname(file);
  const defaults = defaultWorkspaceConfig(folder);
  const { root, problems: syntax } = readTree(text, file, SPEC_LIMITS);
  const problems = [...syntax];
  if (root === null || isNull(root)) return { config: defaults, problems };
  if (root.kind !== "mapping") {
    const hint = "Start the file with a key, for example `datastores:`.";
    problems.push(problemAt(root, "not_a_mapping", "stepwell.yml must be a mapping", hint));
    return { config: defaults, problems };
  }
  const isHidden = linesOf(root, "datastores");
  checkFields(root, workspace, (problem) =>
    problems.push(isHidden(problem) ? { ...problem, hidesLine: true } : problem),
  );
  return { config: readConfig(root, folder, defaults, problems), problems };
}

/** Whether a finding stands at or below a key and above the next one: what is there may be a secret. */
function linesOf(root: TreeMapping, key: string): (problem: Problem) => boolean {
  const entry = root.entries.get(key);
  const first = entry === undefined ? null : (positionOf(entry.key)?.line ?? null);
  if (first === null) return () => false;
  const starts = [...root.entries.values()].map((one) => positionOf(one.key)?.line ?? 0);
  const next = Math.min(...starts.filter((line) => line > first), Number.POSITIVE_INFINITY);
  return ({ position }) => position !== null && position.line >= first && position.line < next;
}

function readConfig(
  root: TreeMapping,
  folder: string,
  defaults: WorkspaceConfig,
  problems: Problem[],
): WorkspaceConfig {
  const compute = (node: TreeNode) => readCompute(node, problems);
  const slots = Number(getText(root, "slots"));
  return {
    datastores: {
      ...defaults.datastores,
      ...readDatastores(root, folder, problems),
    },
    defaultDatastore: readDefaultDatastore(root, problems),
    caches: readCaches(root, folder, problems),
    transfers: readTransfers(getMapping(root, "transfers"), problems),
    urlMap: readUrlMap(root, folder, problems),
    computes: { ...defaults.computes, ...mapped(root, "computes", compute) },
    instanceTypes: readInstanceTypes(root, compute),
    environments: mapped(root, "environments", (node) => readCurated(node, folder)),
    defaultCompute: getText(root, "default_compute"),
    ...readPassedVariables(root, problems),
    keep: readKeep(getText(root, "keep")),
    warnSizeBytes: readWarnSize(root, problems),
    retention: readRetention(root, problems),
    registries: readRegistries(root, folder, problems),
    notify: readNotify(root, problems),
    ...readSourceDate(root, problems),
    limits: readLimits(getMapping(root, "limits")),
    slots: slots >= 1 ? slots : null,
  };
}

function readTransfers(
  node: TreeMapping | null,
  problems: Problem[],
): WorkspaceConfig["transfers"] {
  const text = getText(node, "bandwidth")?.replace(/\/s$/, "") ?? null;
  const bandwidth = text === null ? null : readBandwidth(text);
  if (bandwidth !== null && typeof bandwidth !== "number") {
    const place = getSet(node, "bandwidth") ?? node;
    problems.push(problemAt(place, "wrong_type", bandwidth.message, bandwidth.hint));
  }
  return {
    bandwidth: typeof bandwidth === "number" ? bandwidth : null,
    atOnce: numberAt(node, "at_once"),
  };
}

function readBandwidth(text: string): ReturnType<typeof readSize> {
  if ((parseBytes(text) ?? 0) >= 1) return readSize(text, "50MB");
  const message = `\`${text}\` is not a number of bytes a second`;
  return { message, hint: "Write it like 50MB." };
}

function readDefaultDatastore(root: TreeMapping, problems: Problem[]): string | null {
  const name = getText(root, "default_datastore");
  if (name === null) return null;
  const bare = bareName(name);
  const problem = datastoreNameProblem(bare, getSet(root, "default_datastore") ?? root);
  if (problem === null) return bare;
  problems.push(problem);
  return null;
}

function readInstanceTypes(
  root: TreeMapping,
  read: (node: TreeNode) => LocalCompute | null,
): WorkspaceConfig["instanceTypes"] {
  const sizes = Object.entries(mapped(root, "instance_types", read));
  return Object.fromEntries(
    sizes.map(([name, { cpus, memoryBytes, gpus }]) => [
      name.toUpperCase(),
      { cpus: cpus ?? 1, memoryBytes: memoryBytes ?? 0, gpus: gpus ?? 0 },
    ]),
  );
}

function readWarnSize(root: TreeMapping, problems: Problem[]): number {
  const text = getText(root, "warn_size");
  if (text === null) return WARN_SIZE_BYTES;
  const bytes = readSize(text, "`20GB` or `20GiB`");
  if (typeof bytes === "number") return bytes;
  const place = getSet(root, "warn_size") ?? root;
  problems.push(problemAt(place, "wrong_type", bytes.message, bytes.hint));
  return WARN_SIZE_BYTES;
}

function readSourceDate(
  root: TreeMapping,
  problems: Problem[],
): Pick<WorkspaceConfig, "sourceDateEpoch"> {
  const word = getText(root, "source_date_epoch");
  if (word === null) return {};
  if (/^false$/i.test(word)) return { sourceDateEpoch: null };
  if (/^\d{1,12}$/.test(word)) return { sourceDateEpoch: Number(word) };
  const message = `\`${word}\` is not a number of seconds since 1970`;
  const hint = "Write a whole number such as `946684800`, or `false` for none.";
  const place = getSet(root, "source_date_epoch") ?? root;
  problems.push(problemAt(place, "wrong_type", message, hint));
  return {};
}

function readKeep(word: string | null): WorkspaceConfig["keep"] {
  return word === "copy" || word === "reference" ? word : "auto";
}

function mapped<T>(
  root: TreeMapping,
  key: string,
  read: (node: TreeNode) => T | null,
): Record<string, T> {
  const found: Record<string, T> = {};
  const entries: Iterable<[string, TreeEntry]> = getMapping(root, key)?.entries ?? [];
  for (const [name, { value }] of entries) {
    const one = read(value);
    if (one !== null) put(found, name, one);
  }
  return found;
}

/** A file that is shared names secrets and holds none. */
function readDatastores(
  root: TreeMapping,
  folder: string,
  problems: Problem[],
): Record<string, DatastoreDefinition> {
  const hidden: Problem[] = [];
  const found = mapped(root, "datastores", (node) => {
    const written = node.kind === "mapping" ? readDatastore(node, folder, hidden) : null;
    const [bare] = written === null ? [] : writtenSecrets(written);
    if (bare === undefined) return written as DatastoreDefinition | null;
    const message = "a secret of a datastore stands in stepwell.yml";
    const hint =
      "Write `{env: NAME}`, `{file: PATH}` or `{secret: NAME}` in its place, or register the datastore: stepwell datastore create FILE.";
    hidden.push(problemAt(node, "secret_in_file", message, hint));
    return null;
  });
  problems.push(...hidden.map((problem) => ({ ...problem, hidesLine: true })));
  return found;
}

/** What an address stands for is recorded as if the user had written it. */
function readUrlMap(
  root: TreeMapping,
  folder: string,
  problems: Problem[],
): WorkspaceConfig["urlMap"] {
  for (const { key, value } of getMapping(root, "url_map")?.entries.values() ?? []) {
    const found = addressSecretIn(`${key.text} ${textOf(value) ?? ""}`, "an address of `url_map`");
    if (found === null) continue;
    const problem = problemAt(key, "secret_in_file", found.message, found.hint);
    problems.push({ ...problem, hidesLine: true });
  }
  return mapped(root, "url_map", (node) => readTarget(node, folder));
}

function readTarget(node: TreeNode, folder: string): string | null {
  const text = textOf(node);
  if (text === null) return null;
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !text.startsWith("file:");
  return isUrl ? text : localPath(text, folder) + (text.endsWith("/") ? "/" : "");
}

function readCompute(node: TreeNode, problems: Problem[]): LocalCompute | null {
  if (node.kind !== "mapping") return null;
  const memory = getSet(node, "memory");
  const text = textOf(memory);
  const bytes = text === null ? null : readMemory(text, "16GB or 12GiB");
  if (bytes !== null && typeof bytes !== "number")
    problems.push(problemAt(memory, "wrong_type", bytes.message, bytes.hint));
  return {
    type: "local",
    cpus: numberAt(node, "cpus"),
    memoryBytes: typeof bytes === "number" ? bytes : null,
    gpus: numberAt(node, "gpus"),
  };
}

function readCurated(
  node: TreeNode,
  folder: string,
): EnvironmentDefinition | { readonly alias: string } | null {
  if (node.kind === "scalar") return { alias: node.text };
  if (node.kind === "list") return null;
  const python = getText(node, "python");
  const isVersion = python !== null && isPythonVersion(python);
  const project = getText(node, "project");
  return {
    name: null,
    image: null,
    conda: null,
    build: null,
    requirements: null,
    project: project === null ? null : localPath(project, folder),
    python: python === null || isVersion ? null : localPath(python, folder),
    packages: node.entries.has("packages") ? texts(getSet(node, "packages")) : null,
    pythonVersion: isVersion ? python : null,
  };
}

function readLimits(node: TreeMapping | null): Partial<SpecLimits> {
  const limits: { -readonly [Key in keyof SpecLimits]?: number } = {};
  for (const [key, name] of LIMIT_KEYS) {
    const value = numberAt(node, key);
    if (value !== null) limits[name] = value;
  }
  return limits;
}

const LIMIT_KEYS = [
  ["file_bytes", "fileBytes"],
  ["nodes", "nodes"],
  ["depth", "depth"],
  ["aliases", "aliases"],
  ["steps", "steps"],
  ["processes", "processes"],
] as const satisfies readonly (readonly [string, keyof SpecLimits])[];

function numberAt(node: TreeNode | null, key: string): number | null {
  const text = getText(node, key);
  return text !== null && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
}

function texts(node: TreeNode | null): readonly string[] {
  return node?.kind === "list" ? node.items.flatMap((item) => textOf(item) ?? []) : [];
}
