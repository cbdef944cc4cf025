// A place where results are shared: bytes and lists of files by their content, runs as signed texts, and for each fingerprint
// the runs that have a result for it. Everything in it is written once. Nothing in it is believed unread.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { ContentId, Manifest } from "../../core/content.ts";
import { type Bytes, type Storage, StorageError } from "../../ports/storage.ts";
import type { SharedCacheConfig } from "../../spec/read-caches.ts";
import { openSource, type RemoteSource, remoteSource } from "../data/remote-source.ts";
import { storeFolder } from "../data/resolve-data.ts";
import { inParallel } from "../in-parallel.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import { isSignedBy, type SigningKey } from "../signing-key.ts";
import type { Workspace } from "../workspace.ts";

export interface SharedCache {
  readonly config: SharedCacheConfig;
  readonly storage: Storage;
  /** Below the storage's root, "" or with `/` at its end. */
  readonly root: string;
}

/** Opens the place; the caller closes its storage. Throws `StorageError`. */
export async function openCache(
  workspace: Workspace,
  config: SharedCacheConfig,
): Promise<SharedCache | Refusal> {
  const { place } = config;
  const folder = await localFolder(workspace, place);
  if (isRefusal(folder)) return folder;
  if (folder !== null) {
    if (config.mayWrite) makeFolder(folder);
    else if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw new StorageError("no_such_place", `there is no folder ${folder}`);
    const storage = await workspace.openStorage({ type: "file", path: folder });
    return { config, storage, root: "" };
  }
  const source = await remoteSource(workspace, place as Parameters<typeof remoteSource>[1]);
  if (isRefusal(source)) return source;
  const storage = await openSource(workspace, source as RemoteSource);
  if (isRefusal(storage)) return storage;
  const inside = (source as RemoteSource).path.replace(/^\/+|\/+$/g, "");
  return { config, storage, root: inside === "" ? "" : `${inside}/` };
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const says = code === "EEXIST" ? "it is a file, not a folder" : message;
    throw new StorageError("failed", `${folder} cannot be used as a cache: ${says}`);
  }
}

async function localFolder(
  workspace: Workspace,
  place: SharedCacheConfig["place"],
): Promise<string | null | Refusal> {
  if (place.kind === "local") return place.path;
  if (place.kind !== "datastore") return null;
  const folder = await storeFolder(workspace, place.datastore);
  return typeof folder === "string"
    ? path.join(folder, path.posix.normalize(`/${place.path}`))
    : folder;
}

const LAYOUT = {
  bytes: (id: string): string => `bytes/${hexOf(id).slice(0, 2)}/${hexOf(id)}`,
  manifest: (id: string): string => `manifests/${hexOf(id).slice(0, 2)}/${hexOf(id)}.json`,
  run: (id: string): string => `runs/${id}.json`,
  /** Empty files named by the shared run: the list is the answer. */
  results: (fingerprint: string): string =>
    `results/${hexOf(fingerprint).slice(0, 2)}/${hexOf(fingerprint)}`,
  named: (name: string): string => `names/${encodeURIComponent(name)}`,
} as const;

function hexOf(id: string): string {
  return id.slice("sha256:".length);
}

/** Calls at once: most are a matter of latency. */
const AT_ONCE = 16;

/** A text, whose it is said to be, and the proof. */
interface Envelope {
  readonly format: 1;
  readonly key: string;
  readonly signature: string;
  readonly body: string;
}

/** Writes it unless it is there. */
async function putText(cache: SharedCache, at: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const sha256 = idOf(bytes);
  await unlessThere(() =>
    cache.storage.write(cache.root + at, once(bytes), {
      sizeBytes: bytes.length,
      sha256,
      ifAbsent: true,
    }),
  );
}

async function unlessThere(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof StorageError) || error.problem !== "exists") throw error;
  }
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

function idOf(bytes: Uint8Array): ContentId {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` as ContentId;
}

/** Larger ones are no texts of ours. */
const TEXT_BYTES = 512 << 20;

async function getText(cache: SharedCache, at: string): Promise<string | null> {
  try {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of await cache.storage.read(cache.root + at)) {
      size += part.length;
      if (size > TEXT_BYTES) return null;
      parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
  } catch (error) {
    if (error instanceof StorageError && error.problem === "not_found") return null;
    throw error;
  }
}

/** Where bytes lie in the cache's storage. */
export function bytesPath(cache: SharedCache, id: ContentId): string {
  return cache.root + LAYOUT.bytes(id);
}

export async function hasBytes(cache: SharedCache, id: ContentId): Promise<boolean> {
  return (await cache.storage.stat(bytesPath(cache, id))) !== null;
}

/** From a file of this machine, unless they are there. */
export async function putBytes(cache: SharedCache, id: ContentId, file: string): Promise<void> {
  const { size: sizeBytes } = fs.statSync(file);
  await unlessThere(() =>
    cache.storage.write(bytesPath(cache, id), fs.createReadStream(file), {
      sizeBytes,
      sha256: id,
      ifAbsent: true,
    }),
  );
}

/**
 * Brings them to a file, on from what a killed process has brought of it. A file that nobody may write any more is whole: it was
 * compared. False: they are not there, or are not those.
 */
export async function getBytes(
  cache: SharedCache,
  { id, sizeBytes }: { readonly id: ContentId; readonly sizeBytes: number },
  { file, mode }: { readonly file: string; readonly mode: number },
): Promise<boolean> {
  const earlier = fs.lstatSync(file, { throwIfNoEntry: false });
  if (earlier !== undefined && (earlier.mode & 0o222) === 0) return true;
  try {
    const goesOn = earlier !== undefined && earlier.size < sizeBytes;
    if (!(goesOn && (await bring(cache, id, file))) && !(await bringAnew(cache, id, file)))
      return false;
  } catch (error) {
    if (error instanceof StorageError && error.problem === "not_found") return false;
    throw error;
  }
  fs.chmodSync(file, mode);
  return true;
}

async function bringAnew(cache: SharedCache, id: ContentId, file: string): Promise<boolean> {
  fs.rmSync(file, { force: true });
  if (await bring(cache, id, file)) return true;
  fs.rmSync(file, { force: true });
  return false;
}

/** Adds what is missing; false when it is not what the id says in the end. */
async function bring(cache: SharedCache, id: ContentId, file: string): Promise<boolean> {
  const hash = createHash("sha256");
  const output = await fs.promises.open(file, "a+", 0o600);
  try {
    let offset = 0;
    for await (const part of output.createReadStream({ start: 0, autoClose: false })) {
      hash.update(part);
      offset += part.length;
    }
    for await (const part of await cache.storage.read(bytesPath(cache, id), { offset })) {
      hash.update(part);
      await output.writeFile(part);
    }
  } finally {
    await output.close();
  }
  return `sha256:${hash.digest("hex")}` === id;
}

export function putManifest(cache: SharedCache, id: ContentId, manifest: Manifest): Promise<void> {
  return putText(cache, LAYOUT.manifest(id), JSON.stringify(manifest));
}

/** As it was written; whoever uses it checks that it gives the id. */
export async function getManifest(cache: SharedCache, id: ContentId): Promise<Manifest | null> {
  const text = await getText(cache, LAYOUT.manifest(id));
  try {
    return text === null ? null : (JSON.parse(text) as Manifest);
  } catch {
    return null;
  }
}

/** All of it: what is written last is there. */
export async function hasRun(cache: SharedCache, id: string, name: string): Promise<boolean> {
  return (await cache.storage.stat(`${cache.root}${LAYOUT.named(name)}/${id}`)) !== null;
}

/** The run first, then what leads to it: whoever finds a result finds all of it. */
export async function putRun(
  cache: SharedCache,
  shared: { readonly id: string; readonly body: string; readonly name: string },
  { fingerprints, key }: { readonly fingerprints: readonly string[]; readonly key: SigningKey },
): Promise<void> {
  const { id, body, name } = shared;
  await putSigned(cache, LAYOUT.run(id), body, key);
  await inParallel(new Set(fingerprints), AT_ONCE, (fingerprint) =>
    putText(cache, `${LAYOUT.results(fingerprint)}/${id}`, ""),
  );
  await putText(cache, `${LAYOUT.named(name)}/${id}`, "");
}

/** What may be had of a shared run: its text when somebody who is trusted signed it, else why not. */
export async function getRun(
  cache: SharedCache,
  id: string,
  ownKey: string,
): ReturnType<typeof getSigned> {
  const found = await getSigned(cache, LAYOUT.run(id), ownKey);
  if ("mistake" in found || hexOf(idOf(Buffer.from(found.body))) === id) return found;
  return { mistake: "it is another one than its name says" };
}

/** Signs a text of ours and puts it there, unless there is one. */
export async function putSigned(
  cache: SharedCache,
  at: string,
  body: string,
  key: SigningKey,
): Promise<void> {
  const envelope: Envelope = { format: 1, key: key.publicKey, signature: key.sign(body), body };
  await putText(cache, at, JSON.stringify(envelope));
}

/** A text when somebody who is trusted signed it, else why it cannot be had. */
export async function getSigned(
  cache: SharedCache,
  at: string,
  ownKey: string,
): Promise<{ readonly body: string; readonly key: string } | { readonly mistake: string }> {
  const text = await getText(cache, at);
  if (text === null) return { mistake: "it is not there" };
  let envelope: Envelope;
  try {
    envelope = JSON.parse(text) as Envelope;
  } catch {
    return { mistake: "it is cut off, or no JSON" };
  }
  const { format, key, signature, body } = envelope ?? {};
  if (format !== 1 || typeof body !== "string" || typeof signature !== "string")
    return { mistake: "it is not signed" };
  if (key !== ownKey && !cache.config.trust.includes(key))
    return { mistake: `its key is not trusted: ${String(key).slice(0, 60)}` };
  if (!isSignedBy(key, body, signature)) return { mistake: "its signature is wrong" };
  return { body, key };
}

/** Names of the shared runs that have a result for it, those shared last first; of those shared since a time, as far as is known. */
export function runsWith(
  cache: SharedCache,
  fingerprint: string,
  since: number | null,
): Promise<readonly string[]> {
  return idsBelow(cache, LAYOUT.results(fingerprint), since);
}

/** Names of the shared runs that were called this, those shared last first. */
export function runsNamed(cache: SharedCache, name: string): Promise<readonly string[]> {
  return idsBelow(cache, LAYOUT.named(name), null);
}

async function idsBelow(
  cache: SharedCache,
  folder: string,
  since: number | null,
): Promise<readonly string[]> {
  const found: { readonly id: string; readonly at: number }[] = [];
  for await (const { path: file, modifiedAt } of cache.storage.list(cache.root + folder)) {
    const id = path.posix.basename(file);
    const at = modifiedAt ?? Number.POSITIVE_INFINITY;
    if (/^[0-9a-f]{64}$/.test(id) && at >= (since ?? 0)) found.push({ id, at });
  }
  return found.sort((one, other) => other.at - one.at).map(({ id }) => id);
}
