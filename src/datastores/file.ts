// A folder of this machine, or one that is mounted on it, as a storage. Files are plain files; what is unfinished lies
// beside them under names that nobody else uses. Knows nothing of who moves bytes in or out, or how many at once.

import type { Stats } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type {
  Bytes,
  DoneTogether,
  PendingUpload,
  ReadOptions,
  SmallCopy,
  SmallFile,
  Storage,
  StorageCapabilities,
  StoredFile,
  UploadedPart,
  WriteOptions,
} from "../ports/storage.ts";
import { StorageError } from "../ports/storage.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { exactBody } from "./exact-body.ts";
import { codeOf, type Faults, faultsOf } from "./fault.ts";
import { FileCalls } from "./file-calls.ts";
import { FileCrew } from "./file-crew.ts";
import { describedFile, listFiles, storedFile } from "./file-list.ts";
import { FilePlace } from "./file-place.ts";
import { copiesOf, type Landing, landingsOf, landTogether } from "./file-together.ts";
import {
  partsNoted,
  removeJournal,
  removeParts,
  startParts,
  unfinishedIn,
  unfinishedPath,
  writePart,
} from "./file-uploads.ts";
import { copyDurably, giveName, writeUnfinished } from "./file-write.ts";
import { FolderSyncs } from "./folder-syncs.ts";
import { checkPath, checkPrefix, isPath, type PathLimits, UNFINISHED } from "./storage-path.ts";
import { isUnfinishedId, newUnfinishedId, Sweeper } from "./unfinished-files.ts";
import { partPlace, partsMistake } from "./upload-parts.ts";

/** Of Linux; file systems with lower ones say so themselves. */
const LIMITS: PathLimits = {
  maxBytes: 4000,
  maxPartBytes: 255,
  forbidden: new RegExp(`(^|/)${UNFINISHED.replace(".", "\\.")}`),
};
/** Read at once: fewer turns than the usual 64 KiB, and still little memory for many files together. */
const PIECE_BYTES = 256 * 1024;

export function openFile(definition: Extract<OpenableDatastore, { type: "file" }>): Storage {
  return new FileStorage(definition.path, definition.syncedByCaller !== true);
}

class FileStorage implements Storage {
  readonly address: string;
  readonly capabilities: StorageCapabilities = {
    canWrite: true,
    canList: true,
    ifAbsentIsAtomic: true,
    hasVersions: false,
    copiesInPlace: true,
    parts: { minBytes: 1, maxBytes: 1024 ** 3, maxCount: 1_000_000 },
  };
  readonly #place: FilePlace;
  readonly #calls: FileCalls;
  readonly #syncs: FolderSyncs;
  readonly #crew = new FileCrew();
  readonly #fault: Faults;
  readonly #sweeper = new Sweeper(unfinishedIn, (folder, name) =>
    rm(join(folder, name), { recursive: true }),
  );

  constructor(root: string, syncs: boolean) {
    this.address = `file://${root}`;
    this.#fault = faultsOf(this.address, []);
    this.#calls = new FileCalls(syncs);
    this.#place = new FilePlace(root, this.#calls, this.#fault);
    this.#syncs = new FolderSyncs(this.#calls);
  }

  async stat(path: string): Promise<StoredFile | null> {
    this.#check(path);
    const at = await this.#place.existing(path);
    return at === null ? null : storedFile(this.#place, at, path);
  }

  async *list(prefix: string): AsyncGenerator<StoredFile, void, undefined> {
    checkPrefix(prefix, "", LIMITS, this.#fault);
    yield* listFiles({ place: this.#place, fault: this.#fault }, prefix);
  }

  async read(path: string, options: ReadOptions = {}): Promise<Bytes> {
    options.signal?.throwIfAborted();
    const at = await this.#existing(path);
    return this.#doing(path, "read it", async () => {
      const opened = await this.#calls.open(at, "read");
      return this.#pieces(opened, path, options);
    });
  }

  async readInto(
    path: string,
    into: Uint8Array,
    { offset = 0, signal }: Omit<ReadOptions, "length"> = {},
  ): Promise<number> {
    this.#check(path);
    signal?.throwIfAborted();
    const at = await this.#place.existing(path);
    if (at === null) throw this.#missing(path);
    return this.#doing(path, "read it", async () => {
      const opened = await this.#calls.open(at, "read");
      try {
        const before = await this.#calls.statOpen(opened);
        if (!before.isFile()) throw this.#missing(path);
        const bytes = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
        const count = bytes.byteLength === 0 ? 0 : await this.#calls.read(opened, bytes, offset);
        this.#holdUnchanged(path, before, await this.#calls.statOpen(opened));
        return count;
      } finally {
        await this.#calls.close(opened);
      }
    });
  }

  async write(path: string, body: Bytes, options: WriteOptions): Promise<StoredFile> {
    this.#check(path);
    options.signal?.throwIfAborted();
    const at = await this.#target(path);
    const ifAbsent = options.ifAbsent ?? false;
    if (ifAbsent && (await storedFile(this.#place, at, path)) !== null) throw this.#exists(path);
    const unfinished = unfinishedPath(at, newUnfinishedId());
    const exact = exactBody(body, options, (problem, says) => this.#fault(problem, path, says));
    let written: Stats;
    try {
      written = await writeUnfinished(this.#calls, unfinished, exact.bytes);
    } catch (error) {
      const failure = exact.failure();
      if (failure !== null) throw failure.error;
      throw await this.#problem(error, path, "write it");
    }
    return this.#named(unfinished, at, describedFile(path, written), ifAbsent);
  }

  async writeTogether(
    files: readonly SmallFile[],
    options: Pick<WriteOptions, "ifAbsent" | "signal"> = {},
  ): Promise<DoneTogether> {
    return this.#land(landingsOf(files.filter(({ path }) => isFit(path))), options);
  }

  async copyTogether(
    files: readonly SmallCopy[],
    options: Pick<WriteOptions, "ifAbsent" | "signal"> = {},
  ): Promise<DoneTogether> {
    const fit = files.filter(({ from, to }) => isFit(from.path) && isFit(to));
    return this.#land(await copiesOf(this.#place, fit), options);
  }

  #land(
    landings: readonly Landing[],
    { ifAbsent = false, signal }: Pick<WriteOptions, "ifAbsent" | "signal">,
  ): Promise<DoneTogether> {
    signal?.throwIfAborted();
    const sweep = (folder: string): Promise<void> => this.#sweeper.sweep(folder);
    const tools = { place: this.#place, crew: this.#crew, syncs: this.#syncs, sweep };
    return this.#doing("", "write several files", () => landTogether(tools, landings, !ifAbsent));
  }

  async startUpload(
    path: string,
    options: Omit<WriteOptions, "signal" | "ifAbsent"> & { readonly partBytes: number },
  ): Promise<PendingUpload> {
    this.#check(path);
    const at = await this.#target(path);
    const { sizeBytes, partBytes, sha256 } = options;
    const id = newUnfinishedId();
    await this.#doing(path, "write it", () => startParts(at, id));
    return { path, id, sizeBytes, partBytes, sha256 };
  }

  async uploadPart(
    upload: PendingUpload,
    number: number,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    signal?.throwIfAborted();
    const at = await this.#unfinishedAt(upload);
    const place = partPlace(upload, number);
    if (place === null || place.sizeBytes !== body.byteLength)
      throw this.#fault("corrupt", upload.path, `part ${number} is not of the length announced`);
    return this.#doing(upload.path, "write a part of it", () =>
      writePart(this.#calls, { at, id: upload.id, offset: place.offset, number }, body),
    );
  }

  async uploadedParts(upload: PendingUpload): Promise<readonly UploadedPart[] | null> {
    const at = await this.#unfinishedAt(upload);
    return this.#doing(upload.path, "look at its parts", () => partsNoted(at, upload.id));
  }

  async finishUpload(
    upload: PendingUpload,
    parts: readonly UploadedPart[],
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    const at = await this.#unfinishedAt(upload);
    const { path } = upload;
    const mistake = partsMistake(upload, parts);
    if (mistake !== null) throw this.#fault("corrupt", path, mistake);
    const unfinished = unfinishedPath(at, upload.id);
    const written = await storedFile(this.#place, unfinished, path);
    if (written === null) throw this.#fault("not_found", path, "this upload is gone; begin again");
    if (written.sizeBytes !== upload.sizeBytes)
      throw this.#fault("corrupt", path, `${written.sizeBytes} of ${upload.sizeBytes} bytes came`);
    const file = await this.#named(unfinished, at, written, options.ifAbsent ?? false);
    await this.#doing(path, "clean up after its upload", () => removeJournal(at, upload.id));
    return file;
  }

  async abandonUpload(upload: PendingUpload): Promise<void> {
    const at = await this.#unfinishedAt(upload);
    await this.#doing(upload.path, "remove its parts", () => removeParts(at, upload.id));
  }

  async copy(
    from: string,
    to: string,
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    this.#check(to);
    const source = await this.#existing(from);
    const at = await this.#target(to);
    const unfinished = unfinishedPath(at, newUnfinishedId());
    const copied = await this.#doing(to, "write it", async () => {
      try {
        return await copyDurably(this.#calls, source, unfinished);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    });
    const written = describedFile(to, copied);
    return this.#named(unfinished, at, written, options.ifAbsent ?? false);
  }

  async delete(path: string): Promise<void> {
    this.#check(path);
    const at = await this.#place.existing(path);
    if (at !== null) await this.#doing(path, "remove it", () => rm(at, { force: true }));
  }

  close(): Promise<void> {
    this.#syncs.close();
    return this.#crew.close();
  }

  /** `file`: what the unfinished one is; its name changes none of that. */
  async #named(
    unfinished: string,
    at: string,
    file: StoredFile,
    ifAbsent: boolean,
  ): Promise<StoredFile> {
    const { path } = file;
    const tools = { calls: this.#calls, syncs: this.#syncs };
    try {
      if (await giveName(tools, unfinished, at, ifAbsent)) return file;
    } catch (error) {
      await rm(unfinished, { force: true });
      if (error instanceof StorageError) throw error;
      const isFolder = ["EISDIR", "ENOTEMPTY", "EEXIST"].includes(codeOf(error));
      throw isFolder ? this.#folder(path) : await this.#problem(error, path, "give it its name");
    }
    await rm(unfinished, { force: true });
    const there = await storedFile(this.#place, at, path);
    throw there === null ? this.#folder(path) : this.#exists(path);
  }

  /** What we made is gone: so, most likely, is the whole root. */
  async #problem(error: unknown, path: string, doing: string): Promise<StorageError> {
    if (codeOf(error) === "ENOENT") await this.#place.realRoot();
    return this.#place.problem(error, path, doing);
  }

  async #existing(path: string): Promise<string> {
    this.#check(path);
    const at = await this.#place.existing(path);
    if (at !== null && (await storedFile(this.#place, at, path)) !== null) return at;
    throw this.#missing(path);
  }

  #missing(path: string): StorageError {
    return this.#fault("not_found", path, "there is no such file");
  }

  #holdUnchanged(path: string, before: Stats, after: Stats): void {
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw this.#fault("changed", path, "it was changed while it was read; try again");
  }

  /** Where a new file goes. What killed writers left beside it is removed once. */
  async #target(path: string): Promise<string> {
    const at = await this.#place.target(path);
    await this.#sweeper.sweep(dirname(at));
    return at;
  }

  /** The path that the upload will have; its root may be gone, and its id comes from a file that others could write. */
  async #unfinishedAt(upload: PendingUpload): Promise<string> {
    this.#check(upload.path);
    if (!isUnfinishedId(upload.id))
      throw this.#fault("not_found", upload.path, "there is no such upload; begin again");
    return this.#place.target(upload.path);
  }

  /** Says `changed` when the file is rewritten in place meanwhile: what was read may be half old and half new. */
  async *#pieces(
    opened: number,
    path: string,
    { offset = 0, length = Number.POSITIVE_INFINITY, signal }: ReadOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      const before = await this.#calls.statOpen(opened);
      const end = Math.min(before.size, offset + length);
      for (let position = offset; position < end; ) {
        signal?.throwIfAborted();
        const size = Math.min(PIECE_BYTES, end - position);
        const buffer = Buffer.allocUnsafe(size);
        const bytesRead = await this.#calls.read(opened, buffer, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
      this.#holdUnchanged(path, before, await this.#calls.statOpen(opened));
    } catch (error) {
      if (error instanceof StorageError || signal?.aborted) throw error;
      throw this.#place.problem(error, path, "read it");
    } finally {
      await this.#calls.close(opened);
    }
  }

  async #doing<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw this.#place.problem(error, path, what);
    }
  }

  #check(path: string): void {
    checkPath(path, "", LIMITS, this.#fault);
  }

  #folder(path: string): StorageError {
    return this.#fault("bad_path", path, "there is a folder of that name; remove it first");
  }

  #exists(path: string): StorageError {
    return this.#fault("exists", path, "there is one already");
  }
}

function isFit(path: string): boolean {
  return isPath(path, "", LIMITS);
}
