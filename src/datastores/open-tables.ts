// The table of backends that hold rows: opens a datastore of tables. Each is loaded when the first one of its kind is opened.

import { StorageError } from "../ports/storage.ts";
import type { Tables } from "../ports/tables.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";

/** Throws `StorageError`; most of what may be wrong is found at the first query. */
export async function openTables(definition: OpenableDatastore): Promise<Tables> {
  switch (definition.type) {
    case "postgres":
      return (await import("./postgres.ts")).openPostgres(definition);
    default:
      throw new StorageError("unsupported", `${definition.type}: it holds files, not tables`);
  }
}
