// The port to a place for bytes: a folder, a bucket, a container, an SFTP or HTTP server. Implemented in datastores/, one
// file a kind; the contract suite is testing/contracts/storage.ts. Knows nothing of runs, assets or how much is moved at once.

import type { ContentId } from "../core/content.ts";

/** What a storage says of one file without reading it. */
export interface StoredFile {
  /** Below the root of the storage: `/`-separated, no `/` at its start, no empty part, no `.` or `..`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970; null where the storage does not say. */
  readonly modifiedAt: number | null;
  /**
   * Another one whenever the bytes are others: version id, generation or strong ETag. Null where there is none (a folder,
   * SFTP): size and time are all there is.
   */
  readonly version: string | null;
  /** Of the whole bytes, where the storage keeps it (its own checksum, or what our writes noted); else null. */
  readonly sha256: ContentId | null;
}

/** Why a storage did not do what it was asked. A closed list: each has its own way out. */
export type StorageProblem =
  /** There is no such file. */
  | "not_found"
  /** No such bucket, container, share or root folder. */
  | "no_such_place"
  /** The credentials are wrong, missing, or may not do this. */
  | "denied"
  /** They were right once. */
  | "expired"
  /** `ifAbsent`, and it is there. */
  | "exists"
  /** `version` was asked for, and it is another one now. */
  | "changed"
  /** Not found, not listening, timed out, cut off: another try may help. */
  | "unreachable"
  /** The storage said: slower. */
  | "busy"
  /** No room, or over the quota. */
  | "full"
  /** This kind of storage cannot do it. */
  | "unsupported"
  /** A path that this storage, or any, cannot have. */
  | "bad_path"
  /** The bytes that arrived are not those that were sent. */
  | "corrupt"
  /** Anything else that it said. */
  | "failed";

/** The one thing that methods of a storage throw. Its message names storage and path, and never a secret. */
export class StorageError extends Error {
  readonly problem: StorageProblem;
  /** Seconds after which the storage wants to be asked again; null: it did not say. */
  readonly retryAfterSeconds: number | null;
  constructor(
    problem: StorageProblem,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "StorageError";
    this.problem = problem;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
  /** Bundles that are loaded later bring a copy of this class: an error is one by its name, whichever copy made it. */
  static override [Symbol.hasInstance](value: unknown): value is StorageError {
    return value instanceof Error && value.name === "StorageError";
  }
  /** True: the same call may succeed later. */
  get mayPass(): boolean {
    return this.problem === "unreachable" || this.problem === "busy";
  }
}

export interface StorageCapabilities {
  readonly canWrite: boolean;
  /** `list` is possible (plain HTTP has none). */
  readonly canList: boolean;
  /** `ifAbsent` holds against any other writer. False: looked at first, so two at once may both win. */
  readonly ifAbsentIsAtomic: boolean;
  /** `version` in what `stat` and `list` say is never null. */
  readonly hasVersions: boolean;
  /** `copy` moves no bytes over the network. */
  readonly copiesInPlace: boolean;
  /** Sizes of parts of an upload in pieces; null: written in one go only. */
  readonly parts: {
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly maxCount: number;
  } | null;
}

export interface ReadOptions {
  /** From this byte; absent: 0. */
  readonly offset?: number;
  /** That many bytes; absent: to the end. Fewer come where the file ends. */
  readonly length?: number;
  /** Fails with `changed` when the file is another one now; ignored without versions. */
  readonly version?: string | null;
  readonly signal?: AbortSignal;
}

export interface WriteOptions {
  /** Exact; a body of another length fails and nothing is seen. */
  readonly sizeBytes: number;
  /** Kept with the file where the storage can; a storage that checks checksums itself checks it. Null: not known yet. */
  readonly sha256: ContentId | null;
  /** Fails with `exists` where there is one. */
  readonly ifAbsent?: boolean;
  readonly signal?: AbortSignal;
}

/** Held in memory. */
export interface SmallFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface SmallCopy {
  /** As it is held to be: another one is not copied. */
  readonly from: StoredFile;
  readonly to: string;
}

/** What was done of several files, by path at the target. What is missing was not: by itself, each says why. */
export type DoneTogether = ReadonlyMap<string, StoredFile>;

/** An upload in pieces, which outlasts this process: plain data. */
export interface PendingUpload {
  readonly path: string;
  /** What the storage calls it. */
  readonly id: string;
  readonly sizeBytes: number;
  readonly partBytes: number;
  readonly sha256: ContentId | null;
}

export interface UploadedPart {
  /** The first is 1. */
  readonly number: number;
  readonly sizeBytes: number;
  /** What the storage wants to hear of it in the end. */
  readonly tag: string;
}

/** Bytes on their way in or out, in pieces of any size. */
export type Bytes = AsyncIterable<Uint8Array>;

/**
 * A place for bytes. Paths are below its root. A file is seen whole or not at all: until a write or upload is finished,
 * what was there before (or nothing) is what others see. All methods throw `StorageError` alone, but for two errors that
 * are the caller's: the reason of its `signal`, and what its own body threw; both are handed on as they are.
 */
export interface Storage {
  /** For people and records: `s3://bucket/prefix`, `file:///data`; never with credentials. */
  readonly address: string;
  readonly capabilities: StorageCapabilities;
  /** Null: no such file. A folder is no file. */
  stat(path: string): Promise<StoredFile | null>;
  /**
   * Every file whose path is `prefix` or begins with `prefix/` (all for ""), page by page, sorted where the storage sorts.
   * A bucket may hold keys that are no such path (`a//b`, `../x`): they are left out, and told to `leftOut`.
   */
  list(prefix: string, leftOut?: (key: string) => void): AsyncIterable<StoredFile>;
  /** Resolves once the storage has answered; breaking off the loop ends the transfer. */
  read(path: string, options?: ReadOptions): Promise<Bytes>;
  /**
   * Where that costs less than `read`: fills `into` with what lies from `offset` on. Resolves with how many bytes came: fewer
   * where the file ends or the connection broke, 0 at the end.
   */
  readInto?(path: string, into: Uint8Array, options?: Omit<ReadOptions, "length">): Promise<number>;
  write(path: string, body: Bytes, options: WriteOptions): Promise<StoredFile>;
  /**
   * Where many small files in one call cost much less than a call for each. Each is seen whole or not at all by itself, and
   * all last as one that is written alone does. Throws where none could be.
   */
  writeTogether?(
    files: readonly SmallFile[],
    options?: Pick<WriteOptions, "ifAbsent" | "signal">,
  ): Promise<DoneTogether>;
  /** As `writeTogether`, for small files of this storage. */
  copyTogether?(
    files: readonly SmallCopy[],
    options?: Pick<WriteOptions, "ifAbsent" | "signal">,
  ): Promise<DoneTogether>;
  /** An upload in pieces. Only where `capabilities.parts` is not null. */
  startUpload(
    path: string,
    options: Omit<WriteOptions, "signal" | "ifAbsent"> & { readonly partBytes: number },
  ): Promise<PendingUpload>;
  /** The same number again replaces the part. */
  uploadPart(
    upload: PendingUpload,
    number: number,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<UploadedPart>;
  /** The parts that arrived, so that an upload goes on after a crash; null when the storage has forgotten it. */
  uploadedParts(upload: PendingUpload): Promise<readonly UploadedPart[] | null>;
  finishUpload(
    upload: PendingUpload,
    parts: readonly UploadedPart[],
    options?: { readonly ifAbsent?: boolean },
  ): Promise<StoredFile>;
  /** Takes back what was uploaded; nothing happens where it is gone already. */
  abandonUpload(upload: PendingUpload): Promise<void>;
  /** From this storage to another path of it. Throws `unsupported` without `copiesInPlace`. */
  copy(from: string, to: string, options?: { readonly ifAbsent?: boolean }): Promise<StoredFile>;
  /** Nothing happens where it is gone already. */
  delete(path: string): Promise<void>;
  close(): Promise<void>;
}
