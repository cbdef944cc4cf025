// What a storage did not do, in the words of a refusal: each problem with its way out.

import { StorageError, type StorageProblem } from "../../ports/storage.ts";
import { type Refusal, refuse } from "../refusal.ts";

/** What to do about each; null where the message says it all. */
const WAYS: Readonly<Record<StorageProblem, string | null>> = {
  not_found: "look what is there, or write another path",
  no_such_place: "make it, or correct the datastore: stepwell datastore show NAME",
  denied: null,
  expired: "renew the credentials (stepwell datastore create FILE, stepwell secret set NAME)",
  exists: null,
  changed: "run again when nothing writes to it",
  unreachable: "try again when it answers: stepwell datastore check NAME",
  busy: "try again later",
  full: "make room there",
  unsupported: null,
  bad_path: null,
  corrupt: "try again; the storage or the network altered bytes on their way",
  failed: null,
};

/** Runs work on a storage; what it throws for is a refusal, a bug stays an exception. `name`: of its datastore, where it has one. */
export async function unlessStorageFails<T>(
  work: () => Promise<T | Refusal>,
  name: string | null = null,
): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const way = WAYS[error.problem]?.replace("NAME", name ?? "NAME") ?? null;
    return refuse(`storage_${error.problem}`, error.message, way, 1);
  }
}
