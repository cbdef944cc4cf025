import { describe, expect, it } from "vitest";
import { openStorage } from "../../datastores/open-storage.ts";
import type { OpenableDatastore } from "../../spec/datastore.ts";
import { opened, textAt, writeText } from "../../testing/contracts/storage-backend.ts";
import { type AzureServer, startAzurite } from "../../testing/servers/azurite.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { openForReading, type RemoteSource } from "./remote-source.ts";

// An address of a cloud that no datastore holds: who reads it.

const azurite = await startAzurite();

/** Opens storages, and counts as whom; the machine is signed in with the account's key. */
function workspaceAt({ accountKey }: AzureServer): {
  readonly workspace: Workspace;
  readonly asWhom: string[];
} {
  const asWhom: string[] = [];
  const workspace = {
    openStorage: (definition: OpenableDatastore) => {
      const { credentials } = definition as { readonly credentials: { readonly kind: string } };
      asWhom.push(credentials.kind);
      const own = { ...definition, credentials: { kind: "account_key", accountKey } };
      return openStorage((credentials.kind === "none" ? definition : own) as OpenableDatastore);
    },
  } as unknown as Workspace;
  return { workspace, asWhom };
}

async function sourceIn(
  server: AzureServer,
  access?: "container" | "blob",
): Promise<RemoteSource & { readonly definition: OpenableDatastore }> {
  const { account, endpoint, accountKey } = server;
  const container = await server.makeContainer(access);
  const place = { type: "azure_blob", account, container, prefix: "", endpoint } as const;
  const credentials = { kind: "account_key", accountKey } as const;
  const storage = await opened({ ...place, credentials });
  await writeText(storage, "folder/x.csv", "rows");
  await storage.close();
  return {
    whose: container,
    definition: { ...place, credentials: { kind: "ambient" } },
    path: "folder/x.csv",
    written: `wasbs://${container}@${account}.blob.core.windows.net/folder/x.csv`,
    mayBePublic: true,
  };
}

describe.skipIf("missing" in azurite)("an address that no datastore holds", () => {
  const server = azurite as AzureServer;

  it.each([
    ["a file of a public container", "container", "folder/x.csv", ["none"]],
    ["a folder of a public container", "container", "folder/", ["none"]],
    ["a file of a container whose files are public", "blob", "folder/x.csv", ["none"]],
    ["a folder of a container whose files are public", "blob", "folder/", ["none", "ambient"]],
    ["a file of a private container", undefined, "folder/x.csv", ["none", "ambient"]],
    ["a folder of a private container", undefined, "folder/", ["none", "ambient"]],
  ] as const)("reads %s", async (_, access, path, expected) => {
    const { workspace, asWhom } = workspaceAt(server);
    const storage = await openForReading(workspace, { ...(await sourceIn(server, access)), path });
    if (isRefusal(storage)) throw new Error(storage.message);
    expect(await textAt(storage, "folder/x.csv")).toBe("rows");
    expect(asWhom).toEqual(expected);
    await storage.close();
  });

  it("is not tried as nobody where a datastore holds it", async () => {
    const { workspace, asWhom } = workspaceAt(server);
    const { mayBePublic: _, ...held } = await sourceIn(server, "container");
    const storage = await openForReading(workspace, held);
    if (!isRefusal(storage)) await storage.close();
    expect(asWhom).toEqual(["ambient"]);
  });
});
