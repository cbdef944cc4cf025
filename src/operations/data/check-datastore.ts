// Reaches a datastore with its credentials, and says what it can do.

import type { Storage } from "../../ports/storage.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findDatastore, openDatastore } from "./datastores.ts";
import { withTables } from "./open-tables.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

export interface CheckedDatastore {
  readonly address: string;
  /** One sentence each. */
  readonly can: readonly string[];
}

export function checkDatastore(
  workspace: Workspace,
  name: string,
): Promise<CheckedDatastore | Refusal> {
  return unlessStorageFails(async () => {
    const found = await findDatastore(workspace, name);
    if (isRefusal(found)) return found;
    if (found.definition.type === "postgres") return checkTables(workspace, name);
    const storage = await openDatastore(workspace, name);
    if (isRefusal(storage)) return storage;
    try {
      await reach(storage);
      return { address: storage.address, can: describe(storage) };
    } finally {
      await storage.close();
    }
  }, name);
}

function checkTables(workspace: Workspace, name: string): Promise<CheckedDatastore | Refusal> {
  return withTables(workspace, name, async (tables) => {
    const { signal } = new AbortController();
    const { rows } = await tables.query({ kind: "query", text: "SELECT 1" }, signal);
    for await (const _ of rows) break;
    return { address: tables.address, can: ["gives rows of queries, and takes rows into tables"] };
  });
}

/** The first file of a list is answer enough; a place without lists is asked for one that is hardly there. */
async function reach(storage: Storage): Promise<void> {
  if (!storage.capabilities.canList) {
    await storage.stat("stepwell-check");
    return;
  }
  for await (const _ of storage.list("")) return;
}

function describe({ capabilities }: Storage): readonly string[] {
  const { canWrite, ifAbsentIsAtomic, hasVersions, copiesInPlace, parts } = capabilities;
  return [
    canWrite ? "can be read and written" : "can be read only",
    hasVersions
      ? "knows versions: a file that was read once is recognised without reading it"
      : "has no versions: files are recognised by size and time",
    ...(canWrite
      ? [
          ifAbsentIsAtomic
            ? "two writers of one path: exactly one wins"
            : "two writers of one path: the last one wins",
          parts === null
            ? "writes in one go"
            : "writes in parts, and goes on after an interruption",
          ...(copiesInPlace ? ["copies without moving bytes over the network"] : []),
        ]
      : []),
  ];
}
