// Opens a datastore that holds tables, with its secrets.

import type { Tables } from "../../ports/tables.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findDatastore, withItsSecrets } from "./datastores.ts";

/** Runs work on the tables of a datastore, and closes them. */
export async function withTables<T>(
  workspace: Workspace,
  name: string,
  work: (tables: Tables) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  const found = await findDatastore(workspace, name);
  if (isRefusal(found)) return found;
  const openable = await withItsSecrets(workspace, found.definition, `datastore ${name}`);
  if (isRefusal(openable)) return openable;
  if (openable.type !== "postgres")
    return refuse(
      "no_tables_there",
      `the datastore ${name} holds files, not tables`,
      "name a datastore of type postgres",
    );
  const tables = await workspace.openTables(openable);
  try {
    return await work(tables);
  } finally {
    await tables.close();
  }
}
