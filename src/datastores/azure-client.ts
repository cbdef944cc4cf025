// Makes the client of Azure's SDK for a container: address, credentials, few retries. Sends nothing.

import {
  AnonymousCredential,
  ContainerClient,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import type { AzureCredentials, OpenableDatastore } from "../spec/datastore.ts";

export type AzureDefinition = Extract<
  OpenableDatastore,
  { readonly type: "azure_blob" | "azure_data_lake_gen2" }
>;

/** Transfers retry by themselves, and know how long; this is for a connection that went stale while it was kept. */
const OPTIONS: StoragePipelineOptions = {
  retryOptions: { maxTries: 2, retryDelayInMs: 100 },
  keepAliveOptions: { enable: true },
};

export async function azureContainer(definition: AzureDefinition): Promise<ContainerClient> {
  const url = containerUrl(definition);
  const { credentials, account } = definition;
  switch (credentials.kind) {
    case "account_key": {
      const key = new StorageSharedKeyCredential(account, credentials.accountKey);
      return new ContainerClient(url, key, OPTIONS);
    }
    case "sas_token": {
      const query = credentials.sasToken.replace(/^\?/, "");
      return new ContainerClient(`${url}?${query}`, new AnonymousCredential(), OPTIONS);
    }
    case "client_secret":
    case "ambient":
      return new ContainerClient(url, await identity(credentials), OPTIONS);
    case "none":
      return new ContainerClient(url, new AnonymousCredential(), OPTIONS);
    default:
      return credentials satisfies never;
  }
}

/** For people and requests alike: it holds no credentials. A data lake's files are blobs at its other address. */
export function containerUrl({ account, container, endpoint }: AzureDefinition): string {
  const base = endpoint ?? `https://${account}.blob.core.windows.net`;
  return `${base.replace(".dfs.", ".blob.").replace(/\/+$/, "")}/${container}`;
}

export function azureSecrets(credentials: AzureCredentials<string>): readonly string[] {
  switch (credentials.kind) {
    case "account_key":
      return [credentials.accountKey];
    case "sas_token":
      return [credentials.sasToken, signatureIn(credentials.sasToken)];
    case "client_secret":
      return [credentials.clientSecret];
    case "ambient":
    case "none":
      return [];
    default:
      return credentials satisfies never;
  }
}

/** Loaded here alone: half of the SDK is for signing in. */
async function identity(
  credentials: Extract<AzureCredentials<string>, { readonly kind: "client_secret" | "ambient" }>,
) {
  const { ClientSecretCredential, DefaultAzureCredential } = await import("@azure/identity");
  if (credentials.kind === "ambient") return new DefaultAzureCredential();
  const { tenantId, clientId, clientSecret } = credentials;
  return new ClientSecretCredential(tenantId, clientId, clientSecret);
}

/** The part of a token that makes it one: SDKs print addresses with it in other forms. */
function signatureIn(sasToken: string): string {
  return new URLSearchParams(sasToken.replace(/^\?/, "")).get("sig") ?? "";
}
