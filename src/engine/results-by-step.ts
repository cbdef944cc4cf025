// The results of recorded runs by the paths of their steps: each run is read once, however many steps are asked for.

import type { RecordStore, ResultRow } from "../ports/records.ts";

/** Null: the step has none there, or there is no such run. */
export type ResultsByStep = (run: string, path: string) => Promise<ResultRow | null>;

export function resultsByStep(records: Pick<RecordStore, "resultsOf">): ResultsByStep {
  const read = new Map<string, Promise<ReadonlyMap<string, ResultRow>>>();
  return async (run, path) => {
    // Of several results of a step the last one stays.
    const rows =
      read.get(run) ??
      records.resultsOf(run).then((all) => new Map(all.map((row) => [row.path, row])));
    read.set(run, rows);
    return (await rows).get(path) ?? null;
  };
}
