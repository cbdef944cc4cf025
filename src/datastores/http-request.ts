// One HTTP request with Node's own client: the bytes of an answer are those on the wire, whatever encoding they are said
// to have. Follows nothing, retries only what a stale connection lost, and knows no service.

import http, { type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https from "node:https";
import { patiently } from "./patience.ts";

export interface HttpOrder {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read or destroyed: it holds its connection. */
  readonly body: IncomingMessage;
}

/** More than any transfer uses at once. */
const SOCKETS = 128;
/** Answers that are read whole are descriptions and errors, never files. */
const MAX_TEXT_BYTES = 16 * 1024 ** 2;

export class HttpConnections {
  readonly #plain = new http.Agent({ keepAlive: true, maxSockets: SOCKETS });
  readonly #secure = new https.Agent({ keepAlive: true, maxSockets: SOCKETS });

  async request(order: HttpOrder): Promise<HttpAnswer> {
    try {
      return await this.#once(order);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return this.#once(order).catch((again) => {
        throw again instanceof StaleConnection ? again.cause : again;
      });
    }
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  #once(order: HttpOrder): Promise<HttpAnswer> {
    const sentBytes = order.body?.byteLength ?? 0;
    return patiently(order.signal, sentBytes, (signal) => this.#send(order, signal));
  }

  #send({ method, url, headers, body }: HttpOrder, signal: AbortSignal): Promise<HttpAnswer> {
    const isSecure = url.protocol === "https:";
    return new Promise((resolve, reject) => {
      const request = (isSecure ? https : http).request(url, {
        method,
        agent: isSecure ? this.#secure : this.#plain,
        headers: {
          "accept-encoding": "identity",
          "user-agent": "stepwell",
          ...(method === "GET" || method === "HEAD" || method === "DELETE"
            ? {}
            : { "content-length": String(body?.byteLength ?? 0) }),
          ...headers,
        },
      });
      const stop = (): void => void request.destroy(new Error("stopped"));
      signal.addEventListener("abort", stop, { once: true });
      request.once("response", (answer) => {
        signal.removeEventListener("abort", stop);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer });
      });
      request.once("error", (error: NodeJS.ErrnoException) => {
        signal.removeEventListener("abort", stop);
        const isStale = request.reusedSocket && error.code === "ECONNRESET";
        reject(isStale ? new StaleConnection("", { cause: error }) : error);
      });
      request.end(body);
    });
  }
}

/** The server closed a kept connection in the moment in which we used it again. */
class StaleConnection extends Error {}

/** All of a short answer. */
export async function textOf({ body }: HttpAnswer): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += (piece as Uint8Array).byteLength;
    if (size > MAX_TEXT_BYTES) throw new Error("the server answered with far too much text");
    pieces.push(piece as Uint8Array);
  }
  return Buffer.concat(pieces).toString();
}

/** An answer of which nothing more is wanted. */
export function discard({ body }: HttpAnswer): void {
  body.once("error", () => {});
  body.destroy();
}

/** Null: the header is not there, or is no number. */
export function lengthOf(headers: IncomingHttpHeaders): number | null {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : null;
}
