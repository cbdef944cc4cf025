import { describe, expect, it } from "vitest";
import type { AzureCredentials, OpenableDatastore } from "../spec/datastore.ts";
import { storageContract } from "../testing/contracts/storage.ts";
import {
  bytesIn,
  failing,
  idOf,
  manyBytes,
  opened,
  type StorageBackend,
  textAt,
  writeText,
} from "../testing/contracts/storage-backend.ts";
import { type AzureServer, startAzurite } from "../testing/servers/azurite.ts";
import { CLOSED_PORT, type MissingServer } from "../testing/servers/server-process.ts";

type AzureDefinition = Extract<
  OpenableDatastore,
  { readonly type: "azure_blob" | "azure_data_lake_gen2" }
>;

const DAY_MS = 86_400_000;
const azurite = await startAzurite();

function definitionOf(
  server: AzureServer,
  container: string,
  credentials: AzureCredentials<string>,
  prefix = "",
): AzureDefinition {
  const { account, endpoint } = server;
  return { type: "azure_blob", account, container, prefix, endpoint, credentials };
}

function backendOf(
  name: string,
  server: AzureServer | MissingServer,
  prefix: string,
  credentials: (server: AzureServer) => AzureCredentials<string>,
): StorageBackend | MissingServer {
  if ("missing" in server) return server;
  const place = async () => {
    const container = await server.makeContainer();
    const definition = definitionOf(server, container, credentials(server), prefix);
    const accountKey = Buffer.from("not the right key").toString("base64");
    const sasToken = server.sasToken({ expiresInMs: DAY_MS }).replace(/sig=[^&]*/, "sig=bm90IGl0");
    return {
      definition,
      noSuchPlace: { ...definition, container: `${container}-not` },
      unreachable: { ...definition, endpoint: `http://127.0.0.1:${CLOSED_PORT}/${server.account}` },
      refused: {
        "a wrong key": { ...definition, credentials: { kind: "account_key" as const, accountKey } },
        "a wrong token": { ...definition, credentials: { kind: "sas_token" as const, sasToken } },
        "no credentials": { ...definition, credentials: { kind: "none" as const } },
      },
      disappear: () => server.removeContainer(container),
      put: null,
    };
  };
  return { name, canWrite: true, forgetsLater: true, place };
}

storageContract(
  backendOf("Azure Blob (Azurite) by account key", azurite, "", ({ accountKey }) => ({
    kind: "account_key",
    accountKey,
  })),
);
storageContract(
  backendOf(
    "Azure Blob (Azurite) by SAS token, below a prefix",
    azurite,
    "team/data sets",
    (server) => ({
      kind: "sas_token",
      sasToken: server.sasToken({ expiresInMs: DAY_MS }),
    }),
  ),
);

describe.skipIf("missing" in azurite)("Azure Blob as a storage", () => {
  const server = azurite as AzureServer;
  const key = { kind: "account_key" as const, accountKey: server.accountKey };

  it("says which sha256 a file has that was written with one, in lists too", async () => {
    const storage = await opened(definitionOf(server, await server.makeContainer(), key));
    const big = manyBytes(9 * 1024 ** 2);
    await writeText(storage, "small", "hello", { sha256: idOf("hello") });
    await writeText(storage, "big", big, { sha256: idOf(big) });
    const listed = [];
    for await (const { path, sha256 } of storage.list("")) listed.push([path, sha256]);
    expect(listed).toEqual([
      ["big", idOf(big)],
      ["small", idOf("hello")],
    ]);
    expect((await bytesIn(await storage.read("big"))).equals(big)).toBe(true);
  });

  it("says that a token is over, and prints none of it", async () => {
    const sasToken = server.sasToken({ expiresInMs: -DAY_MS });
    const container = await server.makeContainer();
    const credentials = { kind: "sas_token" as const, sasToken };
    const storage = await opened(definitionOf(server, container, credentials));
    const error = await failing(storage.stat("x"), ["expired", "denied"]);
    expect(error.message).not.toContain(new URLSearchParams(sasToken).get("sig"));
    // Of the SDK, where the answer has no body.
    expect(error.message).not.toContain("RestError");
  });

  it("keeps two uploads to one name apart", async () => {
    const storage = await opened(definitionOf(server, await server.makeContainer(), key));
    const options = { sizeBytes: 8, sha256: null, partBytes: 4 };
    const one = await storage.startUpload("file", options);
    const other = await storage.startUpload("file", options);
    await storage.uploadPart(one, 1, Buffer.from("1111"));
    await storage.uploadPart(other, 1, Buffer.from("2222"));
    expect(await storage.uploadedParts(one)).toHaveLength(1);
    const parts = [
      ...((await storage.uploadedParts(other)) ?? []),
      await storage.uploadPart(other, 2, Buffer.from("3333")),
    ];
    await storage.finishUpload(other, parts);
    expect(await textAt(storage, "file")).toBe("22223333");
  });

  it("takes folders of a data lake for no files", async () => {
    const container = await server.makeContainer();
    const definition = definitionOf(server, container, key);
    const storage = await opened({ ...definition, type: "azure_data_lake_gen2" });
    await server.makeFolder(container, "folder");
    await writeText(storage, "folder/file", "x");
    expect(await storage.stat("folder")).toBeNull();
    await failing(storage.read("folder"), "not_found");
    const paths = [];
    for await (const { path } of storage.list("")) paths.push(path);
    expect(paths).toEqual(["folder/file"]);
  });

  it("refuses a backslash, which the service takes for a slash", async () => {
    const storage = await opened(definitionOf(server, await server.makeContainer(), key));
    await failing(writeText(storage, "a\\b", "x"), "bad_path");
  });
});
