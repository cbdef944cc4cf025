// Tells which data lies elsewhere: in a datastore that is no folder, or behind an address of a cloud. Knows nothing of
// reading it.

import { type Storage, StorageError } from "../../ports/storage.ts";
import {
  type CloudAddress,
  type CloudDefinition,
  parseCloudAddress,
} from "../../spec/cloud-address.ts";
import type { DatastoreDefinition, OpenableDatastore } from "../../spec/datastore.ts";
import type { DataReference } from "../../spec/graph.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { type DatastoreLookup, lookUpDatastores, withItsSecrets } from "./datastores.ts";

export interface RemoteSource {
  /** The datastore's name, or how the address begins; for messages. */
  readonly whose: string;
  readonly definition: DatastoreDefinition;
  /** Below the root of the storage; "" is all of it. */
  readonly path: string;
  /** As the user may write it. */
  readonly written: string;
  /** It is named by its address alone: whoever asks may read it, or who is signed in on this machine. */
  readonly mayBePublic?: boolean;
}

type RemoteReference = Extract<DataReference, { kind: "datastore" | "url" }>;

/** Null: it is not remote, or nothing that can be reached this way. */
export async function remoteSource(
  workspace: Workspace,
  reference: RemoteReference,
  datastores: DatastoreLookup = lookUpDatastores(workspace),
): Promise<RemoteSource | Refusal | null> {
  if (reference.kind === "url") return sourceOfUrl(datastores, reference.url);
  const { datastore: name, path } = reference;
  const datastore = await datastores.find(name);
  if (isRefusal(datastore)) return datastore;
  const { definition } = datastore;
  if (definition.type === "file") return null;
  if (definition.type === "postgres")
    return refuse(
      "no_files_there",
      `the datastore ${name} holds tables, not files`,
      "read it with a step of type data_transfer, task import_data",
    );
  const inside = path.replace(/^\/+/, "");
  const written = `azureml://datastores/${name}/paths/${inside}`;
  if (hasDots(inside)) return leaves(inside, `the datastore ${name}`);
  return { whose: `datastore ${name}`, definition, path: inside, written };
}

export async function openSource(
  workspace: Workspace,
  { definition, whose }: Pick<RemoteSource, "definition" | "whose">,
): Promise<Storage | Refusal> {
  const openable = await withItsSecrets(workspace, definition, whose);
  return isRefusal(openable) ? openable : workspace.openStorage(openable);
}

/**
 * As {@link openSource}, but what anybody may read is read as nobody: most public data is, and nobody needs to sign in for
 * it. Costs one request more where it is not.
 */
export async function openForReading(
  workspace: Workspace,
  source: RemoteSource,
): Promise<Storage | Refusal> {
  const { definition, mayBePublic = false, path } = source;
  if (!mayBePublic) return openSource(workspace, source);
  const asNobody = { ...definition, credentials: { kind: "none" } } as OpenableDatastore;
  const storage = await workspace.openStorage(asNobody);
  if (await showsAny(storage, path)) return storage;
  await storage.close();
  return openSource(workspace, source);
}

/** Is there anything at the path that may be read? */
async function showsAny(storage: Storage, path: string): Promise<boolean> {
  try {
    const isFile = path !== "" && !path.endsWith("/");
    if (isFile && (await storage.stat(path)) !== null) return true;
    if (!storage.capabilities.canList) return false;
    for await (const _ of storage.list(path.replace(/\/+$/, ""))) return true;
    return false;
  } catch (error) {
    if (error instanceof StorageError) return false;
    throw error;
  }
}

function hasDots(path: string): boolean {
  return path.split("/").some((part) => part === "." || part === "..");
}

function leaves(path: string, what: string): Refusal {
  return refuse(
    "path_leaves_datastore",
    `${path} leaves ${what}`,
    "write a path without . and ..; what a bucket has under such a key can be copied to another one with its own tools",
  );
}

/** A registered datastore that holds the address lends its credentials; else it is public, or the vendor's own client finds some. */
async function sourceOfUrl(
  datastores: DatastoreLookup,
  url: string,
): Promise<RemoteSource | Refusal | null> {
  const parsed = parseCloudAddress(url);
  if (parsed === null) return null;
  const { definition, path } = parsed;
  if (hasDots(path)) return leaves(path, placeOf(definition));
  const known = (await datastores.all()).flatMap((one) => {
    const inside = insideOf(one.definition, parsed);
    return inside === null ? [] : [{ name: one.name, definition: one.definition, path: inside }];
  });
  const [best] = known.sort((a, b) => a.path.length - b.path.length);
  if (best === undefined)
    return { whose: placeOf(definition), definition, path, written: url, mayBePublic: true };
  return {
    whose: `datastore ${best.name}`,
    definition: best.definition,
    path: best.path,
    written: url,
  };
}

function placeOf(definition: CloudDefinition): string {
  if ("container" in definition)
    return `container ${definition.container} of ${definition.account}`;
  return `bucket ${definition.bucket}`;
}

/** The address as a path below a datastore; null where it lies elsewhere. */
function insideOf(datastore: DatastoreDefinition, address: CloudAddress): string | null {
  const wanted = address.definition;
  const isSame =
    "container" in wanted
      ? "container" in datastore &&
        datastore.account === wanted.account &&
        datastore.container === wanted.container
      : datastore.type === wanted.type && datastore.bucket === wanted.bucket;
  if (!isSame || !("prefix" in datastore)) return null;
  const { prefix } = datastore;
  if (prefix === "") return address.path;
  if (address.path === prefix) return "";
  return address.path.startsWith(`${prefix}/`) ? address.path.slice(prefix.length + 1) : null;
}
