// A bucket of S3, or of a server that speaks its language (MinIO, Ceph, R2 …), as a storage. Knows requests and answers;
// retries and how many of them run at once are the caller's affair.

import {
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import type {
  Bytes,
  PendingUpload,
  ReadOptions,
  Storage,
  StorageCapabilities,
  StorageError,
  StoredFile,
  UploadedPart,
  WriteOptions,
} from "../ports/storage.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { type Faults, faultsOf } from "./fault.ts";
import { KeyPrefix } from "./key-prefix.ts";
import { fillFrom, receivedBody } from "./received-body.ts";
import { s3Client, s3Secrets } from "./s3-client.ts";
import { copyObject, MAX_WHOLE_COPY_BYTES } from "./s3-copy.ts";
import { S3Direct } from "./s3-direct.ts";
import { bare, storedFile } from "./s3-file.ts";
import { s3Fault, s3Problem } from "./s3-problem.ts";
import { fillFromObject, readObject } from "./s3-read.ts";
import {
  abortMultipart,
  completeMultipart,
  listParts,
  type S3Target,
  type S3Ways,
  sendPart,
  startMultipart,
} from "./s3-uploads.ts";
import { metadataOf, writeObject } from "./s3-write.ts";
import { type About, sendBody } from "./send-body.ts";
import { sharedCheck } from "./shared-check.ts";
import { checkPath, checkPrefix, isPath, type PathLimits } from "./storage-path.ts";
import { partPlace, partsMistake } from "./upload-parts.ts";

type S3Definition = Extract<OpenableDatastore, { readonly type: "s3" }>;

const LIMITS: PathLimits = { maxBytes: 1024, maxPartBytes: 1024 };

/** `maxWholeCopyBytes`: above it a copy goes in ranges; S3's own limit unless a test has no 5 GiB. */
export function openS3(
  definition: S3Definition,
  maxWholeCopyBytes = MAX_WHOLE_COPY_BYTES,
): Storage {
  return new S3Storage(definition, maxWholeCopyBytes);
}

class S3Storage implements Storage {
  readonly address: string;
  readonly capabilities: StorageCapabilities = {
    canWrite: true,
    canList: true,
    ifAbsentIsAtomic: true,
    hasVersions: true,
    copiesInPlace: true,
    parts: { minBytes: 5 * 1024 ** 2, maxBytes: 5 * 1024 ** 3, maxCount: 10_000 },
  };
  readonly #client: S3Client;
  readonly #ways: S3Ways;
  readonly #bucket: string;
  readonly #keys: KeyPrefix;
  readonly #fault: Faults;
  readonly #maxWholeCopyBytes: number;
  /** HEAD of an object cannot tell a missing bucket from a missing object. */
  readonly #holdToBucket: () => Promise<void>;

  constructor(definition: S3Definition, maxWholeCopyBytes: number) {
    const { bucket, prefix, credentials } = definition;
    this.address = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    this.#bucket = bucket;
    this.#keys = new KeyPrefix(prefix);
    this.#fault = faultsOf(this.address, s3Secrets(credentials));
    this.#client = s3Client(definition);
    this.#ways = { client: this.#client, direct: new S3Direct(this.#client, bucket) };
    this.#maxWholeCopyBytes = maxWholeCopyBytes;
    this.#holdToBucket = sharedCheck(() => this.#bucketIsThere());
  }

  async stat(path: string): Promise<StoredFile | null> {
    const head = await this.#head(path);
    return head === null ? null : storedFile(path, head);
  }

  async *list(
    prefix: string,
    leftOut?: (key: string) => void,
  ): AsyncGenerator<StoredFile, void, undefined> {
    checkPrefix(prefix, this.#keys.prefix, LIMITS, this.#fault);
    const itself = prefix === "" ? null : await this.stat(prefix);
    if (itself !== null) yield { ...itself, sha256: null };
    for (let token: string | undefined; ; ) {
      const page = await this.#page(prefix, token);
      for (const { Key = "", Size = 0, ETag, LastModified } of page.Contents ?? []) {
        const path = this.#keys.path(page.EncodingType === "url" ? decoded(Key) : Key);
        if (path === null) continue;
        if (!isPath(path, this.#keys.prefix, LIMITS)) {
          leftOut?.(path);
          continue;
        }
        const modifiedAt = LastModified?.getTime() ?? null;
        yield { path, sizeBytes: Size, modifiedAt, version: bare(ETag), sha256: null };
      }
      if (page.IsTruncated !== true) return;
      token = page.NextContinuationToken;
    }
  }

  async read(path: string, options: ReadOptions = {}): Promise<Bytes> {
    const { offset = 0, length, version = null, signal } = options;
    this.#check(path);
    signal?.throwIfAborted();
    if (length === 0) return this.#nothing(path, version);
    const problem = (error: unknown): StorageError => s3Fault(this.#fault, path, error);
    try {
      const range = { offset, length, version };
      const answer = await readObject(this.#ways, this.#target(path), range, signal);
      return receivedBody(answer.body, {
        sizeBytes: answer.sizeBytes,
        signal,
        problem,
        about: this.#about(path),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (isRangePastEnd(error)) return nothing();
      throw problem(error);
    }
  }

  async readInto(
    path: string,
    into: Uint8Array,
    { offset = 0, version = null, signal }: Omit<ReadOptions, "length"> = {},
  ): Promise<number> {
    this.#check(path);
    signal?.throwIfAborted();
    if (into.byteLength === 0) return 0;
    try {
      const from = { offset, version };
      const count = await fillFromObject(this.#ways, this.#target(path), into, from, signal);
      if (count !== null) return count;
    } catch (error) {
      signal?.throwIfAborted();
      if (isRangePastEnd(error)) return 0;
      throw s3Fault(this.#fault, path, error);
    }
    const range = { offset, length: into.byteLength, version };
    return fillFrom(
      await this.read(path, signal === undefined ? range : { ...range, signal }),
      into,
    );
  }

  async write(path: string, body: Bytes, options: WriteOptions): Promise<StoredFile> {
    this.#check(path);
    const { sizeBytes, sha256, ifAbsent = false, signal } = options;
    const target = this.#target(path);
    const order = { target, sizeBytes, sha256, ifAbsent, signal };
    const etag = await sendBody(body, options, {
      about: this.#about(path),
      problem: (error) => this.#writeProblem(path, error, ifAbsent),
      send: (bytes) => writeObject(this.#ways, bytes, order),
    });
    if (etag === null) return this.#written(path);
    return { path, sizeBytes, modifiedAt: null, version: bare(etag), sha256 };
  }

  async startUpload(
    path: string,
    { sizeBytes, sha256, partBytes }: Parameters<Storage["startUpload"]>[1],
  ): Promise<PendingUpload> {
    this.#check(path);
    const id = await this.#doing(path, () =>
      startMultipart(this.#client, this.#target(path), metadataOf(sha256)),
    );
    return { path, id, sizeBytes, partBytes, sha256 };
  }

  async uploadPart(
    upload: PendingUpload,
    number: number,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    const target = this.#checked(upload);
    if (partPlace(upload, number)?.sizeBytes !== body.byteLength)
      throw this.#fault("corrupt", upload.path, `part ${number} is not of the length announced`);
    signal?.throwIfAborted();
    try {
      return await sendPart(this.#ways, target, upload, number, body, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // A server that knows no such upload may hang up in the middle of the part, before it can be heard.
      const mayBeGone = s3Problem(error) === "unreachable";
      if (mayBeGone && (await this.uploadedParts(upload)) === null) throw this.#forgotten(upload);
      throw this.#uploadProblem(upload, error);
    }
  }

  async uploadedParts(upload: PendingUpload): Promise<readonly UploadedPart[] | null> {
    const target = this.#checked(upload);
    try {
      return await listParts(this.#client, target, upload);
    } catch (error) {
      if (s3Problem(error) === "not_found") return null;
      throw s3Fault(this.#fault, upload.path, error);
    }
  }

  async finishUpload(
    upload: PendingUpload,
    parts: readonly UploadedPart[],
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    const target = this.#checked(upload);
    const mistake = partsMistake(upload, parts);
    if (mistake !== null) throw this.#fault("corrupt", upload.path, mistake);
    try {
      await completeMultipart(this.#client, target, upload, parts, ifAbsent);
    } catch (error) {
      if (s3Problem(error) === "not_found") throw this.#uploadProblem(upload, error);
      throw await this.#writeProblem(upload.path, error, ifAbsent);
    }
    return this.#written(upload.path);
  }

  async abandonUpload(upload: PendingUpload): Promise<void> {
    const target = this.#checked(upload);
    try {
      await abortMultipart(this.#client, target, upload);
    } catch (error) {
      if (s3Problem(error) !== "not_found") throw s3Fault(this.#fault, upload.path, error);
    }
  }

  async copy(
    from: string,
    to: string,
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    this.#check(to);
    const source = await this.#head(from);
    if (source === null) throw this.#fault("not_found", from, "there is no such file");
    // Not every server that speaks S3 knows the condition for a copy.
    if (ifAbsent && (await this.stat(to)) !== null)
      throw this.#fault("exists", to, "there is one already");
    try {
      await copyObject(this.#client, {
        bucket: this.#bucket,
        from: this.#keys.key(from),
        to: this.#keys.key(to),
        sizeBytes: source.ContentLength ?? 0,
        etag: source.ETag,
        metadata: source.Metadata ?? {},
        ifAbsent,
        maxWholeBytes: this.#maxWholeCopyBytes,
      });
    } catch (error) {
      throw await this.#writeProblem(to, error, ifAbsent);
    }
    return this.#written(to);
  }

  async delete(path: string): Promise<void> {
    this.#check(path);
    await this.#doing(path, () => this.#client.send(new DeleteObjectCommand(this.#target(path))));
  }

  async close(): Promise<void> {
    this.#ways.direct.close();
    this.#client.destroy();
  }

  async #head(path: string): Promise<HeadObjectCommandOutput | null> {
    this.#check(path);
    try {
      return await this.#client.send(
        new HeadObjectCommand({ ...this.#target(path), ChecksumMode: "ENABLED" }),
      );
    } catch (error) {
      if (s3Problem(error) !== "not_found") throw s3Fault(this.#fault, path, error);
      await this.#holdToBucket();
      return null;
    }
  }

  async #bucketIsThere(): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }));
    } catch (error) {
      const problem = s3Problem(error);
      // Whoever may look at objects need not be allowed to look at the bucket.
      if (problem === "denied") return;
      const meant = problem === "not_found" ? "no_such_place" : problem;
      throw s3Fault(this.#fault, "", error, meant);
    }
  }

  #page(prefix: string, token: string | undefined) {
    return this.#doing(prefix, () =>
      this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#keys.below(prefix),
          EncodingType: "url",
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      ),
    );
  }

  async #nothing(path: string, version: string | null): Promise<Bytes> {
    const file = await this.stat(path);
    if (file === null) throw this.#fault("not_found", path, "there is no such file");
    if (version !== null && file.version !== version)
      throw this.#fault("changed", path, "it is another version now than was asked for");
    return nothing();
  }

  async #written(path: string): Promise<StoredFile> {
    const file = await this.stat(path);
    if (file === null) throw this.#fault("failed", path, "it was removed as soon as it was there");
    return file;
  }

  async #writeProblem(path: string, error: unknown, ifAbsent: boolean): Promise<StorageError> {
    const problem = s3Problem(error);
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (problem === "changed" && ifAbsent)
      return this.#fault("exists", path, "there is one already");
    // Two writers at once: S3 lets neither know more. Once the other has won it is there.
    const isThere = ifAbsent && status === 409 && (await this.stat(path)) !== null;
    if (isThere) return this.#fault("exists", path, "there is one already");
    // The bucket is what a write can miss.
    const meant = problem === "not_found" ? "no_such_place" : problem;
    return s3Fault(this.#fault, path, error, meant);
  }

  #uploadProblem(upload: PendingUpload, error: unknown): StorageError {
    if (s3Problem(error) === "not_found") return this.#forgotten(upload);
    return s3Fault(this.#fault, upload.path, error);
  }

  #forgotten({ path }: PendingUpload): StorageError {
    return this.#fault("not_found", path, "the storage has forgotten this upload; begin again");
  }

  async #doing<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw s3Fault(this.#fault, path, error);
    }
  }

  #about(path: string): About {
    return (problem, says) => this.#fault(problem, path, says);
  }

  #checked(upload: PendingUpload): S3Target {
    this.#check(upload.path);
    return this.#target(upload.path);
  }

  #target(path: string): S3Target {
    return { Bucket: this.#bucket, Key: this.#keys.key(path) };
  }

  #check(path: string): void {
    checkPath(path, this.#keys.prefix, LIMITS, this.#fault);
  }
}

/** Keys come in the form of a query, so that those that XML cannot hold come at all. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    // Bytes that are no UTF-8: nobody can name it.
    return `${key}\ufffd`;
  }
}

function isRangePastEnd(error: unknown): boolean {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 416;
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
