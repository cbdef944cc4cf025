// A container of Azure Blob Storage as a storage; a data lake (gen2) is spoken to as the blobs that its files are. Knows
// requests and answers; retries and how many of them run at once are the caller's affair.

import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import type {
  BlobGetPropertiesResponse,
  BlockBlobClient,
  ContainerClient,
} from "@azure/storage-blob";
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
import {
  commitBlocks,
  notedSha256,
  stageBlock,
  stagedBlocks,
  uploadWhole,
} from "./azure-blocks.ts";
import {
  type AzureDefinition,
  azureContainer,
  azureSecrets,
  containerUrl,
} from "./azure-client.ts";
import { azureCode, azureFault, azureProblem } from "./azure-problem.ts";
import { type Faults, faultsOf } from "./fault.ts";
import { KeyPrefix } from "./key-prefix.ts";
import { patiently } from "./patience.ts";
import { receivedBody } from "./received-body.ts";
import { type About, inPieces, sendBody, wholeBody } from "./send-body.ts";
import { checkPath, checkPrefix, isPath, type PathLimits } from "./storage-path.ts";
import { partPlace, partsMistake } from "./upload-parts.ts";

/** The service reads a backslash as a slash. */
const LIMITS: PathLimits = { maxBytes: 1024, maxPartBytes: 1024, forbidden: /\\/ };
/** Held in memory by each write at most, up to the size of file below. */
const PIECE_BYTES = 8 * 1024 ** 2;
const MAX_BLOCKS = 50_000;

export async function openAzureBlob(definition: AzureDefinition): Promise<Storage> {
  return new AzureBlobStorage(definition, await azureContainer(definition));
}

class AzureBlobStorage implements Storage {
  readonly address: string;
  readonly capabilities: StorageCapabilities = {
    canWrite: true,
    canList: true,
    ifAbsentIsAtomic: true,
    hasVersions: true,
    copiesInPlace: true,
    parts: { minBytes: 1, maxBytes: 4000 * 1024 ** 2, maxCount: MAX_BLOCKS },
  };
  readonly #container: ContainerClient;
  readonly #keys: KeyPrefix;
  readonly #fault: Faults;

  constructor(definition: AzureDefinition, container: ContainerClient) {
    const { prefix, credentials } = definition;
    this.address = containerUrl(definition) + (prefix === "" ? "" : `/${prefix}`);
    this.#container = container;
    this.#keys = new KeyPrefix(prefix);
    this.#fault = faultsOf(this.address, azureSecrets(credentials));
  }

  async stat(path: string): Promise<StoredFile | null> {
    const found = await this.#properties(path);
    if (found === null || isFolder(found.metadata)) return null;
    return {
      path,
      sizeBytes: found.contentLength ?? 0,
      modifiedAt: found.lastModified?.getTime() ?? null,
      version: bare(found.etag),
      sha256: notedSha256(found.metadata),
    };
  }

  async *list(
    prefix: string,
    leftOut?: (key: string) => void,
  ): AsyncGenerator<StoredFile, void, undefined> {
    checkPrefix(prefix, this.#keys.prefix, LIMITS, this.#fault);
    const itself = prefix === "" ? null : await this.stat(prefix);
    if (itself !== null) yield itself;
    const below = this.#keys.below(prefix);
    try {
      const found = this.#container.listBlobsFlat({ prefix: below, includeMetadata: true });
      for await (const { name, properties, metadata } of found) {
        const path = this.#keys.path(name);
        if (path === null || isFolder(metadata)) continue;
        if (!isPath(path, this.#keys.prefix, LIMITS)) {
          leftOut?.(path);
          continue;
        }
        yield {
          path,
          sizeBytes: properties.contentLength ?? 0,
          modifiedAt: properties.lastModified.getTime(),
          version: bare(properties.etag),
          sha256: notedSha256(metadata),
        };
      }
    } catch (error) {
      throw error instanceof StorageError ? error : azureFault(this.#fault, prefix, error);
    }
  }

  async read(path: string, options: ReadOptions = {}): Promise<Bytes> {
    const { offset = 0, length, version = null, signal } = options;
    const blob = this.#blob(path);
    signal?.throwIfAborted();
    if (length === 0) return this.#nothing(path, version);
    const problem = (error: unknown): StorageError => azureFault(this.#fault, path, error);
    try {
      const answer = await patiently(signal, 0, (abortSignal) =>
        blob.download(offset, length, {
          ...(version === null ? {} : { conditions: { ifMatch: `"${version}"` } }),
          maxRetryRequests: 0,
          abortSignal,
        }),
      );
      if (isFolder(answer.metadata)) throw notFound(this.#fault, path);
      const sizeBytes = answer.contentLength ?? null;
      const receiving = { sizeBytes, signal, problem, about: this.#about(path) };
      return receivedBody(answer.readableStreamBody as Readable, receiving);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof StorageError) throw error;
      if ((error as { statusCode?: number }).statusCode === 416) return nothing();
      throw problem(error);
    }
  }

  async write(path: string, body: Bytes, options: WriteOptions): Promise<StoredFile> {
    const blob = this.#blob(path);
    const { sizeBytes, sha256, ifAbsent = false, signal } = options;
    const etag = await sendBody(body, options, {
      about: this.#about(path),
      problem: (error) => this.#writeProblem(path, error, ifAbsent),
      send: async (bytes) => {
        const order = { sha256, ifAbsent };
        if (sizeBytes > PIECE_BYTES) return this.#inBlocks(blob, bytes, options);
        return uploadWhole(blob, await wholeBody(bytes), order, signal);
      },
    });
    if (etag === undefined) return this.#written(path);
    return { path, sizeBytes, modifiedAt: null, version: bare(etag), sha256 };
  }

  async startUpload(
    path: string,
    { sizeBytes, sha256, partBytes }: Parameters<Storage["startUpload"]>[1],
  ): Promise<PendingUpload> {
    this.#check(path);
    return { path, id: newUploadId(), sizeBytes, partBytes, sha256 };
  }

  async uploadPart(
    upload: PendingUpload,
    number: number,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    const blob = this.#blob(upload.path);
    if (partPlace(upload, number)?.sizeBytes !== body.byteLength)
      throw this.#fault("corrupt", upload.path, `part ${number} is not of the length announced`);
    if (body.byteLength === 0) return { number, sizeBytes: 0, tag: String(number) };
    try {
      return await stageBlock(blob, upload.id, number, body, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw azureFault(this.#fault, upload.path, error);
    }
  }

  /** Blocks that nobody puts together are forgotten after a week; none is then what there is. */
  async uploadedParts(upload: PendingUpload): Promise<readonly UploadedPart[] | null> {
    const blob = this.#blob(upload.path);
    try {
      return await stagedBlocks(blob, upload.id);
    } catch (error) {
      if (azureProblem(error) === "not_found") return [];
      throw azureFault(this.#fault, upload.path, error);
    }
  }

  async finishUpload(
    upload: PendingUpload,
    parts: readonly UploadedPart[],
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    const { path, sha256 } = upload;
    const blob = this.#blob(path);
    const mistake = partsMistake(upload, parts);
    if (mistake !== null) throw this.#fault("corrupt", path, mistake);
    try {
      await commitBlocks(blob, upload, parts, { sha256, ifAbsent });
    } catch (error) {
      if (!ifAbsent && azureCode(error) === "InvalidBlockList")
        throw this.#fault("not_found", path, "the storage has forgotten this upload; begin again");
      throw await this.#writeProblem(path, error, ifAbsent);
    }
    return this.#written(path);
  }

  /** The service has no way to take back blocks: it forgets them a week later, or when the blob is written. */
  async abandonUpload(upload: PendingUpload): Promise<void> {
    this.#check(upload.path);
  }

  async copy(
    from: string,
    to: string,
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    const target = this.#blob(to);
    const source = await this.#properties(from);
    if (source === null || isFolder(source.metadata)) throw notFound(this.#fault, from);
    try {
      const copying = await target.beginCopyFromURL(this.#blob(from).url, {
        ...(ifAbsent ? { conditions: { ifNoneMatch: "*" } } : {}),
        ...(source.etag === undefined ? {} : { sourceConditions: { ifMatch: source.etag } }),
        intervalInMs: 200,
      });
      await copying.pollUntilDone();
    } catch (error) {
      throw await this.#writeProblem(to, error, ifAbsent);
    }
    return this.#written(to);
  }

  async delete(path: string): Promise<void> {
    const blob = this.#blob(path);
    try {
      await patiently(undefined, 0, (abortSignal) =>
        blob.deleteIfExists({ deleteSnapshots: "include", abortSignal }),
      );
    } catch (error) {
      throw azureFault(this.#fault, path, error);
    }
  }

  async close(): Promise<void> {}

  /** Undefined: the ETag must be asked for. What stays behind of a write that fails is forgotten by the service. */
  async #inBlocks(blob: BlockBlobClient, bytes: Bytes, options: WriteOptions): Promise<undefined> {
    const { sizeBytes, sha256, ifAbsent = false, signal } = options;
    const partBytes = Math.max(PIECE_BYTES, Math.ceil(sizeBytes / MAX_BLOCKS));
    const upload: PendingUpload = { path: "", id: newUploadId(), sizeBytes, partBytes, sha256 };
    const parts: UploadedPart[] = [];
    for await (const piece of inPieces(bytes, partBytes, sizeBytes))
      parts.push(await stageBlock(blob, upload.id, parts.length + 1, piece, signal));
    await commitBlocks(blob, upload, parts, { sha256, ifAbsent });
    return undefined;
  }

  async #properties(path: string): Promise<BlobGetPropertiesResponse | null> {
    const blob = this.#blob(path);
    try {
      return await patiently(undefined, 0, (abortSignal) => blob.getProperties({ abortSignal }));
    } catch (error) {
      if (azureProblem(error) === "not_found") return null;
      throw azureFault(this.#fault, path, error);
    }
  }

  async #nothing(path: string, version: string | null): Promise<Bytes> {
    const file = await this.stat(path);
    if (file === null) throw notFound(this.#fault, path);
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
    const problem = azureProblem(error);
    const isThere =
      problem === "exists" ||
      (ifAbsent && problem === "changed") ||
      // Whoever put another blob together took the blocks of ours away with it.
      (ifAbsent && problem === "busy" && (await this.stat(path)) !== null);
    if (isThere) return this.#fault("exists", path, "there is one already");
    return azureFault(this.#fault, path, error, problem);
  }

  #blob(path: string): BlockBlobClient {
    this.#check(path);
    return this.#container.getBlockBlobClient(this.#keys.key(path));
  }

  #about(path: string): About {
    return (problem, says) => this.#fault(problem, path, says);
  }

  #check(path: string): void {
    checkPath(path, this.#keys.prefix, LIMITS, this.#fault);
  }
}

/** Hexadecimal only: it is told from the number of a block by a hyphen. */
function newUploadId(): string {
  return randomBytes(8).toString("hex");
}

/** Data lakes keep folders as blobs. */
function isFolder(metadata: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(metadata).some(
    ([name, value]) => name.toLowerCase() === "hdi_isfolder" && value.toLowerCase() === "true",
  );
}

function bare(etag: string | undefined): string | null {
  return etag?.replaceAll('"', "") ?? null;
}

function notFound(fault: Faults, path: string): StorageError {
  return fault("not_found", path, "there is no such file");
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
