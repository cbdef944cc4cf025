// The table of backends: opens a datastore that holds files. Each backend is loaded when the first datastore of its kind
// is opened, because some bring an SDK of megabytes.

import { type Storage, StorageError } from "../ports/storage.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";

type Open = {
  readonly [T in OpenableDatastore["type"]]: (
    definition: Extract<OpenableDatastore, { readonly type: T }>,
  ) => Promise<Storage>;
};

const BACKENDS: Open = {
  file: async (definition) => (await import("./file.ts")).openFile(definition),
  s3: async (definition) => (await import("./s3.ts")).openS3(definition),
  azure_blob: async (definition) => (await import("./azure-blob.ts")).openAzureBlob(definition),
  azure_data_lake_gen2: async (definition) =>
    (await import("./azure-blob.ts")).openAzureBlob(definition),
  gcs: async (definition) => (await import("./gcs.ts")).openGcs(definition),
  http: async (definition) => (await import("./http.ts")).openHttp(definition),
  sftp: async (definition) => (await import("./sftp.ts")).openSftp(definition),
  postgres: async ({ host, database }) => {
    const says = "it holds tables, not files. Import a query or export a table instead";
    throw new StorageError("unsupported", `postgres://${host}/${database}: ${says}`);
  },
};

/** Throws `StorageError`; most of what may be wrong is found at the first call of the storage, not here. */
export async function openStorage(definition: OpenableDatastore): Promise<Storage> {
  const open = BACKENDS[definition.type] as (definition: OpenableDatastore) => Promise<Storage>;
  return open(definition);
}
