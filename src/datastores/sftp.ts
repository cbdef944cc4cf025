// A folder of an SSH server as a storage. Files are plain files there; what is unfinished lies beside them under names
// that nobody else uses. Knows requests and answers; retries are the caller's affair.

import type { SFTPWrapper, Stats } from "ssh2";
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
import { type Faults, faultsOf } from "./fault.ts";
import { sendBody } from "./send-body.ts";
import { readPieces, readToPlace, sftpCalls } from "./sftp-calls.ts";
import { SftpConnections, type SftpDefinition, sftpSecrets } from "./sftp-connection.ts";
import { folderOf, joined, removed, unfinishedAt, writeNew } from "./sftp-files.ts";
import { listSftp, unfinishedIn } from "./sftp-list.ts";
import { SFTP_STATUS, sftpFault, sftpProblem, sftpStatus } from "./sftp-problem.ts";
import { partsNoted, removeJournal, removeParts, startParts, writePart } from "./sftp-uploads.ts";
import { checkPath, checkPrefix, type PathLimits, UNFINISHED } from "./storage-path.ts";
import { isUnfinishedId, newUnfinishedId, Sweeper } from "./unfinished-files.ts";
import { partPlace, partsMistake } from "./upload-parts.ts";

const LIMITS: PathLimits = {
  maxBytes: 4000,
  maxPartBytes: 255,
  forbidden: new RegExp(`(^|/)${UNFINISHED.replace(".", "\\.")}`),
};

export function openSftp(definition: SftpDefinition): Storage {
  return new SftpStorage(definition);
}

class SftpStorage implements Storage {
  readonly address: string;
  readonly capabilities: StorageCapabilities = {
    canWrite: true,
    canList: true,
    ifAbsentIsAtomic: true,
    hasVersions: false,
    copiesInPlace: false,
    parts: { minBytes: 1, maxBytes: 1024 ** 3, maxCount: 1_000_000 },
  };
  readonly #root: string;
  readonly #fault: Faults;
  readonly #connections: SftpConnections;
  readonly #sweeper = new Sweeper(
    async (folder) => unfinishedIn(await this.#connections.channel(), folder),
    async (folder, name) => removed(await this.#connections.channel(), joined(folder, name)),
  );

  constructor(definition: SftpDefinition) {
    const { host, port, user, path, credentials } = definition;
    const server = `sftp://${user}@${host}${port === 22 ? "" : `:${port}`}`;
    this.#root = path.length > 1 ? path.replace(/\/+$/, "") : path;
    this.address = server + this.#root;
    this.#fault = faultsOf(this.address, sftpSecrets(credentials));
    this.#connections = new SftpConnections(definition);
  }

  async stat(path: string): Promise<StoredFile | null> {
    this.#check(path);
    return this.#doing(path, async (sftp) => {
      const file = await this.#statAt(sftp, this.#at(path), path);
      if (file === null) await sftpCalls.stat(sftp, this.#root);
      return file;
    });
  }

  async *list(prefix: string): AsyncGenerator<StoredFile, void, undefined> {
    checkPrefix(prefix, "", LIMITS, this.#fault);
    const itself = prefix === "" ? null : await this.stat(prefix);
    if (itself !== null) {
      yield itself;
      return;
    }
    const sftp = await this.#doing(prefix, async (channel) => {
      await sftpCalls.stat(channel, this.#root);
      return channel;
    });
    try {
      yield* listSftp({ sftp, root: this.#root, fault: this.#fault }, prefix);
    } catch (error) {
      throw error instanceof StorageError ? error : sftpFault(this.#fault, prefix, error);
    }
  }

  async read(path: string, options: ReadOptions = {}): Promise<Bytes> {
    this.#check(path);
    options.signal?.throwIfAborted();
    return this.#doing(path, async (sftp) => {
      const handle = await this.#openFile(sftp, path);
      const before = await sftpCalls.statOpen(sftp, handle);
      if (before.isFile()) return this.#pieces(sftp, handle, before, path, options);
      await sftpCalls.close(sftp, handle);
      throw this.#noFile(path);
    });
  }

  async readInto(
    path: string,
    into: Uint8Array,
    { offset = 0, signal }: Omit<ReadOptions, "length"> = {},
  ): Promise<number> {
    this.#check(path);
    signal?.throwIfAborted();
    return this.#doing(path, async (sftp) => {
      const handle = await this.#openFile(sftp, path);
      try {
        const looking = sftpCalls.statOpen(sftp, handle);
        const reading = readToPlace(sftp, handle, into, offset);
        await Promise.allSettled([looking, reading]);
        signal?.throwIfAborted();
        const before = await looking;
        if (!before.isFile()) throw this.#noFile(path);
        const count = await reading;
        const after = await sftpCalls.statOpen(sftp, handle);
        if (after.size !== before.size || after.mtime !== before.mtime) throw this.#changed(path);
        return count;
      } finally {
        // Nobody needs to wait for it.
        sftpCalls.close(sftp, handle).catch(() => {});
      }
    });
  }

  async write(path: string, body: Bytes, options: WriteOptions): Promise<StoredFile> {
    this.#check(path);
    const { ifAbsent = false } = options;
    const at = this.#at(path);
    const sftp = await this.#doing(path, async (channel) => channel);
    await this.#sweeper.sweep(folderOf(at));
    const unfinished = unfinishedAt(at, newUnfinishedId());
    const written = await sendBody(body, options, {
      about: (problem, says) => this.#fault(problem, path, says),
      problem: (error) => this.#writeProblem(sftp, path, error),
      send: (bytes) => writeNew(sftp, this.#root, unfinished, bytes),
    });
    return this.#named(sftp, unfinished, storedFile(path, written), ifAbsent);
  }

  async startUpload(
    path: string,
    { sizeBytes, sha256, partBytes }: Parameters<Storage["startUpload"]>[1],
  ): Promise<PendingUpload> {
    this.#check(path);
    const id = newUnfinishedId();
    const at = unfinishedAt(this.#at(path), id);
    await this.#sweeper.sweep(folderOf(at));
    await this.#run(
      path,
      (sftp) => startParts(sftp, this.#root, at),
      (error, sftp) => this.#writeProblem(sftp, path, error),
    );
    return { path, id, sizeBytes, partBytes, sha256 };
  }

  async uploadPart(
    upload: PendingUpload,
    number: number,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    const at = this.#unfinished(upload);
    const place = partPlace(upload, number);
    if (place === null || place.sizeBytes !== body.byteLength)
      throw this.#fault("corrupt", upload.path, `part ${number} is not of the length announced`);
    signal?.throwIfAborted();
    return this.#run(
      upload.path,
      (sftp) => writePart(sftp, at, place.offset, number, body),
      (error, sftp) => this.#partProblem(sftp, upload.path, error),
    );
  }

  async uploadedParts(upload: PendingUpload): Promise<readonly UploadedPart[] | null> {
    const at = this.#unfinished(upload);
    return this.#doing(upload.path, (sftp) => partsNoted(sftp, at));
  }

  async finishUpload(
    upload: PendingUpload,
    parts: readonly UploadedPart[],
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<StoredFile> {
    const at = this.#unfinished(upload);
    const { path, sizeBytes } = upload;
    const mistake = partsMistake(upload, parts);
    if (mistake !== null) throw this.#fault("corrupt", path, mistake);
    return this.#doing(path, async (sftp) => {
      const written = await this.#statAt(sftp, at, path);
      if (written === null)
        throw this.#fault("not_found", path, "this upload is gone; begin again");
      if (written.sizeBytes !== sizeBytes)
        throw this.#fault("corrupt", path, `${written.sizeBytes} of ${sizeBytes} bytes came`);
      const file = await this.#named(sftp, at, written, ifAbsent);
      await removeJournal(sftp, at);
      return file;
    });
  }

  async abandonUpload(upload: PendingUpload): Promise<void> {
    const at = this.#unfinished(upload);
    await this.#doing(upload.path, (sftp) => removeParts(sftp, at));
  }

  async copy(_from: string, to: string): Promise<StoredFile> {
    this.#check(to);
    throw this.#fault("unsupported", to, "the server copies nothing by itself; read and write it");
  }

  async delete(path: string): Promise<void> {
    this.#check(path);
    await this.#doing(path, async (sftp) => {
      const wasThere = await removed(sftp, this.#at(path));
      if (!wasThere) await sftpCalls.stat(sftp, this.#root);
    });
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** `file`: what the unfinished one is; its name changes none of that. */
  async #named(
    sftp: SFTPWrapper,
    unfinished: string,
    file: StoredFile,
    ifAbsent: boolean,
  ): Promise<StoredFile> {
    const { path } = file;
    const at = this.#at(path);
    try {
      if (ifAbsent) await sftpCalls.renameToFree(sftp, unfinished, at);
      else await sftpCalls.renameOver(sftp, unfinished, at);
    } catch (error) {
      await removed(sftp, unfinished).catch(() => {});
      throw await this.#nameProblem(sftp, path, error, ifAbsent);
    }
    return file;
  }

  /** The server says no more than that it failed. */
  async #nameProblem(
    sftp: SFTPWrapper,
    path: string,
    error: unknown,
    ifAbsent: boolean,
  ): Promise<StorageError> {
    const there = await sftpCalls.stat(sftp, this.#at(path)).catch(() => null);
    if (there?.isDirectory() === true)
      return this.#fault("bad_path", path, "there is a folder of that name; remove it first");
    if (ifAbsent && there !== null) return this.#fault("exists", path, "there is one already");
    return this.#writeProblem(sftp, path, error);
  }

  async #writeProblem(sftp: SFTPWrapper, path: string, error: unknown): Promise<StorageError> {
    if (error instanceof StorageError) return error;
    if (sftpProblem(error) === "not_found") return this.#missing(sftp, path, error);
    if (sftpStatus(error) !== SFTP_STATUS.failure) return sftpFault(this.#fault, path, error);
    const free = await sftpCalls.freeBytes(sftp, this.#root).catch(() => null);
    return sftpFault(this.#fault, path, error, free === 0 ? "full" : "failed");
  }

  /** Of a file on its way: the root is gone, or part of the path is a file. */
  async #missing(sftp: SFTPWrapper, path: string, error: unknown): Promise<StorageError> {
    const root = await sftpCalls.stat(sftp, this.#root).catch(() => null);
    if (root === null) return this.#noRoot(error);
    const says = "part of the path is a file there, not a folder, or was removed meanwhile";
    return this.#fault("bad_path", path, says);
  }

  async #partProblem(sftp: SFTPWrapper, path: string, error: unknown): Promise<StorageError> {
    const root = await sftpCalls.stat(sftp, this.#root).catch(() => null);
    const isForgotten = root !== null && sftpProblem(error) === "not_found";
    if (!isForgotten) return this.#writeProblem(sftp, path, error);
    return this.#fault("not_found", path, "the storage has forgotten this upload; begin again");
  }

  #noRoot(cause: unknown): StorageError {
    const says = "there is no such folder on the server. Make it, or correct the path";
    return this.#fault("no_such_place", "", says, { cause });
  }

  async #statAt(sftp: SFTPWrapper, at: string, path: string): Promise<StoredFile | null> {
    try {
      const stats = await sftpCalls.stat(sftp, at);
      return stats.isFile() ? storedFile(path, stats) : null;
    } catch (error) {
      if (sftpStatus(error) === SFTP_STATUS.noSuchFile) return null;
      // Part of the path is a file.
      if (sftpStatus(error) === SFTP_STATUS.failure) return null;
      throw error;
    }
  }

  async #openFile(sftp: SFTPWrapper, path: string): Promise<Buffer> {
    try {
      return await sftpCalls.open(sftp, this.#at(path), "r");
    } catch (error) {
      if ((await this.#statAt(sftp, this.#at(path), path)) !== null) throw error;
      await sftpCalls.stat(sftp, this.#root);
      throw this.#noFile(path);
    }
  }

  #changed(path: string): StorageError {
    return this.#fault("changed", path, "it was changed while it was read; try again");
  }

  #noFile(path: string): StorageError {
    return this.#fault("not_found", path, "there is no such file");
  }

  async *#pieces(
    sftp: SFTPWrapper,
    handle: Buffer,
    before: Stats,
    path: string,
    { offset = 0, length = Number.POSITIVE_INFINITY, signal }: ReadOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let isOpen = true;
    const close = (): void => {
      isOpen = false;
      sftpCalls.close(sftp, handle).catch(() => {});
    };
    try {
      const end = Math.min(before.size, offset + length);
      for await (const piece of readPieces(sftp, handle, offset, end)) {
        signal?.throwIfAborted();
        yield piece;
      }
      const looking = sftpCalls.statOpen(sftp, handle);
      close();
      const after = await looking;
      if (after.size !== before.size || after.mtime !== before.mtime) throw this.#changed(path);
    } catch (error) {
      if (error instanceof StorageError || signal?.aborted) throw error;
      throw sftpFault(this.#fault, path, error);
    } finally {
      if (isOpen) close();
    }
  }

  /** What is not found here is the root: files that are not there are no errors of these. */
  #doing<T>(path: string, work: (sftp: SFTPWrapper) => Promise<T>): Promise<T> {
    return this.#run(path, work, async (error) =>
      sftpProblem(error) === "not_found" ? this.#noRoot(error) : null,
    );
  }

  async #run<T>(
    path: string,
    work: (sftp: SFTPWrapper) => Promise<T>,
    problem: (error: unknown, sftp: SFTPWrapper) => Promise<StorageError | null>,
  ): Promise<T> {
    let sftp: SFTPWrapper | null = null;
    try {
      sftp = await this.#connections.channel();
      return await work(sftp);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      const meant = sftp === null ? null : await problem(error, sftp);
      throw meant ?? sftpFault(this.#fault, path, error);
    }
  }

  #unfinished({ path, id }: PendingUpload): string {
    this.#check(path);
    if (isUnfinishedId(id)) return unfinishedAt(this.#at(path), id);
    throw this.#fault("not_found", path, "there is no such upload");
  }

  #at(path: string): string {
    return joined(this.#root, path);
  }

  #check(path: string): void {
    checkPath(path, "", LIMITS, this.#fault);
  }
}

function storedFile(path: string, { size, mtime }: Stats): StoredFile {
  return { path, sizeBytes: size, modifiedAt: mtime * 1000, version: null, sha256: null };
}
