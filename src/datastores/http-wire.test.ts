import http from "node:http";
import net from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Wire } from "./http-wire.ts";

/** A wire to a server of this test, and how many connections it took. */
async function wired(answer: http.RequestListener) {
  const server = http.createServer(answer);
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  return { ...(await listening(server)), connections: () => connections };
}

/** A server that says what it is told to, byte by byte. */
function raw(says: (socket: net.Socket, count: number) => void) {
  let count = 0;
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      count += 1;
      says(socket, count);
    });
  });
  return listening(server);
}

async function listening(server: net.Server) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const wire = new Wire(new URL(`http://127.0.0.1:${port}`));
  onTestFinished(() => {
    wire.close();
    server.close();
  });
  const get = (more: object = {}) =>
    wire.send({ method: "GET", target: "/", headers: { host: "here" }, ...more });
  return { wire, get };
}

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();

describe("requests over kept connections", () => {
  it("use one connection one after the other, and several at once", async () => {
    const { get, connections } = await wired((_request, response) => response.end("yes"));
    for (let index = 0; index < 5; index += 1) expect(text((await get()).body)).toBe("yes");
    expect(connections()).toBe(1);
    await Promise.all([get(), get(), get()]);
    expect(connections()).toBe(3);
  });

  it("bring a body, and hear the answer to it", async () => {
    const { wire } = await wired(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      response.end(String(Buffer.concat(pieces).byteLength));
    });
    const body = Buffer.alloc(3_000_000);
    const headers = { host: "here", "content-length": String(body.byteLength) };
    const answer = await wire.send({ method: "PUT", target: "/", headers, body });
    expect(text(answer.body)).toBe("3000000");
  });

  it("put what comes into its place, where it fits there", async () => {
    const { get } = await wired((_request, response) => response.end("x".repeat(1000)));
    const into = Buffer.alloc(1001);
    const { body } = await get({ into });
    expect(body?.byteLength).toBe(1000);
    expect(into.toString("latin1", 0, 1001)).toBe(`${"x".repeat(1000)}\0`);
    const short = Buffer.alloc(10);
    expect((await get({ into: short })).body?.byteLength).toBe(1000);
    expect(short.every((byte) => byte === 0)).toBe(true);
  });

  it("never put the text of an error there", async () => {
    const { get } = await wired((_request, response) => {
      response.statusCode = 403;
      response.write("<Code>Access");
      response.end("Denied</Code>");
    });
    const into = Buffer.alloc(100);
    const answer = await get({ into });
    expect([answer.status, text(answer.body)]).toEqual([403, "<Code>AccessDenied</Code>"]);
    expect(into.every((byte) => byte === 0)).toBe(true);
  });

  it("give no body that is longer than it may be, and go on over another connection", async () => {
    const { get, connections } = await wired((_request, response) =>
      response.end(Buffer.alloc(1_000_000)),
    );
    expect((await get()).body).toBeNull();
    expect((await get()).body).toBeNull();
    expect(connections()).toBe(2);
  });
});

describe("an answer on the wire", () => {
  it("may come byte by byte, after one that announces it", async () => {
    const answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const { get } = await raw((socket) => {
      socket.setNoDelay(true);
      let at = 0;
      const next = (): void => {
        if (at < answer.length) socket.write(answer.charAt(at), () => setImmediate(next));
        at += 1;
      };
      next();
    });
    expect(text((await get()).body)).toBe("hello");
  });

  it("is as much as came, when the connection breaks in its body", async () => {
    const { get } = await raw((socket) => {
      socket.end("HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\nhello");
    });
    const into = Buffer.alloc(10);
    expect(text((await get({ into })).body)).toBe("hello");
  });

  it.each([
    ["hangs up", ""],
    ["hangs up in the head", "HTTP/1.1 200 OK\r\nConte"],
    ["hangs up before the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
    ["hangs up in an error", "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nhel"],
    ["speaks something else", "220 mail.example.com ESMTP\r\n\r\n"],
    ["ends no line", "HTTP/1.1 200 ".padEnd(20_000, "x")],
  ])("is none when the server %s", async (_what, says) => {
    const { get } = await raw((socket) => socket.end(says));
    await expect(get()).rejects.toThrow();
  });

  it("that goes on after its end is the last of its connection", async () => {
    const { get } = await raw((socket, count) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${count}HTTP/1.1 200 OK\r\n`),
    );
    expect((await get()).body).toBeNull();
    expect((await get()).body).toBeNull();
  });

  it("is not waited for once nobody wants it", async () => {
    const stop = new AbortController();
    const { get } = await raw(() => stop.abort(new Error("enough")));
    await expect(get({ signal: stop.signal })).rejects.toThrow("enough");
    await expect(get({ signal: stop.signal })).rejects.toThrow("enough");
  });
});

it("says that nobody listens", async () => {
  const server = net.createServer();
  const { get } = await listening(server);
  server.close();
  await expect(get()).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
