// Sends the requests that move bytes with the SDK's own signature and connections, but not through its layers: they cost
// more than the request does. What only they can mend (another region, a clock that is wrong, a server that failed) is left to them.

import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";

export interface DirectRequest {
  readonly method: "GET" | "PUT";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the body, in hexadecimal: the signature covers it. */
  readonly bodySha256: string;
  readonly signal: AbortSignal | undefined;
}

export interface DirectAnswer {
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
type Answer = Awaited<ReturnType<S3Client["config"]["requestHandler"]["handle"]>>["response"];

export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const FAILED_STATUS: ReadonlySet<number> = new Set([500, 502, 504]);
/** Of an error's text: what its code and message need. */
const ERROR_BYTES = 64 * 1024;

export class S3Direct {
  readonly #client: S3Client;
  readonly #name: string;
  #bucket: Promise<Bucket | null> | null = null;
  #signer: Promise<Signer> | null = null;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#name = bucket;
  }

  /** Null: the SDK is to do it. Throws errors in the form of the SDK's. */
  async send(request: DirectRequest): Promise<DirectAnswer | null> {
    this.#bucket ??= bucketOf(this.#client, this.#name);
    const bucket = await this.#bucket;
    if (bucket === null) return null;
    const answer = await this.#answer(await this.#signed(request, bucket), request.signal);
    if (answer === null) return null;
    const { headers, body, statusCode } = answer;
    if (statusCode < 300) return { headers, body: body as Readable };
    const error = await errorOf(answer);
    if (isElsewhere(statusCode, error)) this.#bucket = Promise.resolve(null);
    else if (!FAILED_STATUS.has(statusCode) && error.name !== "RequestTimeTooSkewed") throw error;
    return null;
  }

  async #answer(request: Request, signal: AbortSignal | undefined): Promise<Answer | null> {
    try {
      const options = signal === undefined ? {} : { abortSignal: signal };
      return (await this.#client.config.requestHandler.handle(request, options)).response;
    } catch (error) {
      if (signal?.aborted) throw error;
      // A connection that went stale while it was kept, or a server that is not there: the SDK tries again.
      return null;
    }
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
      ...(request.body === undefined ? {} : { body: request.body }),
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

async function errorOf({ statusCode, headers, body }: Answer): Promise<Error> {
  const text = await startOf(body as Readable);
  const code = field(text, "Code") ?? (statusCode === 404 ? "NotFound" : "UnknownError");
  const error = new Error(field(text, "Message") ?? "UnknownError");
  error.name = code;
  return Object.assign(error, {
    Code: code,
    $metadata: { httpStatusCode: statusCode },
    $response: { headers },
  });
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
