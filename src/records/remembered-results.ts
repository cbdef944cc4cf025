// A record store that reads each result once: what was looked up by fingerprint, or by its run, is not read and parsed
// again. Results never change; whether one still counts is asked of the store each time.

import type { RecordStore, ResultRow } from "../ports/records.ts";

/** Rows kept: about 100 MB. */
const KEPT = 100_000;
/** So many results of one run are read one by one before all of them are read: a step that changed asks for its own alone. */
const ASKED_SINGLY = 100;

export function rememberResults(store: RecordStore): RecordStore {
  const rows = new Map<string, ResultRow>();
  /** How often a single result of a run was asked for. */
  const asked = new Map<string, number>();
  const remember = (row: ResultRow): void => {
    if (rows.size >= KEPT) {
      rows.clear();
      asked.clear();
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
      if (known !== undefined) return known;
      const times = (asked.get(run) ?? 0) + 1;
      asked.set(run, times);
      // Who asks for so many asks for the rest, too.
      if (times === ASKED_SINGLY) for (const row of await store.resultsOf(run)) remember(row);
      const row = rows.get(keyOf(run, seq)) ?? (await store.result(run, seq));
      if (row !== null) remember(row);
      return row;
    },
  };
}

function keyOf(run: string, seq: number): string {
  return `${seq} ${run}`;
}
