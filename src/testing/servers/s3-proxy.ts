// A proxy before an S3 server, which can begin to answer by itself in the middle of something. Knows nothing of who asks.

import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

export interface Refusal {
  readonly status: number;
  /** As S3 names it. */
  readonly code: string;
}

export interface S3Proxy {
  readonly endpoint: string;
  /** From the request on that it gives an answer to; `count` of the bodies of objects that were asked for. */
  refuse(decide: ((count: number) => Refusal | null) | null): void;
}

export async function startS3Proxy(target: string): Promise<S3Proxy> {
  let decide: ((count: number) => Refusal | null) | null = null;
  let count = 0;
  const server = http.createServer((request, response) => {
    const isBody = request.method === "GET" && !(request.url ?? "").includes("list-type");
    if (isBody) count += 1;
    const refusal = decide?.(count) ?? null;
    if (refusal !== null) {
      const { status, code } = refusal;
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(
        `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
      );
      return;
    }
    const { hostname, port } = new URL(target);
    const passed = http.request(
      { hostname, port, path: request.url, method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse(next) {
      decide = next;
      count = 0;
    },
  };
}
