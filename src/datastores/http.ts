// A web server as a storage that can only be read: files by name, whole or in ranges, with strong ETags as versions where
// it has them. Knows no service behind it.

import {
  type Bytes,
  type ReadOptions,
  type Storage,
  type StorageCapabilities,
  StorageError,
  type StoredFile,
} from "../ports/storage.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { type Faults, faultsOf } from "./fault.ts";
import { type Asking, ask, BadRedirect } from "./http-follow.ts";
import { connectionProblem, retryAfter, statusProblem, vendorFault } from "./http-problem.ts";
import { discard, type HttpAnswer, HttpConnections, lengthOf } from "./http-request.ts";
import { ReadOnly } from "./read-only.ts";
import { receivedBody } from "./received-body.ts";
import { checkPath, type PathLimits } from "./storage-path.ts";

type HttpDefinition = Extract<OpenableDatastore, { readonly type: "http" }>;

/** What most servers take as an address. */
const LIMITS: PathLimits = { maxBytes: 4000, maxPartBytes: 4000 };

export function openHttp(definition: HttpDefinition): Storage {
  return new HttpStorage(definition);
}

class HttpStorage extends ReadOnly implements Storage {
  readonly address: string;
  readonly capabilities: StorageCapabilities = {
    canWrite: false,
    canList: false,
    ifAbsentIsAtomic: false,
    hasVersions: false,
    copiesInPlace: false,
    parts: null,
  };
  readonly #base: URL;
  readonly #credentials: HttpDefinition["credentials"];
  readonly #fault: Faults;
  readonly #connections = new HttpConnections();

  constructor({ url, credentials }: HttpDefinition) {
    const base = new URL(url);
    if (credentials.kind === "query") base.search = credentials.query;
    const address = addressOf(base);
    const fault = faultsOf(address, secretsOf(base, credentials));
    const says = "a web server can only be read. Write to a datastore of another kind";
    super((path) => fault("unsupported", path, says));
    this.address = address;
    this.#base = base;
    this.#credentials = credentials;
    this.#fault = fault;
  }

  async stat(path: string): Promise<StoredFile | null> {
    this.#check(path);
    const head = await this.#ask(path, { method: "HEAD" });
    discard(head);
    const isRefused = head.status === 405 || head.status === 501 || head.status === 403;
    const isSilent = head.status === 200 && lengthOf(head.headers) === null;
    if (isRefused || isSilent) return this.#statByRange(path);
    if (head.status === 404 || head.status === 410) return null;
    if (head.status !== 200) throw this.#answered(path, head);
    return storedFile(path, lengthOf(head.headers) ?? 0, head);
  }

  // biome-ignore lint/correctness/useYield: the port wants a list that fails when it is read.
  async *list(prefix: string): AsyncGenerator<StoredFile, void, undefined> {
    const says = "a web server does not list its files. Name each one";
    throw this.#fault("unsupported", prefix, says);
  }

  async read(path: string, options: ReadOptions = {}): Promise<Bytes> {
    const { offset = 0, length, version = null, signal } = options;
    this.#check(path);
    signal?.throwIfAborted();
    if (length === 0) return this.#nothing(path, version);
    const isWhole = offset === 0 && length === undefined;
    const last = length === undefined ? "" : offset + length - 1;
    const answer = await this.#ask(path, {
      method: "GET",
      headers: {
        ...(isWhole ? {} : { range: `bytes=${offset}-${last}` }),
        ...(version === null ? {} : { "if-match": `"${version}"` }),
      },
      signal,
    });
    if (answer.status === 200 || answer.status === 206)
      return this.#received(path, answer, options);
    discard(answer);
    if (answer.status === 416) return nothing();
    throw this.#answered(path, answer);
  }

  async close(): Promise<void> {
    this.#connections.close();
  }

  /** For servers that answer no HEAD, or answer it without a length: the first byte comes with the length of all. */
  async #statByRange(path: string): Promise<StoredFile | null> {
    const answer = await this.#ask(path, { method: "GET", headers: { range: "bytes=0-0" } });
    discard(answer);
    if (answer.status === 404 || answer.status === 410) return null;
    if (answer.status === 416) return storedFile(path, 0, answer);
    if (answer.status !== 200 && answer.status !== 206) throw this.#answered(path, answer);
    const total = /\/(\d+)$/.exec(answer.headers["content-range"] ?? "")?.[1];
    const size = answer.status === 206 ? Number(total ?? Number.NaN) : lengthOf(answer.headers);
    if (size !== null && Number.isSafeInteger(size)) return storedFile(path, size, answer);
    const says = "the server does not say how long the file is. Download it by another way first";
    throw this.#fault("unsupported", path, says);
  }

  #received(path: string, answer: HttpAnswer, options: ReadOptions): Bytes {
    const { offset = 0, length, version = null, signal } = options;
    const now = etagOf(answer);
    // Not every server looks at the condition.
    if (version !== null && now !== version) {
      discard(answer);
      throw this.#fault("changed", path, "it is another version now than was asked for");
    }
    const bytes = receivedBody(answer.body, {
      sizeBytes: lengthOf(answer.headers),
      signal,
      problem: (error) => this.#problem(path, error),
      about: (problem, says) => this.#fault(problem, path, says),
    });
    return answer.status === 206 ? bytes : cut(bytes, offset, length);
  }

  async #ask(
    path: string,
    asking: Pick<Asking, "method" | "signal"> & { readonly headers?: Asking["headers"] },
  ): Promise<HttpAnswer> {
    const url = new URL(this.#base);
    const names = path.split("/").map(encodeURIComponent).join("/");
    url.pathname = `${this.#base.pathname.replace(/\/+$/, "")}/${names}`;
    try {
      const credentials = this.#credentials;
      return await ask(this.#connections, { headers: {}, ...asking, url, credentials });
    } catch (error) {
      asking.signal?.throwIfAborted();
      if (error instanceof BadRedirect) throw this.#fault("failed", path, error.message);
      throw this.#problem(path, error);
    }
  }

  async #nothing(path: string, version: string | null): Promise<Bytes> {
    const file = await this.stat(path);
    if (file === null) throw this.#fault("not_found", path, "there is no such file");
    if (version !== null && file.version !== version)
      throw this.#fault("changed", path, "it is another version now than was asked for");
    return nothing();
  }

  #answered(path: string, { status, headers, body }: HttpAnswer): StorageError {
    const problem = statusProblem(status);
    const wait = retryAfter(headers["retry-after"], Date.now());
    const said = new Error(`HTTP ${status} ${body.statusMessage ?? ""}`.trim());
    return vendorFault(this.#fault, path, { problem, retryAfterSeconds: wait }, said);
  }

  #problem(path: string, error: unknown): StorageError {
    if (error instanceof StorageError) return error;
    const problem = connectionProblem(error) ?? "failed";
    return vendorFault(this.#fault, path, { problem }, error);
  }

  #check(path: string): void {
    checkPath(path, "", LIMITS, this.#fault);
  }
}

function storedFile(path: string, sizeBytes: number, answer: HttpAnswer): StoredFile {
  const at = Date.parse(answer.headers["last-modified"] ?? "");
  const modifiedAt = Number.isNaN(at) ? null : at;
  return { path, sizeBytes, modifiedAt, version: etagOf(answer), sha256: null };
}

/** Null: none, or a weak one, which says that the meaning is the same and nothing of the bytes. */
function etagOf({ headers }: HttpAnswer): string | null {
  return /^"(.*)"$/.exec(headers.etag ?? "")?.[1] ?? null;
}

/** For servers that answer with the whole file whatever range is asked for. */
async function* cut(bytes: Bytes, offset: number, length: number | undefined) {
  let at = 0;
  const end = length === undefined ? Number.POSITIVE_INFINITY : offset + length;
  for await (const piece of bytes) {
    const from = Math.max(0, offset - at);
    const to = Math.min(piece.byteLength, end - at);
    at += piece.byteLength;
    if (from < to) yield piece.subarray(from, to);
    if (at >= end) return;
  }
}

/** Without what could be a secret in it. */
function addressOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.replace(/\/+$/, "");
}

/** Addresses are often signed in their query. */
function secretsOf(base: URL, credentials: HttpDefinition["credentials"]): readonly string[] {
  const signed = [...base.searchParams.values(), base.search.slice(1), base.password];
  if (credentials.kind === "bearer") return [...signed, credentials.token];
  if (credentials.kind !== "basic") return signed;
  const pair = Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64");
  return [...signed, credentials.password, pair];
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
