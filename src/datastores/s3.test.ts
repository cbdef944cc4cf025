import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { storageContract } from "../testing/contracts/storage.ts";
import {
  bytesIn,
  failing,
  idOf,
  manyBytes,
  opened,
  openPlace,
  type StorageBackend,
  writeText,
} from "../testing/contracts/storage-backend.ts";
import { type S3Server, startMoto } from "../testing/servers/moto.ts";
import { CLOSED_PORT, type MissingServer } from "../testing/servers/server-process.ts";
import { startVersitygw } from "../testing/servers/versitygw.ts";
import { startWebServer } from "../testing/servers/web-server.ts";
import { openS3 } from "./s3.ts";

type S3Definition = Extract<OpenableDatastore, { readonly type: "s3" }>;

const moto = await startMoto();
const versitygw = await startVersitygw();

function definitionOf(server: S3Server, bucket: string, prefix: string): S3Definition {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const credentials = { kind: "keys", accessKeyId, secretAccessKey, sessionToken: null } as const;
  const place = { bucket, prefix, region: null, endpoint, pathStyle: true };
  return { type: "s3", ...place, credentials };
}

/** What of the contract a server is too weak for. */
interface Weakness {
  readonly refuses: "none" | "unknown key";
  readonly unnameable?: RegExp;
}

/** It answers unsigned requests with 500, and a newline in a key with a page for people. */
const MOTO: Weakness = { refuses: "unknown key", unnameable: /\n/ };
/** It answers HEAD by an unknown key with 404. */
const VERSITYGW: Weakness = { refuses: "none" };

function backendOf(
  name: string,
  server: S3Server | MissingServer,
  prefix: string,
  { refuses, unnameable }: Weakness,
): StorageBackend | MissingServer {
  if ("missing" in server) return server;
  const place = async () => {
    const bucket = await server.makeBucket();
    const definition = definitionOf(server, bucket, prefix);
    const { accessKeyId } = server;
    const wrong = { accessKeyId, secretAccessKey: "not/the+secret=", sessionToken: null };
    const unknown = { ...wrong, accessKeyId: "AKIANOBODYKNOWSTHIS1" };
    return {
      definition,
      noSuchPlace: { ...definition, bucket: `${bucket}-not` },
      unreachable: { ...definition, endpoint: `http://127.0.0.1:${CLOSED_PORT}` },
      refused: {
        "a wrong secret": { ...definition, credentials: { kind: "keys" as const, ...wrong } },
        [refuses]:
          refuses === "none"
            ? { ...definition, credentials: { kind: "none" as const } }
            : { ...definition, credentials: { kind: "keys" as const, ...unknown } },
      },
      disappear: () => server.removeBucket(bucket),
      put: null,
    };
  };
  return { name, canWrite: true, place, ...(unnameable === undefined ? {} : { unnameable }) };
}

const backends = [
  backendOf("S3 (moto), whole bucket", moto, "", MOTO),
  backendOf("S3 (moto), below a prefix", moto, "team/data sets", MOTO),
  backendOf("S3 (versitygw)", versitygw, "team", VERSITYGW),
];
for (const backend of backends) storageContract(backend);

describe.skipIf("missing" in moto)("S3 as a storage", () => {
  const server = moto as S3Server;

  it("copies a big object in ranges, with its checksum, and leaves no upload behind", async () => {
    const definition = definitionOf(server, await server.makeBucket(), "p");
    const storage = openS3(definition, 6 * 1024 ** 2);
    const body = manyBytes(13 * 1024 ** 2 + 5);
    await writeText(storage, "from", body, { sha256: idOf(body) });
    const copied = await storage.copy("from", "to");
    expect(copied).toMatchObject({ sizeBytes: body.byteLength, sha256: idOf(body) });
    expect((await bytesIn(await storage.read("to"))).equals(body)).toBe(true);
    await storage.close();
  });

  it("says which sha256 a file has that was written with one", async () => {
    const { storage } = await openPlace(backendOf("S3", server, "", MOTO) as StorageBackend);
    await writeText(storage, "file", "hello", { sha256: idOf("hello") });
    expect((await storage.stat("file"))?.sha256).toBe(idOf("hello"));
  });

  it.each(["variables", "a profile"])("finds credentials in %s", async (where) => {
    const { accessKeyId, secretAccessKey } = server;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-aws-"));
    const lines = [
      "[default]",
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
    ];
    const file = path.join(folder, "credentials");
    fs.writeFileSync(file, where === "variables" ? "" : lines.join("\n"));
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file);
    vi.stubEnv("AWS_CONFIG_FILE", path.join(folder, "config"));
    vi.stubEnv("AWS_ACCESS_KEY_ID", where === "variables" ? accessKeyId : undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", where === "variables" ? secretAccessKey : undefined);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      fs.rmSync(folder, { recursive: true });
    });
    const definition = definitionOf(server, await server.makeBucket(), "");
    const storage = await opened({ ...definition, credentials: { kind: "ambient" } });
    await writeText(storage, "file", "x");
    expect((await storage.stat("file"))?.sizeBytes).toBe(1);
  });

  it("says that no credentials were found", async () => {
    const nowhere = path.join(os.tmpdir(), "stepwell-no-such-file");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", nowhere);
    vi.stubEnv("AWS_CONFIG_FILE", nowhere);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    onTestFinished(() => void vi.unstubAllEnvs());
    const definition = definitionOf(server, "bucket", "");
    const storage = await opened({ ...definition, credentials: { kind: "ambient" } });
    const error = await failing(storage.stat("x"), "denied");
    expect(error.message).toContain("credentials");
  });

  it("says which region is missing", async () => {
    const nowhere = path.join(os.tmpdir(), "stepwell-no-such-file");
    vi.stubEnv("AWS_CONFIG_FILE", nowhere);
    onTestFinished(() => void vi.unstubAllEnvs());
    const definition = { ...definitionOf(server, "bucket", ""), endpoint: null };
    const error = await failing((await opened(definition)).stat("x"), "failed");
    expect(error.message).toMatch(/region/i);
  });

  it("asks for the name of a bucket that no server can have", async () => {
    const storage = openS3(definitionOf(server, "No Such Bucket!", ""));
    await failing(storage.stat("x"), ["no_such_place", "failed"]);
    await storage.close();
  });
});

describe("a server that speaks S3", () => {
  it.each([
    [400, "ExpiredToken", "expired"],
    [403, "RequestTimeTooSkewed", "denied"],
    [503, "SlowDown", "busy"],
    [500, "InternalError", "unreachable"],
    [507, "XMinioStorageFull", "full"],
    [400, "BadDigest", "corrupt"],
    [501, "NotImplemented", "unsupported"],
  ] as const)("means by %i %s that it is %s", async (status, code, problem) => {
    const web = await startWebServer();
    web.manners.instead = (request, response) => {
      request.resume();
      response.writeHead(status, { "content-type": "application/xml", "retry-after": "3" });
      response.end(`<Error><Code>${code}</Code><Message>It is ${code}.</Message></Error>`);
      return true;
    };
    const secretAccessKey = "a secret that nobody may see";
    const keys = { accessKeyId: "id", secretAccessKey, sessionToken: "session-token-of-it" };
    const place = { bucket: "b", prefix: "", region: null, endpoint: web.url, pathStyle: true };
    const credentials = { kind: "keys", ...keys } as const;
    const storage = await opened({ type: "s3", ...place, credentials });
    const error = await failing(writeText(storage, "file", "x"), problem);
    expect(error.message).toContain(`It is ${code}`);
    expect(error.retryAfterSeconds).toBe(3);
    expect(`${error.stack} ${error.cause}`).not.toMatch(/nobody may see|session-token/);
  });

  it.each([
    ["fails once", 500],
    ["sends elsewhere once", 307],
  ])("is asked again when it %s", async (_how, status) => {
    const web = await startWebServer();
    web.files.set("b/file", Buffer.from("hello"));
    let failures = 1;
    web.manners.instead = (request, response) => {
      if (failures === 0) return false;
      failures -= 1;
      request.resume();
      response.writeHead(status).end();
      return true;
    };
    const keys = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: null };
    const place = { bucket: "b", prefix: "", region: null, endpoint: web.url, pathStyle: true };
    const storage = await opened({ type: "s3", ...place, credentials: { kind: "keys", ...keys } });
    expect((await bytesIn(await storage.read("file"))).toString()).toBe("hello");
    expect((await bytesIn(await storage.read("file"))).toString()).toBe("hello");
    expect(web.seen).toHaveLength(3);
  });

  it.each([
    ["the whole file for a part", 200, undefined, '"1"', "failed"],
    ["a part of another place", 206, "bytes 3-6/12", '"1"', "failed"],
    ["more than the part", 206, "bytes 2-11/12", '"1"', "failed"],
    ["another version", 206, "bytes 2-5/12", '"2"', "changed"],
  ] as const)("that sends %s is not believed", async (what, status, range, etag, problem) => {
    const web = await startWebServer();
    web.manners.instead = (request, response) => {
      request.resume();
      const body = "hello worlds".slice(...(what.startsWith("a") ? [2, 6] : [2]));
      const said = range === undefined ? { etag } : { etag, "content-range": range };
      response.writeHead(status, { ...said, "content-length": body.length }).end(body);
      return true;
    };
    const keys = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: null };
    const place = { bucket: "b", prefix: "", region: null, endpoint: web.url, pathStyle: true };
    const storage = await opened({ type: "s3", ...place, credentials: { kind: "keys", ...keys } });
    const from = { offset: 2, version: "1" };
    await failing(storage.read("file", { ...from, length: 4 }).then(bytesIn), problem);
    await failing(storage.readInto?.("file", new Uint8Array(4), from) as Promise<unknown>, problem);
  });

  it("is shown a signature that covers the bytes, the checksum and the condition", async () => {
    const web = await startWebServer();
    web.manners.instead = (request, response) => {
      request.resume();
      response.writeHead(200, { etag: '"1"' }).end();
      return true;
    };
    const keys = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" };
    const place = { bucket: "b", prefix: "", region: null, endpoint: web.url, pathStyle: true };
    const storage = await opened({ type: "s3", ...place, credentials: { kind: "keys", ...keys } });
    await writeText(storage, "a b/(c)", "hello", { sha256: idOf("hello"), ifAbsent: true });
    const { url, headers } = web.seen[0] as (typeof web.seen)[0];
    expect(url).toBe("/b/a%20b/%28c%29");
    expect(headers).toMatchObject({
      "content-length": "5",
      "if-none-match": "*",
      "x-amz-content-sha256": idOf("hello").slice("sha256:".length),
      "x-amz-meta-stepwell-sha256": idOf("hello"),
      "x-amz-security-token": "token",
    });
    const signed = /SignedHeaders=([^,]*)/.exec(headers.authorization ?? "")?.[1]?.split(";");
    for (const name of ["host", "if-none-match", "x-amz-checksum-sha256", "x-amz-content-sha256"])
      expect(signed).toContain(name);
  });
});
