// Datastores and sealed secrets of the record store in memory.

import type { DatastoreRow, RecordStore, SealedSecret } from "../ports/records.ts";

type DatastoreVerbs = Pick<
  RecordStore,
  | "putDatastore"
  | "datastores"
  | "deleteDatastore"
  | "putSecret"
  | "secret"
  | "secrets"
  | "deleteSecret"
>;

export function memoryDatastores(): DatastoreVerbs {
  const datastores = new Map<string, DatastoreRow>();
  const secrets = new Map<string, SealedSecret>();
  const byName = <T extends { readonly name: string }>(rows: Iterable<T>): readonly T[] =>
    [...rows].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    async putDatastore(row) {
      if (row.isDefault)
        for (const [name, other] of datastores)
          datastores.set(name, { ...other, isDefault: false });
      datastores.set(row.name, row);
    },
    datastores: async () => byName(datastores.values()),
    deleteDatastore: async (name) => datastores.delete(name),
    putSecret: async (secret) => {
      secrets.set(secret.name, secret);
    },
    secret: async (name) => secrets.get(name) ?? null,
    secrets: async () => byName(secrets.values()).map(({ sealed: _, ...shown }) => shown),
    deleteSecret: async (name) => secrets.delete(name),
  };
}
