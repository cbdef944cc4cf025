// One HTTP request with Node's own client: the bytes of an answer are those on the wire, whatever encoding they are said
// to have. Goes through the proxy that the variables name. Follows nothing, retries only what a stale connection lost, and
// knows no service.

import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import https from "node:https";
import { proxyFor, proxyLogin, TunnelAgent } from "./http-proxy.ts";
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

/** More sockets than any transfer uses at once. */
const POOL = { keepAlive: true, maxSockets: 128 };
/** Answers that are read whole are descriptions and errors, never files. */
const MAX_TEXT_BYTES = 16 * 1024 ** 2;

export class HttpConnections {
  readonly #plain = new http.Agent(POOL);
  readonly #secure = new https.Agent(POOL);
  /** By the address of their proxy. */
  readonly #tunnels = new Map<string, TunnelAgent>();

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
    for (const tunnel of this.#tunnels.values()) tunnel.destroy();
  }

  #once(order: HttpOrder): Promise<HttpAnswer> {
    const sentBytes = order.body?.byteLength ?? 0;
    return patiently(order.signal, sentBytes, (signal) => this.#send(order, signal));
  }

  #send({ method, url, headers, body }: HttpOrder, signal: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const { to, options } = this.#wayTo(url);
      const request = (to.protocol === "https:" ? https : http).request(to, {
        ...options,
        method,
        headers: {
          ...options.headers,
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

  /** Whom to connect to, and how: the server itself, a proxy that is told the whole address, or a tunnel through one. */
  #wayTo(url: URL): { readonly to: URL; readonly options: RequestOptions } {
    const proxy = proxyFor(url, process.env);
    const isSecure = url.protocol === "https:";
    if (proxy === null)
      return { to: url, options: { agent: isSecure ? this.#secure : this.#plain } };
    if (isSecure) {
      const tunnel = this.#tunnels.get(proxy.href) ?? new TunnelAgent(proxy, POOL);
      this.#tunnels.set(proxy.href, tunnel);
      return { to: url, options: { agent: tunnel } };
    }
    const headers = { host: url.host, ...proxyLogin(proxy) };
    const agent = proxy.protocol === "https:" ? this.#secure : this.#plain;
    return {
      to: proxy,
      options: { agent, path: `${url.origin}${url.pathname}${url.search}`, headers },
    };
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
