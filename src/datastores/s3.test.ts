import { describe, expect, it } from "vitest";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { storageContract } from "../testing/contracts/storage.ts";
import {
  bytesIn,
  failing,
  idOf,
  manyBytes,
  openPlace,
  type StorageBackend,
  writeText,
} from "../testing/contracts/storage-backend.ts";
import { type S3Server, startMoto } from "../testing/servers/moto.ts";
import { freePort, type MissingServer } from "../testing/servers/server-process.ts";
import { startVersitygw } from "../testing/servers/versitygw.ts";
import { openS3 } from "./s3.ts";

type S3Definition = Extract<OpenableDatastore, { readonly type: "s3" }>;

const moto = await startMoto();
const versitygw = await startVersitygw();
const closed = await freePort();

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
      unreachable: { ...definition, endpoint: `http://127.0.0.1:${closed}` },
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

  it("asks for the name of a bucket that no server can have", async () => {
    const storage = openS3(definitionOf(server, "No Such Bucket!", ""));
    await failing(storage.stat("x"), ["no_such_place", "failed"]);
    await storage.close();
  });
});
