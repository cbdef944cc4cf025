// The few calls of Google's JSON API that a bucket needs. Throws `GcsRefusal` where the service says no; knows nothing of
// paths, checksums or uploads in pieces.

import type { GcsCredentials } from "../spec/datastore.ts";
import { gcsAuthorization, type Headers } from "./gcs-auth.ts";
import { type HttpAnswer, HttpConnections, type HttpOrder, textOf } from "./http-request.ts";

export interface GcsObject {
  readonly name: string;
  readonly size: string;
  readonly updated?: string;
  readonly generation: string;
  readonly md5Hash?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface GcsPage {
  readonly items?: readonly GcsObject[];
  readonly nextPageToken?: string;
}

/** What the service said instead of doing it. */
export class GcsRefusal extends Error {
  readonly status: number;
  /** Google's word for it; "" where it has none. */
  readonly reason: string;
  readonly retryAfter: string | undefined;
  constructor(status: number, reason: string, message: string, retryAfter?: string) {
    super(message);
    this.name = "GcsRefusal";
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

const FIELDS = "name,size,updated,generation,md5Hash,metadata";
const GOOGLE = "https://storage.googleapis.com";

type Query = Readonly<Record<string, string | undefined>>;
type Signal = AbortSignal | undefined;

export class GcsApi {
  readonly #base: string;
  readonly #bucket: string;
  readonly #authorization: () => Promise<Headers>;
  readonly #connections = new HttpConnections();

  constructor(endpoint: string | null, bucket: string, credentials: GcsCredentials<string>) {
    this.#base = (endpoint ?? GOOGLE).replace(/\/+$/, "");
    this.#bucket = `/storage/v1/b/${encodeURIComponent(bucket)}`;
    this.#authorization = gcsAuthorization(credentials);
  }

  bucket(): Promise<object> {
    return this.#json({ method: "GET", url: this.#url(this.#bucket, { fields: "name" }) });
  }

  object(key: string): Promise<GcsObject> {
    return this.#json({ method: "GET", url: this.#url(this.#object(key), { fields: FIELDS }) });
  }

  list(prefix: string, pageToken: string | undefined): Promise<GcsPage> {
    const fields = `nextPageToken,items(${FIELDS})`;
    const url = this.#url(`${this.#bucket}/o`, { prefix, pageToken, fields });
    return this.#json({ method: "GET", url });
  }

  /** The bytes as they are stored: an object that was stored packed is not unpacked on its way. */
  media(key: string, query: Query, range: Headers, signal: Signal): Promise<HttpAnswer> {
    const url = this.#url(this.#object(key), { alt: "media", ...query });
    return this.#answer({
      method: "GET",
      url,
      signal,
      headers: { "accept-encoding": "gzip", ...range },
    });
  }

  /** One request with description and bytes. */
  insert(
    about: Readonly<Record<string, unknown>>,
    body: Uint8Array,
    query: Query,
    signal: Signal,
  ): Promise<GcsObject> {
    const boundary = "stepwell-boundary-5f1c7a0e9b";
    const type = "Content-Type: application/octet-stream";
    const head =
      `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n` +
      `${JSON.stringify(about)}\r\n--${boundary}\r\n${type}\r\n\r\n`;
    return this.#json({
      method: "POST",
      url: this.#url(`/upload${this.#bucket}/o`, {
        uploadType: "multipart",
        fields: FIELDS,
        ...query,
      }),
      headers: { "content-type": `multipart/related; boundary=${boundary}` },
      body: Buffer.concat([Buffer.from(head), body, Buffer.from(`\r\n--${boundary}--`)]),
      signal,
    });
  }

  compose(
    key: string,
    sources: readonly GcsObject[],
    destination: Readonly<Record<string, unknown>>,
    query: Query,
  ): Promise<GcsObject> {
    const sourceObjects = sources.map(({ name, generation }) => ({ name, generation }));
    const url = this.#url(`${this.#object(key)}/compose`, { fields: FIELDS, ...query });
    return this.#json(jsonOrder(url, { sourceObjects, destination }));
  }

  /** Goes on until the service has copied all of it: more than one call for a big one to another class of storage. */
  async rewrite(from: string, to: string, query: Query): Promise<void> {
    const path = `${this.#object(from)}/rewriteTo${this.#object(to).replace("/storage/v1", "")}`;
    for (let rewriteToken: string | undefined; ; ) {
      const url = this.#url(path, { rewriteToken, ...query });
      const answer = await this.#json<{ done: boolean; rewriteToken?: string }>(jsonOrder(url, {}));
      if (answer.done) return;
      rewriteToken = answer.rewriteToken;
    }
  }

  async remove(key: string, query: Query = {}): Promise<void> {
    const answer = await this.#answer({
      method: "DELETE",
      url: this.#url(this.#object(key), query),
    });
    await textOf(answer);
  }

  close(): void {
    this.#connections.close();
  }

  async #json<T>(order: HttpOrder): Promise<T> {
    const text = await textOf(await this.#answer(order));
    return JSON.parse(text) as T;
  }

  async #answer(order: HttpOrder): Promise<HttpAnswer> {
    const headers = { ...order.headers, ...(await this.#authorization()) };
    const answer = await this.#connections.request({ ...order, headers });
    if (answer.status < 300) return answer;
    throw refusalOf(answer.status, await textOf(answer), answer.headers["retry-after"]);
  }

  #object(key: string): string {
    return `${this.#bucket}/o/${encodeURIComponent(key)}`;
  }

  #url(path: string, query: Query): URL {
    const url = new URL(this.#base + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }
}

function jsonOrder(url: URL, value: object): HttpOrder {
  const body = Buffer.from(JSON.stringify(value));
  return { method: "POST", url, body, headers: { "content-type": "application/json" } };
}

interface Said {
  readonly error?: {
    readonly message?: string;
    readonly errors?: readonly { readonly reason?: string }[];
  };
}

function refusalOf(status: number, text: string, retryAfter: string | undefined): GcsRefusal {
  try {
    const { error } = JSON.parse(text) as Said;
    const reason = error?.errors?.[0]?.reason ?? "";
    return new GcsRefusal(status, reason, error?.message ?? `HTTP ${status}`, retryAfter);
  } catch {
    const isPage = text.trimStart().startsWith("<");
    const said = isPage || text.trim() === "" ? `HTTP ${status}` : text.slice(0, 300);
    return new GcsRefusal(status, "", said, retryAfter);
  }
}
