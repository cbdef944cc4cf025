// Data and models by name in a shared cache: their bytes, and a signed text that says what the version is. What comes from
// there is copied into this workspace, and is the same version with the same content here.

import fs from "node:fs";
import path from "node:path";
import type { Content } from "../../core/content.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { AssetRow } from "../../ports/records.ts";
import type { DataType } from "../../spec/graph.ts";
import { OWN_DATASTORE } from "../data/datastores.ts";
import { createDataResolver, type DataDefinition } from "../data/resolve-data.ts";
import { readablePath } from "../recorded/readable-path.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { SigningKey } from "../signing-key.ts";
import { places, type Workspace } from "../workspace.ts";
import { newCounter, pushOutput } from "./push-run.ts";
import { getSigned, putSigned, type SharedCache } from "./shared-cache.ts";
import { fetchFrom } from "./shared-results.ts";

type Kind = "data" | "model";

interface SharedAsset {
  readonly format: 1;
  readonly asset: Pick<
    AssetRow,
    "kind" | "name" | "version" | "contentId" | "description" | "tags" | "createdAt" | "createdBy"
  >;
  readonly type: DataType;
  readonly content: Omit<Content, "seal">;
  /** Of a single file: what it is called. */
  readonly fileName: string | null;
}

function placeOf(kind: Kind, name: string, version: string): string {
  return `assets/${kind}/${encodeURIComponent(name)}/${encodeURIComponent(version)}.json`;
}

/** Throws `StorageError`. */
export async function pushAsset(
  workspace: Workspace,
  cache: SharedCache,
  { asset, key }: { readonly asset: AssetRow; readonly key: SigningKey },
): Promise<{ readonly files: number; readonly bytes: number } | Refusal> {
  const { type } = JSON.parse(asset.definition) as DataDefinition;
  const { name, version } = asset;
  const resolved = await createDataResolver(workspace).resolve(
    { kind: "asset", name, version, label: null },
    type,
  );
  if (isRefusal(resolved)) return resolved;
  if (resolved.remote !== undefined && !fs.existsSync(resolved.path)) {
    const { fetchRemote } = await import("../data/remote-data.ts");
    const refused = await fetchRemote(workspace, resolved, resolved.remote);
    if (refused !== null) return refused;
  }
  const { content } = resolved;
  const from = await readablePath(workspace, resolved);
  const counter = newCounter();
  await pushOutput(workspace, cache, { ...content, type, path: from }, counter);
  const { seal: _, ...shown } = content;
  const { kind, contentId, description, tags, createdAt, createdBy } = asset;
  const shared: SharedAsset = {
    format: 1,
    asset: { kind, name, version, contentId, description, tags, createdAt, createdBy },
    type,
    content: shown,
    fileName: content.kind === "file" ? path.basename(resolved.path) : null,
  };
  await putSigned(cache, placeOf(kind as Kind, name, version), JSON.stringify(shared), key);
  const { files, bytes } = counter;
  return { files, bytes };
}

/** Throws `StorageError`. */
export async function pullAsset(
  workspace: Workspace,
  cache: SharedCache,
  wanted: {
    readonly kind: Kind;
    readonly name: string;
    readonly version: string;
    readonly ownKey: string;
  },
): Promise<AssetRow | Refusal> {
  const { kind, name, version, ownKey } = wanted;
  const what = `${kind} ${name}:${version}`;
  const found = await getSigned(cache, placeOf(kind, name, version), ownKey);
  if ("mistake" in found)
    return refuse(
      "not_shared",
      `${what} cannot be had from ${cache.config.url}: ${found.mistake}`,
      null,
      1,
    );
  const { asset, type, content, fileName } = JSON.parse(found.body) as SharedAsset;
  if (asset.kind !== kind || asset.name !== name || asset.version !== version)
    return refuse("not_shared", `${what}: the cache has another asset in its place`, null, 1);
  const folder = `assets/${name}/${content.id.slice("sha256:".length, "sha256:".length + 16)}`;
  const inside = fileName === null ? folder : `${folder}/${path.basename(fileName)}`;
  const at = path.join(places.store(workspace.folder), inside);
  const record: OutputRecord = { ...content, seal: "", type, path: at, shared: true };
  const isThere = fs.existsSync(at) || (await fetchFrom(workspace, cache, record));
  if (!isThere)
    return refuse(
      "shared_bytes_missing",
      `${what}: its bytes are not whole in ${cache.config.url}`,
      null,
      1,
    );
  const definition: DataDefinition = {
    type,
    reference: { kind: "datastore", datastore: OWN_DATASTORE, path: inside },
    contentId: content.id,
    sizeBytes: content.sizeBytes,
    files: content.files,
    copied: true,
  };
  const outcome = await workspace.records.createAsset({
    ...asset,
    definition: JSON.stringify(definition),
    run: null,
  });
  if (outcome.kind !== "conflict") return outcome.asset;
  return refuse(
    "asset_version_conflict",
    `${what} exists here with other content; a version never changes`,
    `the next free version is ${outcome.nextVersion}`,
  );
}
