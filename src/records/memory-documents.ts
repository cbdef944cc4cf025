// The documents of the record store in memory. Knows nothing of what they say.

import type { Document, RecordStore } from "../ports/records.ts";

export function memoryDocuments(
  documents: Map<string, string>,
): Pick<RecordStore, "document" | "documentIds" | "putDocuments"> {
  return {
    document: async (id) => documents.get(id) ?? null,
    documentIds: async (prefix) =>
      [...documents.keys()]
        .filter((id) => id.startsWith(prefix))
        .map((id) => id.slice(prefix.length)),
    putDocuments: async (more) => keepDocuments(documents, more),
  };
}

/** One that is there stays. */
export function keepDocuments(documents: Map<string, string>, more: readonly Document[]): void {
  for (const { id, body } of more) if (!documents.has(id)) documents.set(id, body);
}
