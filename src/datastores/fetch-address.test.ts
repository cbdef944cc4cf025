import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import zlib from "node:zlib";
import { expect, it, onTestFinished, vi } from "vitest";
import { fetchAddress } from "./fetch-address.ts";

async function served(answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (address: string, headers: Readonly<Record<string, string>> = {}) =>
  fetchAddress(address, { headers, signal: new AbortController().signal });

it("asks through the proxy that the variables name", async () => {
  const proxy = await served((request, response) => response.end(`for ${request.url}`));
  vi.stubEnv("http_proxy", proxy);
  onTestFinished(() => void vi.unstubAllEnvs());
  const answer = await get("http://data.invalid/x.csv");
  expect(await answer.text()).toBe("for http://data.invalid/x.csv");
});

it("gives status, headers and the answer without a body, and follows where it is sent", async () => {
  const place = await served((request, response) => {
    if (request.url === "/a") return response.writeHead(302, { location: "/b" }).end();
    const isKnown = request.headers["if-none-match"] === '"1"';
    return response.writeHead(isKnown ? 304 : 200, { etag: '"1"' }).end(isKnown ? undefined : "b");
  });
  const first = await get(`${place}/a`);
  expect([first.status, first.headers.get("etag"), await first.text()]).toEqual([200, '"1"', "b"]);
  const again = await get(`${place}/a`, { "if-none-match": '"1"' });
  expect([again.status, again.body]).toEqual([304, null]);
});

it("unpacks what was packed for the way, and leaves a file that is packed itself", async () => {
  const packed = zlib.gzipSync("plain");
  const place = await served((_request, response) => {
    response.writeHead(200, { "content-encoding": "x-gzip" }).end(packed);
  });
  expect(await (await get(`${place}/x.csv`)).text()).toBe("plain");
  const kept = Buffer.from(await (await get(`${place}/x.csv.gz`)).arrayBuffer());
  expect(kept).toEqual(packed);
});

it("fails when a packed answer breaks off", async () => {
  const place = await served((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip", "content-length": 40 });
    response.write(zlib.gzipSync("plain").subarray(0, 12));
    setImmediate(() => response.socket?.destroy());
  });
  const answer = await get(`${place}/x.csv`);
  await expect(answer.text()).rejects.toThrow();
});

it("takes an encoding that nobody knows for the file's own, also one named like a part of every object", async () => {
  const place = await served((_request, response) => {
    response.writeHead(200, { "content-encoding": "constructor" }).end("as it is");
  });
  expect(await (await get(`${place}/x.csv`)).text()).toBe("as it is");
});

it("says which status is none", async () => {
  const place = await served((_request, response) => response.writeHead(999).end("no"));
  await expect(get(`${place}/x.csv`)).rejects.toThrow("answered 999");
});
