// Which results somebody refers to, so that their bytes must stay: asked at the moment of their removal, by every record store
// in the same words. Pure; what refers to what is handed in.

import type { ResultReference } from "./event.ts";

export interface References {
  /** Runs without an end. */
  readonly openRuns: readonly string[];
  readonly pins: readonly { readonly kind: string; readonly name: string }[];
  /** Results of other runs that a run took over. */
  reusedBy(run: string): readonly ResultReference[];
  /** Ids of everything that a result left in the store. */
  idsOf(result: ResultReference): readonly string[];
  /** Data and models with these bytes, as `model trees:1`. */
  assetsWith(id: string): readonly string[];
}

/** Gives for each result what holds it, or null. */
export function holderOf(references: References): (result: ResultReference) => string | null {
  const pinned = references.pins.filter(({ kind }) => kind === "run").map(({ name }) => name);
  const contents = new Set(
    references.pins.filter(({ kind }) => kind === "content").map(({ name }) => name),
  );
  const byRun = new Map<string, string>();
  for (const [runs, why] of [
    [references.openRuns, (run: string) => `run ${run}, which has no end yet`],
    [pinned, (run: string) => `the pin of run ${run}`],
  ] as const)
    for (const run of runs) {
      byRun.set(run, why(run));
      for (const result of references.reusedBy(run)) byRun.set(keyOf(result), why(run));
    }
  return (result) => {
    const run = byRun.get(result.run) ?? byRun.get(keyOf(result));
    if (run !== undefined) return run;
    for (const id of references.idsOf(result)) {
      if (contents.has(id)) return `the pin of ${id}`;
      const [asset] = references.assetsWith(id);
      if (asset !== undefined) return asset;
    }
    return null;
  };
}

function keyOf({ run, seq }: ResultReference): string {
  return `${run}\n${seq}`;
}
