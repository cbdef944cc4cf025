// A web server in the test process that keeps files in memory: ranges, strong ETags and conditions as RFC 9110 has them,
// each of which a test can turn off, because many servers have only some.

import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

export interface WebServer {
  readonly url: string;
  readonly files: Map<string, Uint8Array>;
  /** Of all requests, in order. */
  readonly seen: http.IncomingMessage[];
  /** Which manners it has; all at first. */
  readonly manners: Manners;
}

export interface Manners {
  head: boolean;
  ranges: boolean;
  conditions: boolean;
  etags: "strong" | "weak" | "none";
  lengths: boolean;
  /** Answered instead of the file, when it says anything. */
  instead: (request: http.IncomingMessage, response: http.ServerResponse) => boolean;
}

export async function startWebServer(): Promise<WebServer> {
  const files = new Map<string, Uint8Array>();
  const seen: http.IncomingMessage[] = [];
  const manners: Manners = {
    head: true,
    ranges: true,
    conditions: true,
    etags: "strong",
    lengths: true,
    instead: () => false,
  };
  const server = http.createServer((request, response) => {
    seen.push(request);
    if (!manners.instead(request, response)) answer(request, response, files, manners);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, files, seen, manners };
}

function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  files: ReadonlyMap<string, Uint8Array>,
  manners: Manners,
): void {
  const { pathname } = new URL(request.url ?? "/", "http://x");
  const body = files.get(decodeURIComponent(pathname.slice(1)));
  if (request.method === "HEAD" && !manners.head) response.writeHead(405).end();
  else if (body === undefined) response.writeHead(404).end();
  else answerWith(request, response, body, manners);
}

function answerWith(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: Uint8Array,
  manners: Manners,
): void {
  const etag = `"${createHash("sha1").update(body).digest("hex")}"`;
  if (manners.etags !== "none")
    response.setHeader("etag", manners.etags === "weak" ? `W/${etag}` : etag);
  response.setHeader("last-modified", new Date().toUTCString());
  const wanted = request.headers["if-match"];
  const isOther = manners.conditions && wanted !== undefined && wanted !== etag;
  if (isOther) response.writeHead(412).end();
  else send(request, response, body, manners);
}

function send(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: Uint8Array,
  manners: Manners,
): void {
  const range = manners.ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") : null;
  const first = Number(range?.[1] ?? 0);
  const last = Math.min(Number(range?.[2] || body.byteLength - 1), body.byteLength - 1);
  if (range !== null && first >= body.byteLength) {
    response.writeHead(416, { "content-range": `bytes */${body.byteLength}` }).end();
    return;
  }
  const part = range === null ? body : body.subarray(first, last + 1);
  response.statusCode = range === null ? 200 : 206;
  if (range !== null)
    response.setHeader("content-range", `bytes ${first}-${last}/${body.byteLength}`);
  if (manners.lengths) response.setHeader("content-length", part.byteLength);
  response.end(request.method === "HEAD" ? undefined : part);
}
