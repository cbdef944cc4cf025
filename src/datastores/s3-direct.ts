// Sends the requests that move bytes with the SDK's own signature, but not through its layers: they cost more than the
// request does. What only they can mend (another region, a clock that is wrong, a server that failed) is left to them.

import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import { Wire } from "./http-wire.ts";

export interface DirectRequest {
  readonly method: "GET" | "PUT";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the body, in hexadecimal: the signature covers it. */
  readonly bodySha256: string;
  /** Where the body of the answer goes, if it has room there. */
  readonly into?: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

export interface DirectAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Less than announced where the connection broke. */
  readonly body: Uint8Array;
}

export interface DirectStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** Where a bucket is, and how its requests are signed. */
interface Bucket {
  readonly url: URL;
  readonly region: string;
  readonly service: string;
}

interface Scheme {
  readonly name: string;
  readonly signingName?: string;
  readonly signingRegion?: string;
}

type Signer = Awaited<ReturnType<S3Client["config"]["signer"]>>;
type Request = Parameters<S3Client["config"]["requestHandler"]["handle"]>[0];

export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const FAILED_STATUS: ReadonlySet<number> = new Set([500, 502, 504]);
/** Of an error's text: what its code and message need. */
const ERROR_BYTES = 64 * 1024;

export class S3Direct {
  readonly #client: S3Client;
  readonly #name: string;
  #bucket: Promise<Bucket | null> | null = null;
  #signer: Promise<Signer> | null = null;
  #wire: Wire | null = null;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#name = bucket;
  }

  /** Null: the SDK is to do it. Throws errors in the form of the SDK's. */
  async send(request: DirectRequest): Promise<DirectAnswer | null> {
    const bucket = await this.#found();
    if (bucket === null) return null;
    const { method, path, query, headers } = await this.#signed(request, bucket);
    const { body, into, signal } = request;
    this.#wire ??= new Wire(bucket.url);
    try {
      const answer = await this.#wire.send({
        method,
        target: path + queryOf(query as Readonly<Record<string, string>>),
        headers,
        ...(body === undefined ? {} : { body }),
        ...(into === undefined ? {} : { into }),
        signal,
      });
      if (answer.body === null) return null;
      if (answer.status < 300) return { ...answer, body: answer.body };
      const text = Buffer.from(answer.body).toString("utf8");
      return this.#refused({ ...answer, text });
    } catch (error) {
      return orSdk(error, signal);
    }
  }

  /** As `send`, for an answer of any length. */
  async stream(request: DirectRequest): Promise<DirectStream | null> {
    const bucket = await this.#found();
    if (bucket === null) return null;
    const { signal } = request;
    const signed = await this.#signed(request, bucket);
    try {
      const options = signal === undefined ? {} : { abortSignal: signal };
      const handler = this.#client.config.requestHandler;
      const { headers, body, statusCode } = (await handler.handle(signed, options)).response;
      if (statusCode < 300) return { status: statusCode, headers, body: body as Readable };
      const text = await startOf(body as Readable);
      return this.#refused({ status: statusCode, headers, text });
    } catch (error) {
      return orSdk(error, signal);
    }
  }

  close(): void {
    this.#wire?.close();
  }

  #found(): Promise<Bucket | null> {
    this.#bucket ??= bucketOf(this.#client, this.#name);
    return this.#bucket;
  }

  #refused(answer: Refused): null {
    const error = new RefusedError(answer);
    const { status } = answer;
    if (isElsewhere(status, error)) this.#bucket = Promise.resolve(null);
    else if (!FAILED_STATUS.has(status) && error.name !== "RequestTimeTooSkewed") throw error;
    return null;
  }

  async #signed(request: DirectRequest, { url, region, service }: Bucket): Promise<Request> {
    const { config } = this.#client;
    this.#signer ??= config.signer({
      name: "sigv4",
      signingName: service,
      signingRegion: region,
      properties: {},
    });
    const signer = await this.#signer;
    const unsigned = {
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      path: `${url.pathname.replace(/\/$/, "")}/${request.key.split("/").map(escaped).join("/")}`,
      query: { ...request.query },
      headers: {
        ...request.headers,
        host: url.host,
        "x-amz-content-sha256": request.bodySha256,
      },
    } as Request;
    const signingDate = new Date(Date.now() + config.systemClockOffset);
    const options = { signingDate, signingRegion: region, signingService: service };
    return (await signer.sign(unsigned as never, options)) as Request;
  }
}

/** Null: it is signed in another way than usual. Errors are the SDK's to say. */
async function bucketOf({ config }: S3Client, name: string): Promise<Bucket | null> {
  try {
    const own = await config.endpoint?.();
    const { url, properties } = config.endpointProvider({
      Bucket: name,
      Region: await config.region(),
      ForcePathStyle: (await value(config.forcePathStyle)) ?? false,
      UseFIPS: await config.useFipsEndpoint(),
      UseDualStack: await config.useDualstackEndpoint(),
      DisableMultiRegionAccessPoints: false,
      ...(own === undefined ? {} : { Endpoint: addressOf(own) }),
    });
    const [scheme] = (properties?.authSchemes ?? []) as readonly Scheme[];
    if (scheme?.name !== "sigv4") return null;
    const { signingName: service = "s3", signingRegion: region = "us-east-1" } = scheme;
    return { url, region, service };
  } catch {
    return null;
  }
}

/** The bucket is in another region than was thought: from now on everything goes through the SDK, which finds it. */
function isElsewhere(status: number, { name }: Error): boolean {
  return (status >= 300 && status < 400) || name === "AuthorizationHeaderMalformed";
}

function addressOf({
  protocol,
  hostname,
  port,
  path,
}: {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
}): string {
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
}

async function value<T>(setting: T | (() => Promise<T>)): Promise<T> {
  return typeof setting === "function" ? (setting as () => Promise<T>)() : setting;
}

/** As it is signed: letters, digits and `-_.~` alone are not escaped. */
function escaped(part: string): string {
  const hex = (letter: string): string => letter.charCodeAt(0).toString(16).toUpperCase();
  return encodeURIComponent(part).replace(/[!'()*]/g, (letter) => `%${hex(letter)}`);
}

interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** An answer that says no, in the form of the SDK's errors. */
class RefusedError extends Error {
  readonly Code: string;
  readonly $metadata: { readonly httpStatusCode: number };
  readonly $response: Pick<Refused, "headers">;
  constructor({ status, headers, text }: Refused) {
    super(field(text, "Message") ?? "UnknownError");
    this.Code = field(text, "Code") ?? (status === 404 ? "NotFound" : "UnknownError");
    this.name = this.Code;
    this.$metadata = { httpStatusCode: status };
    this.$response = { headers };
  }
}

/** A connection that went stale while it was kept, or a server that is not there: the SDK tries again. */
function orSdk(error: unknown, signal: AbortSignal | undefined): null {
  if (signal?.aborted || error instanceof RefusedError) throw error;
  return null;
}

function queryOf(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, text]) => `${escaped(name)}=${escaped(text)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

async function startOf(body: Readable): Promise<string> {
  let text = "";
  for await (const piece of body) {
    text += (piece as Buffer).toString("utf8");
    if (text.length > ERROR_BYTES) break;
  }
  return text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

function field(xml: string, name: string): string | null {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  const plain = found?.replace(
    /&(amp|apos|gt|lt|quot);/g,
    (_all, entity: string) => ENTITIES[entity] ?? "",
  );
  return plain === undefined || plain === "" ? null : plain;
}
