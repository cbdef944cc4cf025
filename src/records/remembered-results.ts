// A record store that reads each result once: what was looked up by fingerprint, or with the rest of its run, is not read
// and parsed again. Results never change; whether one still counts is asked of the store each time.

import type { RecordStore, ResultRow } from "../ports/records.ts";

/** Rows kept: about 100 MB. */
const KEPT = 100_000;

export function rememberResults(store: RecordStore): RecordStore {
  const rows = new Map<string, ResultRow>();
  /** Runs that were read wholly. */
  const runs = new Set<string>();
  const remember = (row: ResultRow): void => {
    if (rows.size >= KEPT) {
      rows.clear();
      runs.clear();
    }
    rows.set(keyOf(row.run, row.seq), row);
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
    async result(run, seq) {
      const known = rows.get(keyOf(run, seq));
      if (known !== undefined || runs.has(run)) return known ?? store.result(run, seq);
      // Who asks for one result of a run asks for the others next.
      runs.add(run);
      for (const row of await store.resultsOf(run)) remember(row);
      return rows.get(keyOf(run, seq)) ?? store.result(run, seq);
    },
  };
}

function keyOf(run: string, seq: number): string {
  return `${seq} ${run}`;
}
