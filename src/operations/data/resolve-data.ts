// Turns every data reference of a graph into a local path with its content id. What cannot be found is reported with
// the name of the step and input; nothing has started by then.

import path from "node:path";
import { changedPaths } from "../../core/changed-paths.ts";
import type { Content, ContentId } from "../../core/content.ts";
import type { RemoteOrigin, ResolvedData } from "../../core/plan.ts";
import { shellWord } from "../../core/shell-word.ts";
import type { Outcome } from "../../ports/contents.ts";
import type { DataReference, DataType, PortMode } from "../../spec/graph.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { noticeWhenSlow } from "../slow-notice.ts";
import { places, type Workspace } from "../workspace.ts";
import { withWayOut } from "./data-way-out.ts";
import { type DatastoreLookup, lookUpDatastores } from "./datastores.ts";
import { download } from "./download.ts";
import { type RemoteSource, remoteSource } from "./remote-source.ts";

/** Resolves references, each once however many steps read it: a bucket is listed once for a plan. */
export interface DataResolver {
  /** At once for files of this machine that are known and have not changed. */
  resolve(
    reference: DataReference,
    type: DataType,
    mode?: PortMode | null,
  ): Answer<ResolvedData | Refusal>;
}

type Answer<T> = T | Promise<T>;

/** `nearOnly`: nothing is asked over a network; what lies elsewhere is out of reach then. */
export function createDataResolver(
  workspace: Workspace,
  { nearOnly = false }: { readonly nearOnly?: boolean } = {},
): DataResolver {
  const scope: Scope = { workspace, nearOnly, datastores: lookUpDatastores(workspace) };
  const identified = new Map<string, Answer<Content | Refusal>>();
  const identify = (at: string, type: DataType): Answer<Content | Refusal> => {
    const key = `${type === "uri_file" ? "file" : "any"} ${at}`;
    const known = identified.get(key) ?? identifyOnce(workspace, at, type);
    identified.set(key, known);
    return known;
  };
  const find = async (
    located: Located | LocatedElsewhere,
    type: DataType,
    mode: PortMode | null,
  ): Promise<Found | Refusal> => {
    if ("source" in located) return findElsewhere(workspace, located, { type, mode });
    const content = await identify(located.path, type);
    return isRefusal(content) ? content : { path: located.path, content };
  };
  const resolved = new Map<string, Answer<ResolvedData | Refusal>>();
  const resolve: DataResolver["resolve"] = (reference, type, mode = null) => {
    const what = reference.kind === "local" ? reference.path : JSON.stringify(reference);
    const key = `${type} ${mode === "direct"} ${reference.kind} ${what}`;
    const known =
      resolved.get(key) ?? resolveNear(reference, type) ?? resolveOnce(reference, type, mode);
    resolved.set(key, known);
    return known;
  };
  /** Null: it takes more than a look. */
  const resolveNear = (reference: DataReference, type: DataType): ResolvedData | null => {
    if (reference.kind !== "local" || type === "mltable") return null;
    const content = identify(reference.path, type);
    if (content instanceof Promise || isRefusal(content)) return null;
    return { path: reference.path, content, asset: null, written: reference.path };
  };
  const resolveOnce = async (
    reference: DataReference,
    type: DataType,
    mode: PortMode | null,
  ): Promise<ResolvedData | Refusal> => {
    const located = await locate(scope, reference);
    if (isRefusal(located)) return located;
    const found = await find(located, type, mode);
    if (isRefusal(found) && located.expectedId === null) return withWayOut(found, reference);
    if (type !== "mltable" || isRefusal(found) || found.remote?.direct)
      return asRecorded(workspace, located, found);
    const { resolveMlTable } = await import("./resolve-mltable.ts");
    const table = await resolveMlTable(workspace, { ...found, written: located.written }, resolve);
    return asRecorded(workspace, located, table);
  };
  return { resolve };
}

/** What is at a place now. */
type Found = Pick<ResolvedData, "path" | "content" | "remote">;

function identifyOnce(
  { contents, notice }: Workspace,
  at: string,
  type: DataType,
): Answer<Content | Refusal> {
  const answer = contents.identify(at, type);
  if (!(answer instanceof Promise)) return contentOf(answer);
  const tell = (): void =>
    notice(`reading ${at}: once known, it is read again only where it changes`);
  return noticeWhenSlow(answer, tell).then(contentOf);
}

function contentOf(outcome: Outcome<Content>): Content | Refusal {
  if (outcome.ok) return outcome.value;
  return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint);
}

async function findElsewhere(
  workspace: Workspace,
  { source, reference }: LocatedElsewhere,
  { type, mode }: { readonly type: DataType; readonly mode: PortMode | null },
): Promise<Found | Refusal> {
  const { identifyRemote } = await import("./remote-data.ts");
  const isDirect = mode === "direct";
  const found = await identifyRemote(workspace, source, { reference, type, isDirect });
  if (isRefusal(found)) return found;
  return { path: found.path, content: found.content, remote: found.origin };
}

function resolved(
  { path, content, remote }: Found,
  asset: ResolvedData["asset"],
  written: string,
): ResolvedData {
  return remote === undefined
    ? { path, content, asset, written }
    : { path, content, remote, asset, written };
}

/** A name stands for the bytes that were recorded with it: those at its place, else the copy that was kept of them. */
async function asRecorded(
  workspace: Workspace,
  located: Located | LocatedElsewhere,
  found: Found | Refusal,
): Promise<ResolvedData | Refusal> {
  const { expectedId, written, asset } = located;
  const isAsWritten = expectedId === null || (!isRefusal(found) && found.content.id === expectedId);
  if (isAsWritten) return isRefusal(found) ? found : resolved(found, asset, written);
  const at = "source" in located ? located.source.written : located.path;
  const kept = await workspace.contents.kept(expectedId as ContentId);
  if (kept !== null) {
    const path = isRefusal(found) ? at : found.path;
    return { path, content: kept, asset, written };
  }
  return refuse(
    "data_changed",
    isRefusal(found)
      ? `${written}: ${found.message}`
      : `${written}: the bytes at ${at} are not those that were recorded${await differences(workspace, expectedId as ContentId, found.content)}`,
    `register what is there now as a new version (${registerAgain(written, at)}), or restore the old bytes`,
  );
}

/** `: changed a.csv, removed b.csv`; nothing where it cannot be told. */
async function differences(
  { contents }: Workspace,
  expected: ContentId,
  found: Content,
): Promise<string> {
  const before = await contents.manifest(expected);
  const after = found.kind === "folder" ? await contents.manifest(found.id) : null;
  if (before === null || after === null) return "";
  const files = changedPaths(before, after);
  const rest = files.length - NAMED_FILES;
  return `: ${files.slice(0, NAMED_FILES).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** How many changed files a message names. */
const NAMED_FILES = 5;

function registerAgain(written: string, at: string): string {
  const [, name] = /^azureml:([^:@/]+)/.exec(written) ?? [];
  return `stepwell data create --name ${name ?? "NAME"} --path ${shellWord(at)}`;
}

interface Located {
  readonly path: string;
  readonly asset: string | null;
  readonly written: string;
  /** Content id that was recorded with the name, or null. */
  readonly expectedId: string | null;
}

interface LocatedElsewhere extends Omit<Located, "path"> {
  readonly source: RemoteSource;
  readonly reference: RemoteOrigin["reference"];
}

interface Scope {
  readonly workspace: Workspace;
  readonly nearOnly: boolean;
  readonly datastores: DatastoreLookup;
}

async function locate(
  scope: Scope,
  reference: DataReference,
): Promise<Located | LocatedElsewhere | Refusal> {
  switch (reference.kind) {
    case "local":
      return { path: reference.path, asset: null, written: reference.path, expectedId: null };
    case "asset":
      return locateAsset(scope, reference);
    case "datastore":
      return locateInStore(scope, reference);
    case "url":
      return locateUrl(scope, reference);
    case "run_output":
      return locateRunOutput(scope.workspace, reference);
    default:
      return reference satisfies never;
  }
}

/** What `data create` keeps of an asset. */
export interface DataDefinition {
  readonly type: DataType;
  readonly reference: DataReference;
  readonly contentId: string | null;
  /** At registration; absent where the content was not known then, or an older Stepwell wrote it. */
  readonly sizeBytes?: number;
  readonly files?: number;
  /** True: the bytes were copied into a datastore of ours, where nobody else writes. */
  readonly copied?: boolean;
}

async function locateAsset(
  scope: Scope,
  reference: Extract<DataReference, { kind: "asset" }>,
): Promise<Located | LocatedElsewhere | Refusal> {
  const { name, version, label } = reference;
  const kinds = ["data", "model"] as const;
  for (const kind of kinds) {
    const asset = await scope.workspace.records.asset(kind, name, version, label);
    if (asset === null) continue;
    const definition = JSON.parse(asset.definition) as DataDefinition;
    const located = await locate(scope, definition.reference);
    if (isRefusal(located)) return located;
    const written = `azureml:${name}:${asset.version}`;
    return {
      ...located,
      asset: `${name}:${asset.version}`,
      written,
      expectedId: definition.contentId,
    };
  }
  const wanted = version === null ? `${name}@${label ?? "latest"}` : `${name}:${version}`;
  const create =
    scope.workspace.registering("data", name, version) ??
    scope.workspace.registering("model", name, version) ??
    `stepwell data create --name ${name}${version === null ? "" : ` --version ${version}`} --path PATH`;
  return refuse(
    "unknown_asset",
    `there is no data asset or model ${wanted} in this workspace`,
    `register it: ${create}, or write a path in its place  (see what is there: stepwell data list)`,
  );
}

async function locateInStore(
  scope: Scope,
  reference: Extract<DataReference, { kind: "datastore" }>,
): Promise<Located | LocatedElsewhere | Refusal> {
  const { datastore, path: inside } = reference;
  const root = await storeFolder(scope.workspace, datastore, scope.datastores);
  if (isRefusal(root)) return root;
  if (root === null) return locateElsewhere(scope, reference);
  const at = path.resolve(root, inside.replace(/^\/+/, ""));
  if (at !== root && !at.startsWith(root + path.sep))
    return refuse(
      "path_leaves_datastore",
      `${inside} leaves the datastore ${datastore}`,
      "write a path inside of it",
    );
  const written = `azureml://datastores/${datastore}/paths/${inside}`;
  return { path: at, asset: null, written, expectedId: null };
}

async function locateElsewhere(
  scope: Scope,
  reference: RemoteOrigin["reference"],
): Promise<LocatedElsewhere | Refusal> {
  const source = await remoteSource(scope.workspace, reference, scope.datastores);
  if (source === null || isRefusal(source)) return source ?? unsupportedUrl(reference);
  if (scope.nearOnly) return outOfReach(source.written);
  return { source, reference, asset: null, written: source.written, expectedId: null };
}

/** Folder of a datastore, or null when it is no folder of this machine. */
export async function storeFolder(
  workspace: Workspace,
  datastore: string,
  datastores: DatastoreLookup = lookUpDatastores(workspace),
): Promise<string | null | Refusal> {
  const found = await datastores.find(datastore);
  if (isRefusal(found)) return found;
  return found.definition.type === "file" ? path.resolve(found.definition.path) : null;
}

async function locateUrl(
  scope: Scope,
  reference: Extract<DataReference, { kind: "url" }>,
): Promise<Located | LocatedElsewhere | Refusal> {
  const { url } = reference;
  const mapped = mapUrl(scope.workspace.config.urlMap, url);
  if (mapped !== null && !/^[a-z]+:\/\//i.test(mapped))
    return { path: mapped, asset: null, written: url, expectedId: null };
  const target = mapped ?? url;
  const isFile = /^https?:\/\//i.test(target) && !target.endsWith("/");
  if (!isFile) return locateElsewhere(scope, { kind: "url", url: target });
  if (scope.nearOnly) return outOfReach(url);
  const { folder, notice, fetch } = scope.workspace;
  const downloaded = await download(places.downloads(folder), target, { say: notice, fetch });
  if (isRefusal(downloaded)) return downloaded;
  return { path: downloaded, asset: null, written: url, expectedId: null };
}

function outOfReach(written: string): Refusal {
  return refuse("storage_unreachable", `${written} was not asked for`);
}

function unsupportedUrl(reference: RemoteOrigin["reference"]): Refusal {
  const url = reference.kind === "url" ? reference.url : reference.datastore;
  return refuse(
    "unsupported_url",
    `${url} cannot be read from here`,
    `map it to a local copy in stepwell.yml: url_map: {"${url}": ./copy}, or write a path in its place`,
  );
}

/** The longest key of `url_map` that is the URL or the beginning of it, up to whole names. */
export function mapUrl(map: Readonly<Record<string, string>>, url: string): string | null {
  const isMeant = (key: string): boolean =>
    url.startsWith(key) && (key.endsWith("/") || /^$|^[/?#]/.test(url.slice(key.length)));
  const keys = Object.keys(map).filter(isMeant);
  const [best] = keys.sort((a, b) => b.length - a.length);
  if (best === undefined) return null;
  const rest = url.slice(best.length);
  const target = map[best] as string;
  if (rest === "") return target;
  // An address would lose one of its slashes.
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return path.join(target, namesOf(rest, url));
  return /^[?#]/.test(rest)
    ? target + rest
    : `${target.replace(/\/$/, "")}/${rest.replace(/^\//, "")}`;
}

/** The part of an address below its key as names of files: without a query, which may be a signature, and decoded. */
function namesOf(rest: string, url: string): string {
  if (!/^https?:/i.test(url)) return rest;
  const plain = rest.replace(/[?#].*$/s, "");
  try {
    const decoded = decodeURIComponent(plain);
    // No file has such a name.
    return decoded.includes("\0") ? plain : decoded;
  } catch {
    return plain;
  }
}

async function locateRunOutput(
  workspace: Workspace,
  { run, output, path: inside = "" }: Extract<DataReference, { kind: "run_output" }>,
): Promise<Located | Refusal> {
  const { findOutput } = await import("../recorded/find-output.ts");
  const found = await findOutput(workspace, run, output);
  if (isRefusal(found)) return found;
  const written = `azureml://jobs/${run}/outputs/${output}`;
  if (inside === "") return { path: found.path, asset: null, written, expectedId: found.id };
  // The whole output was just found unaltered, so what lies inside is what was recorded.
  const at = path.resolve(found.path, inside);
  if (found.kind === "folder" && at.startsWith(found.path + path.sep))
    return { path: at, asset: null, written: `${written}/paths/${inside}`, expectedId: null };
  const why = found.kind === "file" ? "is one file" : "has nothing there";
  return refuse("missing_path", `${written}/paths/${inside}: the output ${why}`);
}
