// Starts Azurite, Microsoft's own stand-in for Azure Blob Storage, in memory.

import { createRequire } from "node:module";
import path from "node:path";
import {
  AccountSASPermissions,
  BlobServiceClient,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { type MissingServer, startServer } from "./server-process.ts";
import { installedOnce, runInstaller } from "./test-cache.ts";

export interface AzureServer {
  readonly account: string;
  readonly accountKey: string;
  /** With the account in it. */
  readonly endpoint: string;
  /** `access`: what anybody may do there; absent: nothing. */
  makeContainer(access?: "container" | "blob"): Promise<string>;
  removeContainer(container: string): Promise<void>;
  /** As a data lake keeps one. */
  makeFolder(container: string, path: string): Promise<void>;
  /** A token of a signature for all of the account. */
  sasToken(options: { readonly expiresInMs: number }): string;
}

const ACCOUNT = "stepwelltester";
const KEY = Buffer.from("a key of the tests that is no secret, long enough").toString("base64");
const START = "azurite/dist/src/blob/main.js";

export async function startAzurite(): Promise<AzureServer | MissingServer> {
  const installed = await installedOnce("azurite", async (folder) => {
    const words = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts"];
    await runInstaller("npm", [...words, "azurite"], { cwd: folder });
  });
  if ("missing" in installed) return installed;
  const program = createRequire(path.join(installed.folder, "x.js")).resolve(START);
  const { port } = await startServer({
    program: process.execPath,
    words: (free) => [
      ...[program, "--blobHost", "127.0.0.1", "--blobPort", String(free)],
      ...["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"],
    ],
    environment: { AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}`, NODE_NO_WARNINGS: "1" },
  });
  return azureServer(`http://127.0.0.1:${port}/${ACCOUNT}`);
}

let containers = 0;

function azureServer(endpoint: string): AzureServer {
  const key = new StorageSharedKeyCredential(ACCOUNT, KEY);
  const service = new BlobServiceClient(endpoint, key);
  return {
    account: ACCOUNT,
    accountKey: KEY,
    endpoint,
    makeContainer: async (access) => {
      containers += 1;
      const container = `container-${process.pid}-${containers}`;
      await service.createContainer(container, access === undefined ? {} : { access });
      return container;
    },
    removeContainer: async (container) => {
      await service.deleteContainer(container);
    },
    makeFolder: async (container, path) => {
      const blob = service.getContainerClient(container).getBlockBlobClient(path);
      await blob.upload("", 0, { metadata: { hdi_isfolder: "true" } });
    },
    sasToken: ({ expiresInMs }) => {
      const url = service.generateAccountSasUrl(
        new Date(Date.now() + expiresInMs),
        AccountSASPermissions.parse("rwdlac"),
        "sco",
        // The default is now, and the time must have come when it is used.
        { startsOn: new Date(Date.now() - 2 * 86_400_000) },
      );
      return url.slice(url.indexOf("?"));
    },
  };
}
