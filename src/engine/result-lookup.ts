// Finds recorded results by where they are recorded, reading each run's results once however many are asked for.

import type { ResultReference } from "../core/event.ts";
import type { RecordStore, ResultRow } from "../ports/records.ts";

export type ResultLookup = (reference: ResultReference) => Promise<ResultRow | null>;

export function createResultLookup(records: RecordStore): ResultLookup {
  const loaded = new Map<string, Promise<ReadonlyMap<number, ResultRow>>>();
  return async ({ run, seq }) => {
    let rows = loaded.get(run);
    if (rows === undefined) {
      rows = records.resultsOf(run).then((list) => new Map(list.map((row) => [row.seq, row])));
      loaded.set(run, rows);
    }
    return (await rows).get(seq) ?? null;
  };
}
