// A storage in memory for tests of transfers: what it can do is chosen, and any call can be made to fail. Passes the same
// contract suite as real ones; knows nothing of what is tested with it.

import { createHash } from "node:crypto";
import type { ContentId } from "../core/content.ts";
import {
  type Bytes,
  type PendingUpload,
  type Storage,
  type StorageCapabilities,
  StorageError,
  type StoredFile,
  type UploadedPart,
} from "../ports/storage.ts";

export interface MemoryCall {
  readonly method: keyof Storage;
  readonly path: string;
  /** Of a part, else 0. */
  readonly number: number;
  /** How many calls came before it, of any method. */
  readonly calls: number;
}

export interface MemoryOptions {
  readonly address?: string;
  readonly hasVersions?: boolean;
  readonly keepsSha256?: boolean;
  readonly copiesInPlace?: boolean;
  readonly canList?: boolean;
  /** False: listings come in another order. */
  readonly sorted?: boolean;
  readonly parts?: StorageCapabilities["parts"];
  /** Bytes of a chunk that a read gives. */
  readonly chunkBytes?: number;
  /** Called first by each method; what it throws is what the method throws. */
  readonly before?: (call: MemoryCall) => void | Promise<void>;
  /** Called after the work was done: what it throws is an answer that was lost. */
  readonly after?: (call: MemoryCall) => void | Promise<void>;
  /** Called before each chunk of a read, with the position of its first byte. */
  readonly reading?: (path: string, at: number) => void;
}

interface Kept {
  readonly bytes: Buffer;
  readonly file: StoredFile;
}

interface Started {
  readonly upload: PendingUpload;
  readonly parts: Map<number, Buffer>;
}

export interface MemoryStorage extends Storage {
  /** Puts a file there, past all faults. */
  put(path: string, bytes: Uint8Array | string): StoredFile;
  bytesAt(path: string): Buffer | null;
  paths(): readonly string[];
  readonly uploads: ReadonlyMap<string, unknown>;
  /** Calls so far, by method. */
  count(method: keyof Storage): number;
}

export function createMemoryStorage(options: MemoryOptions = {}): MemoryStorage {
  const address = options.address ?? "memory://place";
  const files = new Map<string, Kept>();
  const uploads = new Map<string, Started>();
  const counts = new Map<keyof Storage, number>();
  let calls = 0;
  let writes = 0;

  async function calling<T>(
    method: keyof Storage,
    path: string,
    work: () => T | Promise<T>,
    number = 0,
  ): Promise<T> {
    const call = { method, path, number, calls };
    calls += 1;
    counts.set(method, (counts.get(method) ?? 0) + 1);
    await options.before?.(call);
    const result = await work();
    await options.after?.(call);
    return result;
  }

  function keep(path: string, bytes: Buffer, ifAbsent: boolean): StoredFile {
    if (ifAbsent && files.has(path))
      throw new StorageError("exists", `${address}: ${path} is there already`);
    writes += 1;
    const file: StoredFile = {
      path,
      sizeBytes: bytes.length,
      modifiedAt: writes * 1000,
      version: options.hasVersions === false ? null : `v${writes}`,
      sha256: options.keepsSha256 === false ? null : idOf(bytes),
    };
    files.set(path, { bytes, file });
    return file;
  }

  async function* listed(prefix: string): AsyncGenerator<StoredFile> {
    checkPath(address, prefix, true);
    await calling("list", prefix, () => undefined);
    const names = [...files.keys()].filter(
      (name) => prefix === "" || name === prefix || name.startsWith(`${prefix}/`),
    );
    names.sort((one, two) => Buffer.compare(Buffer.from(one), Buffer.from(two)));
    if (options.sorted === false) names.reverse();
    for (const name of names) {
      const kept = files.get(name);
      if (kept !== undefined) yield kept.file;
    }
  }

  async function* chunks(path: string, bytes: Buffer, offset: number, end: number): Bytes {
    const size = options.chunkBytes ?? 1 << 16;
    for (let at = offset; at < end; at += size) {
      options.reading?.(path, at);
      yield bytes.subarray(at, Math.min(end, at + size));
    }
  }

  function started(upload: PendingUpload): Started {
    const found = uploads.get(upload.id);
    if (found === undefined)
      throw new StorageError("not_found", `${address}: there is no upload ${upload.id}`);
    return found;
  }

  return {
    address,
    capabilities: {
      canWrite: true,
      canList: options.canList !== false,
      ifAbsentIsAtomic: true,
      hasVersions: options.hasVersions !== false,
      copiesInPlace: options.copiesInPlace === true,
      parts: options.parts ?? null,
    },
    async stat(path) {
      checkPath(address, path, false);
      return calling("stat", path, () => files.get(path)?.file ?? null);
    },
    list: listed,
    async read(path, { offset = 0, length, version, signal } = {}) {
      checkPath(address, path, false);
      return calling("read", path, () => {
        signal?.throwIfAborted();
        const kept = files.get(path);
        if (kept === undefined)
          throw new StorageError("not_found", `${address}: there is no ${path}`);
        if (version != null && kept.file.version !== null && kept.file.version !== version)
          throw new StorageError("changed", `${address}: ${path} is another file now`);
        const end = Math.min(kept.bytes.length, offset + (length ?? kept.bytes.length));
        return chunks(path, kept.bytes, offset, end);
      });
    },
    async write(path, body, { sizeBytes, sha256, ifAbsent = false, signal }) {
      checkPath(address, path, false);
      return calling("write", path, async () => {
        const bytes = await gathered(body);
        signal?.throwIfAborted();
        if (bytes.length !== sizeBytes)
          throw new StorageError("corrupt", `${address}: ${path} came with ${bytes.length} bytes`);
        if (sha256 !== null && sha256 !== idOf(bytes))
          throw new StorageError("corrupt", `${address}: ${path} came with another checksum`);
        return keep(path, bytes, ifAbsent);
      });
    },
    async startUpload(path, { sizeBytes, sha256, partBytes }) {
      checkPath(address, path, false);
      return calling("startUpload", path, () => {
        if (options.parts == null)
          throw new StorageError("unsupported", `${address} takes no uploads in parts`);
        const upload = { path, id: `upload-${calls}`, sizeBytes, sha256, partBytes };
        uploads.set(upload.id, { upload, parts: new Map() });
        return upload;
      });
    },
    async uploadPart(upload, number, body): Promise<UploadedPart> {
      const bytes = Buffer.from(body);
      const work = (): UploadedPart => {
        started(upload).parts.set(number, bytes);
        return { number, sizeBytes: bytes.length, tag: idOf(bytes) };
      };
      return calling("uploadPart", upload.path, work, number);
    },
    async uploadedParts(upload) {
      return calling("uploadedParts", upload.path, () => {
        const found = uploads.get(upload.id);
        if (found === undefined) return null;
        return [...found.parts].map(([number, bytes]) => ({
          number,
          sizeBytes: bytes.length,
          tag: idOf(bytes),
        }));
      });
    },
    async finishUpload(upload, parts, { ifAbsent = false } = {}) {
      return calling("finishUpload", upload.path, () => {
        const found = started(upload);
        const bytes = Buffer.concat(
          parts.map(({ number, tag }) => {
            const part = found.parts.get(number);
            if (part === undefined || idOf(part) !== tag)
              throw new StorageError("corrupt", `${address}: part ${number} is not what it was`);
            return part;
          }),
        );
        if (bytes.length !== upload.sizeBytes)
          throw new StorageError("corrupt", `${address}: ${upload.path} lacks parts`);
        const file = keep(upload.path, bytes, ifAbsent);
        uploads.delete(upload.id);
        return file;
      });
    },
    async abandonUpload(upload) {
      return calling("abandonUpload", upload.path, () => void uploads.delete(upload.id));
    },
    async copy(from, to, { ifAbsent = false } = {}) {
      checkPath(address, to, false);
      return calling("copy", to, () => {
        if (options.copiesInPlace !== true)
          throw new StorageError("unsupported", `${address} copies nothing in place`);
        const kept = files.get(from);
        if (kept === undefined)
          throw new StorageError("not_found", `${address}: there is no ${from}`);
        return keep(to, kept.bytes, ifAbsent);
      });
    },
    async delete(path) {
      checkPath(address, path, false);
      return calling("delete", path, () => void files.delete(path));
    },
    close: async () => undefined,
    put: (path, bytes) => keep(path, Buffer.from(bytes as Uint8Array), false),
    bytesAt: (path) => files.get(path)?.bytes ?? null,
    paths: () => [...files.keys()].sort(),
    uploads,
    count: (method) => counts.get(method) ?? 0,
  };
}

function idOf(bytes: Buffer): ContentId {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` as ContentId;
}

async function gathered(body: Bytes): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

function checkPath(address: string, path: string, mayBeRoot: boolean): void {
  if (path === "" && mayBeRoot) return;
  const bad = path.includes("\0") || path.split("/").some((part) => ["", ".", ".."].includes(part));
  if (bad) throw new StorageError("bad_path", `${address}: no file can be ${JSON.stringify(path)}`);
}
