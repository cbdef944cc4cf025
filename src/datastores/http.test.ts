import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { HttpCredentials, OpenableDatastore } from "../spec/datastore.ts";
import { storageContract } from "../testing/contracts/storage.ts";
import {
  bytesIn,
  failing,
  manyBytes,
  opened,
  type StorageBackend,
  textAt,
} from "../testing/contracts/storage-backend.ts";
import { CLOSED_PORT } from "../testing/servers/server-process.ts";
import { startWebServer, type WebServer } from "../testing/servers/web-server.ts";

type HttpDefinition = Extract<OpenableDatastore, { readonly type: "http" }>;

const none: HttpCredentials<string> = { kind: "none" };
const basic = { kind: "basic", user: "ann", password: "s3cret pass/word" } as const;
const bearer = { kind: "bearer", token: "token-that-nobody-may-see" } as const;

function at(url: string, credentials: HttpCredentials<string> = none): HttpDefinition {
  return { type: "http", url, credentials };
}

/** Each is a server of its own that differs in its manners. */
function backendOf(name: string, mannered: (server: WebServer) => void): StorageBackend {
  const place = async () => {
    const server = await startWebServer();
    mannered(server);
    const strict = await startWebServer();
    strict.manners.instead = (_, response) => {
      response.statusCode = 401;
      response.end("who are you?");
      return true;
    };
    return {
      definition: at(`${server.url}/data sets/`),
      noSuchPlace: null,
      unreachable: at(`http://127.0.0.1:${CLOSED_PORT}/x?sig=a-signature-of-some-length`, basic),
      refused: {
        "a wrong password": at(strict.url, basic),
        "a wrong token": at(strict.url, bearer),
      },
      disappear: null,
      put: async (path: string, body: Uint8Array) => {
        server.files.set(`data sets/${path}`, body);
      },
    };
  };
  return { name, canWrite: false, place };
}

storageContract(backendOf("HTTP, a server with all manners", () => {}));
storageContract(
  backendOf("HTTP, a server without HEAD, ranges and conditions", ({ manners }) => {
    manners.head = false;
    manners.ranges = false;
    manners.conditions = false;
  }),
);
storageContract(
  backendOf("HTTP, a server with weak ETags that says no lengths to HEAD", ({ manners }) => {
    manners.etags = "weak";
    manners.instead = (request, response) => {
      manners.lengths = request.method !== "HEAD";
      if (request.method === "HEAD") response.setHeader("transfer-encoding", "chunked");
      return false;
    };
  }),
);

describe("a web server as a storage", () => {
  it("shows credentials to the server that they are for, and to no other", async () => {
    const [home, away] = [await startWebServer(), await startWebServer()];
    away.files.set("file", Buffer.from("moved"));
    home.manners.instead = (_, response) => {
      response.writeHead(302, { location: `${away.url}/file` }).end();
      return true;
    };
    const storage = await opened(at(home.url, bearer));
    expect(await textAt(storage, "file")).toBe("moved");
    expect(home.seen[0]?.headers.authorization).toBe(`Bearer ${bearer.token}`);
    expect(away.seen).toHaveLength(1);
    expect(away.seen[0]?.headers.authorization).toBeUndefined();
  });

  it("follows redirects within a server with credentials, and no circle", async () => {
    const server = await startWebServer();
    server.files.set("new", Buffer.from("here"));
    server.manners.instead = (request, response) => {
      if (request.url === "/new") return false;
      response.writeHead(307, { location: request.url === "/old" ? "new" : "/circle" }).end();
      return true;
    };
    const storage = await opened(at(server.url, basic));
    expect(await textAt(storage, "old")).toBe("here");
    expect(server.seen.at(-1)?.headers.authorization).toMatch(/^Basic /);
    const error = await failing(storage.read("round"), "failed");
    expect(error.message).toContain("more than 10 times");
  });

  it("follows no redirect to what is no web server", async () => {
    const server = await startWebServer();
    server.manners.instead = (_, response) => {
      response.writeHead(302, { location: "file:///etc/passwd" }).end();
      return true;
    };
    const storage = await opened(at(server.url));
    const error = await failing(storage.read("x"), "failed");
    expect(error.message).toContain("file:");
  });

  it("gives the bytes on the wire, whatever encoding they are said to have", async () => {
    const server = await startWebServer();
    const packed = gzipSync(manyBytes(50_000));
    server.files.set("table.csv.gz", packed);
    server.manners.instead = (request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.setHeader("content-encoding", "gzip");
      return false;
    };
    const storage = await opened(at(server.url));
    expect((await storage.stat("table.csv.gz"))?.sizeBytes).toBe(packed.byteLength);
    expect((await bytesIn(await storage.read("table.csv.gz"))).equals(packed)).toBe(true);
  });

  it("says that an answer was cut off, and that another try may help", async () => {
    const server = await startWebServer();
    server.manners.instead = (_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("x".repeat(10), () => response.destroy());
      return true;
    };
    const storage = await opened(at(server.url));
    const error = await failing(storage.read("x").then(bytesIn), "unreachable");
    expect(error.mayPass).toBe(true);
    const says = "/x: the connection broke off when 10 of 1000 bytes had come. Try again";
    expect(error.message).toBe(`${server.url}${says}`);
  });

  it.each([
    [429, "busy", "7", 7],
    [503, "busy", "0", 0],
    [500, "unreachable", "", null],
    [403, "denied", "", null],
    [418, "failed", "", null],
  ] as const)("takes status %i for %s", async (status, problem, wait, seconds) => {
    const server = await startWebServer();
    server.manners.instead = (_, response) => {
      response.writeHead(status, wait === "" ? {} : { "retry-after": wait }).end();
      return true;
    };
    const storage = await opened(at(server.url));
    const error = await failing(storage.read("x"), problem);
    expect(error.retryAfterSeconds).toBe(seconds);
    expect(error.message).toContain(String(status));
    await failing(storage.stat("x"), problem);
  });

  it("signs each address with the query of its credentials, and prints it nowhere", async () => {
    const server = await startWebServer();
    server.files.set("folder/file", Buffer.from("signed"));
    const query = "sig=abcdefgh%2Fijkl&sp=r";
    const storage = await opened(at(`${server.url}/folder`, { kind: "query", query }));
    expect(await textAt(storage, "file")).toBe("signed");
    expect(server.seen[0]?.url).toBe("/folder/file?sig=abcdefgh%2Fijkl&sp=r");
    expect(storage.address).not.toContain("sig");
    const error = await failing(storage.read("gone"), "not_found");
    expect(`${error.stack} ${error.cause}`).not.toContain("abcdefgh");
  });

  it("can only be read", async () => {
    const { url } = await startWebServer();
    const storage = await opened(at(url));
    const upload = { path: "x", id: "1", sizeBytes: 1, partBytes: 1, sha256: null };
    const error = await failing(storage.delete("x"), "unsupported");
    expect(error.message).toContain("can only be read");
    await failing(storage.copy("x", "y"), "unsupported");
    await failing(storage.finishUpload(upload, []), "unsupported");
  });
});
