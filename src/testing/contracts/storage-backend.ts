// What a backend gives the storage contract: places on a real server, and addresses that go wrong in known ways. Also how
// the themes of the contract open places and compare bytes.

import { createHash } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import type { ContentId } from "../../core/content.ts";
import { openStorage } from "../../datastores/open-storage.ts";
import {
  type Bytes,
  type Storage,
  StorageError,
  type StorageProblem,
  type StoredFile,
} from "../../ports/storage.ts";
import type { OpenableDatastore } from "../../spec/datastore.ts";

export interface StorageBackend {
  readonly name: string;
  readonly canWrite: boolean;
  /** Writes and copies several files in one call. */
  readonly takesSeveral?: boolean;
  /** Names that the server of the test cannot have, though others of its kind can. */
  readonly unnameable?: RegExp;
  /** It cannot take back an upload, and forgets it some days later. */
  readonly forgetsLater?: boolean;
  /** A new one, with nothing in it. */
  place(): Promise<TestPlace>;
}

export interface TestPlace {
  readonly definition: OpenableDatastore;
  /** The same server, and no such bucket, container or folder on it; null: it has none. */
  readonly noSuchPlace: OpenableDatastore | null;
  /** Where nobody listens; null: nothing of it is on a network. */
  readonly unreachable: OpenableDatastore | null;
  /** With credentials that the server does not take, by what is wrong with them. */
  readonly refused: Readonly<Record<string, OpenableDatastore>>;
  /** Takes the bucket, container or folder away with all that is in it; null: the server has no such thing. */
  readonly disappear: (() => Promise<void>) | null;
  /** Puts a file there by another way; null: the storage itself is the way. */
  readonly put: ((path: string, body: Uint8Array) => Promise<void>) | null;
}

export interface OpenPlace {
  readonly place: TestPlace;
  readonly storage: Storage;
  put(path: string, body: string | Uint8Array): Promise<void>;
}

export async function openPlace(backend: StorageBackend): Promise<OpenPlace> {
  const place = await backend.place();
  const storage = await opened(place.definition);
  const put = async (path: string, text: string | Uint8Array): Promise<void> => {
    const body = bytesOf(text);
    if (place.put !== null) await place.put(path, body);
    else await storage.write(path, pieces(body), { sizeBytes: body.byteLength, sha256: null });
  };
  return { place, storage, put };
}

/** Closed when the test has ended. */
export async function opened(definition: OpenableDatastore): Promise<Storage> {
  const storage = await openStorage(definition);
  onTestFinished(() => storage.close());
  return storage;
}

export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : text;
}

/** In pieces of that size. */
export async function* pieces(body: string | Uint8Array, size = 64 * 1024): Bytes & AsyncGenerator {
  const bytes = bytesOf(body);
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

export async function bytesIn(body: Bytes): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of body) all.push(piece);
  return Buffer.concat(all);
}

export async function textAt(storage: Storage, path: string): Promise<string> {
  return (await bytesIn(await storage.read(path))).toString();
}

export async function pathsBelow(storage: Storage, prefix: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { path } of storage.list(prefix)) paths.push(path);
  return paths;
}

export async function writeText(
  storage: Storage,
  path: string,
  text: string | Uint8Array,
  options: { readonly sha256?: ContentId; readonly ifAbsent?: boolean } = {},
) {
  const body = bytesOf(text);
  return storage.write(path, pieces(body), {
    sizeBytes: body.byteLength,
    sha256: null,
    ...options,
  });
}

/** What stat says of it; with the other's time where the two are the same second, as headers say it, or it has none. */
export async function statLike(storage: Storage, file: StoredFile): Promise<StoredFile | null> {
  const stat = await storage.stat(file.path);
  const second = (at: number | null): number => Math.trunc((at ?? 0) / 1000);
  const isSame =
    file.modifiedAt === null || second(file.modifiedAt) === second(stat?.modifiedAt ?? null);
  return stat !== null && isSame ? { ...stat, modifiedAt: file.modifiedAt } : stat;
}

export function idOf(body: string | Uint8Array): ContentId {
  return `sha256:${createHash("sha256").update(bytesOf(body)).digest("hex")}` as ContentId;
}

/** Bytes that do not repeat, the same for the same seed. */
export function manyBytes(sizeBytes: number, seed = 1): Uint8Array {
  const body = Buffer.alloc(sizeBytes);
  let state = seed;
  for (let at = 0; at + 4 <= sizeBytes; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    body.writeUInt32LE(state, at);
  }
  return body;
}

/** The error that the work ends with, which must be a StorageError of that problem. */
export async function failing(
  work: Promise<unknown>,
  problem: StorageProblem | readonly StorageProblem[],
): Promise<StorageError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error, "it went well").not.toBeNull();
  if (!(error instanceof StorageError)) throw error;
  expect([problem].flat(), error.message).toContain(error.problem);
  return error;
}

/** All of a read, for what fails only while bytes come. */
export async function readAll(storage: Storage, path: string, version?: string | null) {
  return bytesIn(await storage.read(path, { version: version ?? null }));
}
