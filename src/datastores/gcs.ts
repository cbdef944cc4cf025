// A bucket of Google Cloud Storage as a storage, with generations as versions. Knows requests and answers; retries and how
// many of them run at once are the caller's affair.

import { randomBytes } from "node:crypto";
import {
  type Bytes,
  type PendingUpload,
  type ReadOptions,
  type Storage,
  type StorageCapabilities,
  StorageError,
  type StoredFile,
  type UploadedPart,
  type WriteOptions,
} from "../ports/storage.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { type Faults, faultsOf } from "./fault.ts";
import { GcsApi, type GcsObject, GcsRefusal } from "./gcs-api.ts";
import { gcsSecrets } from "./gcs-auth.ts";
import { aboutFile, GcsParts, MAX_PARTS, md5Of, notedSha256, removeQuietly } from "./gcs-parts.ts";
import { gcsFault, gcsProblem } from "./gcs-problem.ts";
import { discard, lengthOf } from "./http-request.ts";
import { KeyPrefix } from "./key-prefix.ts";
import { receivedBody } from "./received-body.ts";
import { type About, inPieces, sendBody, wholeBody } from "./send-body.ts";
import { sharedCheck } from "./shared-check.ts";
import { checkPath, checkPrefix, isPath, type PathLimits, UNFINISHED } from "./storage-path.ts";
import { partPlace, partsMistake } from "./upload-parts.ts";

type GcsDefinition = Extract<OpenableDatastore, { readonly type: "gcs" }>;

const IS_UNFINISHED = new RegExp(`(^|/)${UNFINISHED.replace(".", "\\.")}`);
const LIMITS: PathLimits = {
  maxBytes: 1024,
  maxPartBytes: 1024,
  forbidden: new RegExp(`[\\r\\n]|${IS_UNFINISHED.source}`),
};
/** Held in memory by each write at most, up to the size of file below. */
const PIECE_BYTES = 8 * 1024 ** 2;

export function openGcs(definition: GcsDefinition): Storage {
  return new GcsStorage(definition);
}

class GcsStorage implements Storage {
  readonly address: string;
  readonly capabilities: StorageCapabilities = {
    canWrite: true,
    canList: true,
    ifAbsentIsAtomic: true,
    hasVersions: true,
    copiesInPlace: true,
    parts: { minBytes: 1, maxBytes: 5 * 1024 ** 3, maxCount: MAX_PARTS },
  };
  readonly #api: GcsApi;
  readonly #keys: KeyPrefix;
  readonly #parts: GcsParts;
  readonly #fault: Faults;
  /** Whether it is the bucket or the object that is not there is not always said. */
  readonly #holdToBucket: () => Promise<void>;

  constructor({ bucket, prefix, endpoint, credentials }: GcsDefinition) {
    this.address = `gs://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    this.#keys = new KeyPrefix(prefix);
    this.#fault = faultsOf(this.address, gcsSecrets(credentials));
    this.#api = new GcsApi(endpoint, bucket, credentials);
    this.#parts = new GcsParts(this.#api, this.#keys.below(""));
    this.#holdToBucket = sharedCheck(() => this.#bucketIsThere());
  }

  async stat(path: string): Promise<StoredFile | null> {
    this.#check(path);
    try {
      return storedFile(path, await this.#api.object(this.#keys.key(path)));
    } catch (error) {
      if (gcsProblem(error) !== "not_found") throw gcsFault(this.#fault, path, error);
      await this.#holdToBucket();
      return null;
    }
  }

  async *list(
    prefix: string,
    leftOut?: (key: string) => void,
  ): AsyncGenerator<StoredFile, void, undefined> {
    checkPrefix(prefix, this.#keys.prefix, LIMITS, this.#fault);
    const itself = prefix === "" ? null : await this.stat(prefix);
    if (itself !== null) yield itself;
    for (let token: string | undefined; ; ) {
      const from = token;
      const below = this.#keys.below(prefix);
      const page = await this.#doing(prefix, () => this.#api.list(below, from));
      for (const object of page.items ?? []) {
        const path = this.#keys.path(object.name);
        if (path === null || IS_UNFINISHED.test(path)) continue;
        if (!isPath(path, this.#keys.prefix, LIMITS)) {
          leftOut?.(path);
          continue;
        }
        yield storedFile(path, object);
      }
      if (page.nextPageToken === undefined || page.nextPageToken === "") return;
      token = page.nextPageToken;
    }
  }

  async read(path: string, options: ReadOptions = {}): Promise<Bytes> {
    const { offset = 0, length, version = null, signal } = options;
    this.#check(path);
    signal?.throwIfAborted();
    if (length === 0) return this.#nothing(path, version);
    const last = length === undefined ? "" : offset + length - 1;
    const isWhole = offset === 0 && length === undefined;
    const range: Readonly<Record<string, string>> = isWhole
      ? {}
      : { range: `bytes=${offset}-${last}` };
    const condition = version === null ? {} : { ifGenerationMatch: version };
    try {
      const key = this.#keys.key(path);
      const answer = await this.#api.media(key, condition, range, signal);
      const generation = answer.headers["x-goog-generation"];
      // Not every server that speaks this language looks at the condition.
      if (version !== null && generation !== undefined && generation !== version) {
        discard(answer);
        throw this.#changed(path);
      }
      return receivedBody(answer.body, {
        sizeBytes: lengthOf(answer.headers),
        signal,
        problem: (error) => gcsFault(this.#fault, path, error),
        about: this.#about(path),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof StorageError) throw error;
      if (error instanceof GcsRefusal && error.status === 416) return nothing();
      if (gcsProblem(error) === "not_found") await this.#holdToBucket();
      throw gcsFault(this.#fault, path, error);
    }
  }

  async write(path: string, body: Bytes, options: WriteOptions): Promise<StoredFile> {
    this.#check(path);
    const { sizeBytes, ifAbsent = false } = options;
    const object = await sendBody(body, options, {
      about: this.#about(path),
      problem: (error) => this.#writeProblem(path, error, ifAbsent),
      send: async (bytes) => {
        if (sizeBytes > PIECE_BYTES) return this.#writeParts(path, bytes, options);
        return this.#writeWhole(path, await wholeBody(bytes), options);
      },
    });
    return storedFile(path, object);
  }

  async startUpload(
    path: string,
    { sizeBytes, sha256, partBytes }: Parameters<Storage["startUpload"]>[1],
  ): Promise<PendingUpload> {
    this.#check(path);
    const id = newUploadId();
    await this.#parts.start(id).catch(async (error) => {
      throw await this.#writeProblem(path, error, false);
    });
    return { path, id, sizeBytes, partBytes, sha256 };
  }

  async uploadPart(
    upload: PendingUpload,
    number: number,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    this.#checkUpload(upload);
    const { path } = upload;
    if (partPlace(upload, number)?.sizeBytes !== body.byteLength)
      throw this.#fault("corrupt", path, `part ${number} is not of the length announced`);
    signal?.throwIfAborted();
    try {
      return await this.#parts.send(upload, number, body, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (gcsProblem(error) === "not_found") throw this.#forgotten(path);
      throw gcsFault(this.#fault, path, error);
    }
  }

  async uploadedParts(upload: PendingUpload): Promise<readonly UploadedPart[] | null> {
    this.#checkUpload(upload);
    return this.#doing(upload.path, () => this.#parts.sent(upload));
  }

  async finishUpload(
    upload: PendingUpload,
    parts: readonly UploadedPart[],
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    this.#checkUpload(upload);
    const { path, id } = upload;
    const mistake = partsMistake(upload, parts);
    if (mistake !== null) throw this.#fault("corrupt", path, mistake);
    // Nor does every one know the condition for putting parts together.
    if (ifAbsent && (await this.stat(path)) !== null) throw this.#exists(path);
    try {
      const object = await this.#parts.compose(upload, parts, this.#keys.key(path), ifAbsent);
      await this.#parts.remove(id);
      return storedFile(path, object);
    } catch (error) {
      if (gcsProblem(error) === "not_found") throw this.#forgotten(path);
      throw await this.#writeProblem(path, error, ifAbsent);
    }
  }

  async abandonUpload(upload: PendingUpload): Promise<void> {
    this.#checkUpload(upload);
    await this.#doing(upload.path, () => this.#parts.remove(upload.id));
  }

  async copy(
    from: string,
    to: string,
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    this.#check(to);
    const source = await this.stat(from);
    if (source === null) throw this.#notFound(from);
    if (ifAbsent && (await this.stat(to)) !== null) throw this.#exists(to);
    try {
      await this.#api.rewrite(this.#keys.key(from), this.#keys.key(to), {
        ifSourceGenerationMatch: source.version ?? undefined,
        ifGenerationMatch: ifAbsent ? "0" : undefined,
      });
    } catch (error) {
      throw await this.#writeProblem(to, error, ifAbsent);
    }
    const copied = await this.stat(to);
    if (copied !== null) return copied;
    throw this.#fault("failed", to, "it was removed as soon as it was there");
  }

  async delete(path: string): Promise<void> {
    this.#check(path);
    const wasThere = await this.#doing(path, () => removeQuietly(this.#api, this.#keys.key(path)));
    if (!wasThere) await this.#holdToBucket();
  }

  async close(): Promise<void> {
    this.#api.close();
  }

  #writeWhole(path: string, body: Uint8Array, options: WriteOptions): Promise<GcsObject> {
    const { sha256, ifAbsent = false, signal } = options;
    const about = { name: this.#keys.key(path), md5Hash: md5Of(body), ...aboutFile(sha256) };
    return this.#api.insert(about, body, ifAbsent ? { ifGenerationMatch: "0" } : {}, signal);
  }

  async #writeParts(path: string, bytes: Bytes, options: WriteOptions): Promise<GcsObject> {
    const { sizeBytes, sha256, ifAbsent = false, signal } = options;
    const partBytes = Math.max(PIECE_BYTES, Math.ceil(sizeBytes / MAX_PARTS));
    const upload: PendingUpload = { path, id: newUploadId(), sizeBytes, partBytes, sha256 };
    await this.#parts.start(upload.id);
    try {
      const parts: UploadedPart[] = [];
      for await (const piece of inPieces(bytes, partBytes, sizeBytes))
        parts.push(await this.#parts.send(upload, parts.length + 1, piece, signal));
      return await this.#parts.compose(upload, parts, this.#keys.key(path), ifAbsent);
    } finally {
      // What failed is said; that the pieces could not be removed as well says nothing more.
      await this.#parts.remove(upload.id).catch(() => {});
    }
  }

  async #bucketIsThere(): Promise<void> {
    try {
      await this.#api.bucket();
    } catch (error) {
      const problem = gcsProblem(error);
      // Whoever may look at objects need not be allowed to look at the bucket.
      if (problem === "denied") return;
      const meant = problem === "not_found" ? "no_such_place" : problem;
      throw gcsFault(this.#fault, "", error, meant);
    }
  }

  async #nothing(path: string, version: string | null): Promise<Bytes> {
    const file = await this.stat(path);
    if (file === null) throw this.#notFound(path);
    if (version !== null && file.version !== version) throw this.#changed(path);
    return nothing();
  }

  async #writeProblem(path: string, error: unknown, ifAbsent: boolean): Promise<StorageError> {
    const problem = gcsProblem(error);
    if (ifAbsent && problem === "changed") return this.#exists(path);
    // The bucket is what a write can miss.
    const meant = problem === "not_found" ? "no_such_place" : problem;
    return gcsFault(this.#fault, path, error, meant);
  }

  async #doing<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const problem = gcsProblem(error);
      const meant = problem === "not_found" ? "no_such_place" : problem;
      throw gcsFault(this.#fault, path, error, meant);
    }
  }

  #checkUpload({ path, id }: PendingUpload): void {
    this.#check(path);
    if (!/^[0-9a-f]{32}$/.test(id)) throw this.#forgotten(path);
  }

  #forgotten(path: string): StorageError {
    return this.#fault("not_found", path, "the storage has forgotten this upload; begin again");
  }

  #changed(path: string): StorageError {
    return this.#fault("changed", path, "it is another version now than was asked for");
  }

  #notFound(path: string): StorageError {
    return this.#fault("not_found", path, "there is no such file");
  }

  #exists(path: string): StorageError {
    return this.#fault("exists", path, "there is one already");
  }

  #about(path: string): About {
    return (problem, says) => this.#fault(problem, path, says);
  }

  #check(path: string): void {
    checkPath(path, this.#keys.prefix, LIMITS, this.#fault);
  }
}

function storedFile(path: string, object: GcsObject): StoredFile {
  const at = Date.parse(object.updated ?? "");
  return {
    path,
    sizeBytes: Number(object.size),
    modifiedAt: Number.isNaN(at) ? null : at,
    version: object.generation,
    sha256: notedSha256(object),
  };
}

function newUploadId(): string {
  return randomBytes(16).toString("hex");
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
