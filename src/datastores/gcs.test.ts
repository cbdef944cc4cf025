import { describe, expect, it } from "vitest";
import type { GcsCredentials, OpenableDatastore } from "../spec/datastore.ts";
import { storageContract } from "../testing/contracts/storage.ts";
import {
  bytesIn,
  failing,
  idOf,
  manyBytes,
  opened,
  pathsBelow,
  type StorageBackend,
  writeText,
} from "../testing/contracts/storage-backend.ts";
import { type GcsServer, startFakeGcs } from "../testing/servers/fake-gcs.ts";
import { CLOSED_PORT, type MissingServer } from "../testing/servers/server-process.ts";
import { startWebServer } from "../testing/servers/web-server.ts";

type GcsDefinition = Extract<OpenableDatastore, { readonly type: "gcs" }>;

const server = await startFakeGcs();
const strict = await startWebServer();
strict.manners.instead = (_, response) => {
  const errors = [{ reason: "authError", message: "Invalid Credentials" }];
  response
    .writeHead(401)
    .end(JSON.stringify({ error: { message: "Invalid Credentials", errors } }));
  return true;
};

/** Well formed, but for the key itself. */
const BROKEN_KEY: GcsCredentials<string> = {
  kind: "service_account",
  json: JSON.stringify({
    type: "service_account",
    client_email: "tester@example.iam.gserviceaccount.com",
    private_key:
      "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5IGF0IGFsbA==\n-----END PRIVATE KEY-----\n",
  }),
};
const NO_KEY: GcsCredentials<string> = {
  kind: "service_account",
  json: "{this is no JSON of a key",
};

function backendOf(
  name: string,
  gcs: GcsServer | MissingServer,
  prefix: string,
): StorageBackend | MissingServer {
  if ("missing" in gcs) return gcs;
  const place = async () => {
    const bucket = await gcs.makeBucket();
    const { endpoint } = gcs;
    const credentials = { kind: "none" } as const;
    const definition: GcsDefinition = { type: "gcs", bucket, prefix, endpoint, credentials };
    return {
      definition,
      noSuchPlace: { ...definition, bucket: `${bucket}-not` },
      unreachable: { ...definition, endpoint: `http://127.0.0.1:${CLOSED_PORT}` },
      refused: {
        "no credentials": { ...definition, endpoint: strict.url },
        "a broken key": { ...definition, credentials: BROKEN_KEY },
        "no key": { ...definition, credentials: NO_KEY },
      },
      disappear: () => gcs.removeBucket(bucket),
      put: null,
    };
  };
  // The service itself refuses line breaks.
  return { name, canWrite: true, unnameable: /\n/, place };
}

storageContract(backendOf("Google Cloud Storage (fake-gcs-server), whole bucket", server, ""));
storageContract(
  backendOf("Google Cloud Storage (fake-gcs-server), below a prefix", server, "a b/c"),
);

describe.skipIf("missing" in server)("Google Cloud Storage as a storage", () => {
  const gcs = server as GcsServer;

  async function bucketWith(): Promise<GcsDefinition> {
    const [bucket, credentials] = [await gcs.makeBucket(), { kind: "none" } as const];
    return { type: "gcs", bucket, prefix: "p", endpoint: gcs.endpoint, credentials };
  }

  it("puts more parts together than the service takes at once, and leaves none behind", async () => {
    const definition = await bucketWith();
    const storage = await opened(definition);
    const body = manyBytes(70 * 1000);
    const options = { sizeBytes: body.byteLength, sha256: idOf(body), partBytes: 1000 };
    const upload = await storage.startUpload("file", options);
    const parts = [];
    for (let number = 1; number <= 70; number += 1) {
      const part = body.subarray((number - 1) * 1000, number * 1000);
      parts.push(await storage.uploadPart(upload, number, part));
    }
    expect(await storage.finishUpload(upload, parts)).toMatchObject({ sha256: idOf(body) });
    expect((await bytesIn(await storage.read("file"))).equals(body)).toBe(true);
    const all = await fetch(`${gcs.endpoint}/storage/v1/b/${definition.bucket}/o`);
    const { items } = (await all.json()) as { items: readonly { name: string }[] };
    expect(items.map(({ name }) => name)).toEqual(["p/file"]);
  });

  it("writes a big file in parts that nobody else sees", async () => {
    const storage = await opened(await bucketWith());
    const body = manyBytes(17 * 1024 ** 2 + 3);
    await writeText(storage, "big", body, { sha256: idOf(body) });
    expect(await pathsBelow(storage, "")).toEqual(["big"]);
    expect((await storage.stat("big"))?.sha256).toBe(idOf(body));
    expect((await bytesIn(await storage.read("big"))).equals(body)).toBe(true);
  });

  it("refuses line breaks in names, as the service does", async () => {
    const storage = await opened(await bucketWith());
    await failing(writeText(storage, "line\nbreak", "x"), "bad_path");
  });
});
