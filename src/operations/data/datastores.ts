// The datastores of a workspace: what stepwell.yml names, what was registered, and the workspace's own folder. Opens them
// with their secrets; knows no backend.

import { readText } from "../../ports/read-file.ts";
import type { Storage } from "../../ports/storage.ts";
import type {
  DatastoreDefinition,
  OpenableDatastore,
  SecretReference,
} from "../../spec/datastore.ts";
import { suggestion } from "../../spec/did-you-mean.ts";
import { loadDatastore, type WrittenSecret, withSecrets } from "../../spec/load-datastore.ts";
import { own } from "../../spec/own-keys.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "../refusal.ts";
import { putSecret, readSecret } from "../secrets.ts";
import { places, type Workspace } from "../workspace.ts";
import { mistakeOfKey } from "./service-account-key.ts";

export interface Datastore {
  readonly name: string;
  readonly definition: DatastoreDefinition;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly isDefault: boolean;
  readonly from: "stepwell.yml" | "registered" | "built-in";
}

/** The workspace's own folder, which is the default until another one is. */
export const OWN_DATASTORE = "workspaceblobstore";

/** All of them by name. What stepwell.yml names goes before what is registered under the same name. */
export async function listDatastores(workspace: Workspace): Promise<readonly Datastore[]> {
  const found = new Map<string, Datastore>();
  for (const row of await workspace.records.datastores())
    found.set(row.name, { ...row, from: "registered" });
  for (const [name, definition] of Object.entries(workspace.config.datastores)) {
    const path = definition.type === "file" ? definition.path : null;
    const isOwn = name === OWN_DATASTORE && path === places.store(workspace.folder);
    if (isOwn && found.has(name)) continue;
    const from = isOwn ? ("built-in" as const) : ("stepwell.yml" as const);
    found.set(name, { name, definition, description: null, tags: {}, isDefault: false, from });
  }
  const wanted = workspace.config.defaultDatastore;
  const all = [...found.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((one) => (wanted === null ? one : { ...one, isDefault: one.name === wanted }));
  if (all.some((one) => one.isDefault)) return all;
  return all.map((one) => (one.name === OWN_DATASTORE ? { ...one, isDefault: true } : one));
}

export function findDatastore(workspace: Workspace, name: string): Promise<Datastore | Refusal> {
  return lookUpDatastores(workspace).find(name);
}

/** The datastores as one piece of work sees them: the record is asked once, however many names are looked up. */
export interface DatastoreLookup {
  all(): Promise<readonly Datastore[]>;
  find(name: string): Promise<Datastore | Refusal>;
}

export function lookUpDatastores(workspace: Workspace): DatastoreLookup {
  let asked: Promise<readonly Datastore[]> | null = null;
  const all = (): Promise<readonly Datastore[]> => {
    asked ??= listDatastores(workspace);
    return asked;
  };
  return {
    all,
    async find(name) {
      const known = await all();
      return known.find((one) => one.name === name) ?? unknownDatastore(name, known);
    },
  };
}

function unknownDatastore(name: string, known: readonly Datastore[]): Refusal {
  const near = suggestion(
    name,
    known.map((one) => one.name),
  );
  return refuse(
    "unknown_datastore",
    `there is no datastore ${name} in this workspace${near === null ? "" : `; ${near}`}`,
    `register it: stepwell datastore create FILE, or add it to stepwell.yml: datastores: {${name}: {type: file, path: ./data}}, or write a path in its place  (see what is there: stepwell datastore list)`,
  );
}

/** Registers what a file says; secrets that stand in it go into the workspace's secrets. */
export async function registerDatastore(
  workspace: Workspace,
  text: string,
  { file, folder }: { readonly file: string; readonly folder: string },
): Promise<{ readonly datastore: Datastore; readonly keptSecrets: number } | Refusal> {
  const { datastore, problems } = loadDatastore(text, file, folder);
  if (datastore === null) return refuseInvalid(problems);
  const { name, description, tags, isDefault } = datastore;
  if (own(workspace.config.datastores, name) !== undefined && name !== OWN_DATASTORE)
    return refuse(
      "datastore_in_file",
      `stepwell.yml names a datastore ${name} already`,
      "change it there, or give this one another name",
    );
  const values: [name: string, value: string][] = [];
  const definition = withSecrets<WrittenSecret, SecretReference>(
    datastore.definition,
    (field, secret) => {
      if (secret.from !== "text") return secret;
      const kept = `datastores/${name}/${field}`;
      values.push([kept, secret.value]);
      return { from: "store", name: kept };
    },
  );
  for (const [kept, value] of values) {
    const refused = await putSecret(workspace, kept, value);
    if (refused !== null) return refused;
  }
  const row = { name, definition, description, tags, isDefault };
  await workspace.records.putDatastore({
    ...row,
    createdAt: workspace.clock.now(),
    createdBy: workspace.user,
  });
  const named = new Set<string>();
  withSecrets(definition, (_, secret) => secret.from === "store" && named.add(secret.name));
  await forgetSecrets(workspace, name, named);
  return { datastore: { ...row, from: "registered" }, keptSecrets: values.length };
}

/** Those that were kept with a datastore, but for what it still names. */
async function forgetSecrets(
  { records }: Workspace,
  datastore: string,
  named: ReadonlySet<string>,
): Promise<void> {
  for (const { name } of await records.secrets())
    if (name.startsWith(`datastores/${datastore}/`) && !named.has(name))
      await records.deleteSecret(name);
}

/** Forgets a registered datastore and the secrets that were kept with it. What it holds stays. */
export async function forgetDatastore(workspace: Workspace, name: string): Promise<Refusal | null> {
  const found = await findDatastore(workspace, name);
  if (isRefusal(found)) return found;
  if (found.from !== "registered")
    return refuse(
      "datastore_in_file",
      `${name} was not registered`,
      found.from === "built-in" ? null : "take it out of stepwell.yml",
    );
  await workspace.records.deleteDatastore(name);
  await forgetSecrets(workspace, name, new Set());
  return null;
}

/** Opens a datastore by name; the caller closes it. */
export async function openDatastore(
  workspace: Workspace,
  name: string,
): Promise<Storage | Refusal> {
  const found = await findDatastore(workspace, name);
  if (isRefusal(found)) return found;
  const openable = await withItsSecrets(workspace, found.definition, `datastore ${name}`);
  return isRefusal(openable) ? openable : workspace.openStorage(openable);
}

/** The definition with the secrets that it refers to; `whose` is how a message calls it. */
export async function withItsSecrets(
  workspace: Workspace,
  definition: DatastoreDefinition,
  whose: string,
): Promise<OpenableDatastore | Refusal> {
  const references: SecretReference[] = [];
  withSecrets(definition, (_, secret) => references.push(secret));
  const values = new Map<SecretReference, string>();
  for (const reference of references) {
    const value = await secretOf(workspace, reference, whose);
    if (isRefusal(value)) return value;
    const mistake = definition.type === "gcs" ? mistakeOfKey(value) : null;
    if (mistake !== null)
      return refuse(
        "bad_secret",
        `${whose}: the service account key of ${placeOf(reference)} ${mistake}`,
        "put a whole key file in its place: Google hands one out when a key is made",
      );
    values.set(reference, value);
  }
  return withSecrets(definition, (_, secret) => values.get(secret) as string);
}

function placeOf(reference: SecretReference): string {
  if (reference.from === "file") return reference.path;
  return reference.from === "env" ? `$${reference.name}` : `the secret ${reference.name}`;
}

async function secretOf(
  workspace: Workspace,
  reference: SecretReference,
  whose: string,
): Promise<string | Refusal> {
  switch (reference.from) {
    case "env": {
      const value = workspace.shell[reference.name];
      if (value) return value;
      return refuse(
        "missing_secret",
        `${whose} needs the variable ${reference.name}, which is not set`,
        `set it (export ${reference.name}=…) and try again`,
      );
    }
    case "file":
      try {
        return readText(reference.path).replace(/\r?\n$/, "");
      } catch (error) {
        return refuse(
          "missing_secret",
          `${whose} needs ${reference.path}: ${(error as Error).message}`,
        );
      }
    case "store":
      return readSecret(workspace, reference.name);
    default:
      return reference satisfies never;
  }
}
