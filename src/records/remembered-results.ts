// A record store that reads each result once: what was looked up by fingerprint, or by its run, is not read and parsed
// again. Results never change; whether one still counts is asked of the store each time.

import type { ResultReference } from "../core/event.ts";
import type { RecordStore, ResultRow } from "../ports/records.ts";

/** Rows kept: about 100 MB. */
const KEPT = 100_000;

export function rememberResults(store: RecordStore): RecordStore {
  const rows = new Map<string, ResultRow>();
  const remember = (row: ResultRow): void => {
    if (rows.size >= KEPT) rows.clear();
    rows.set(keyOf(row), row);
  };
  return {
    ...store,
    async results(fingerprint) {
      const found = await store.results(fingerprint);
      for (const row of found) remember(row);
      return found;
    },
    async newestUsable(fingerprints) {
      const found = await store.newestUsable(fingerprints);
      for (const row of found.values()) remember(row);
      return found;
    },
    async resultsAt(references) {
      const known = references.map((reference) => rows.get(keyOf(reference)) ?? null);
      const unknown = [...known.keys()].filter((at) => known[at] === null);
      const read = await store.resultsAt(unknown.map((at) => references[at] as ResultReference));
      for (const [position, at] of unknown.entries()) {
        const row = read[position] ?? null;
        known[at] = row;
        if (row !== null) remember(row);
      }
      return known;
    },
  };
}

function keyOf({ run, seq }: ResultReference): string {
  return `${seq} ${run}`;
}
