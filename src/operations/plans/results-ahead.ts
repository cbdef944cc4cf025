// The newest results that steps of a plan may take, looked up for many steps with one question: for those that come next and
// whose inputs are known by now.

import type { Plan } from "../../core/plan.ts";
import { mustRun, type OutputLookup, type StepFacts, stepFacts } from "../../core/step-facts.ts";
import type { RecordStore, ResultRow } from "../../ports/records.ts";

export interface ReadyStep {
  readonly facts: StepFacts;
  /** The first one to look at; null: there is none. */
  readonly newest: ResultRow | null;
}

/** Of a step with all that it reads known; null while something is not. To be asked in the order of the graph. */
export type ResultsAhead = (index: number) => Promise<ReadyStep | null>;

/** Steps in one question. */
const AT_ONCE = 250;
/** So many that wait for others are passed over: in a chain each step is asked for by itself. */
const PASSED_OVER = 8;

export function resultsAhead(
  records: Pick<RecordStore, "newestUsable">,
  plan: Plan,
  lookup: OutputLookup,
): ResultsAhead {
  const known = new Map<number, ReadyStep>();
  const ask = async (facts: ReadonlyMap<number, StepFacts>): Promise<void> => {
    const fingerprints = new Set([...facts.values()].map(({ fingerprint }) => fingerprint));
    const found = await records.newestUsable([...fingerprints]);
    for (const [index, one] of facts)
      known.set(index, { facts: one, newest: found.get(one.fingerprint) ?? null });
  };
  return async (index) => {
    const first = known.has(index) ? null : stepFacts(plan, index, lookup);
    if (first !== null) await ask(withNext(plan, index, first, lookup));
    const ready = known.get(index) ?? null;
    known.delete(index);
    return ready;
  };
}

/** The facts of a step and of those after it that are as far. */
function withNext(
  plan: Plan,
  index: number,
  first: StepFacts,
  lookup: OutputLookup,
): ReadonlyMap<number, StepFacts> {
  const facts = new Map([[index, first]]);
  let waiting = 0;
  for (let at = index + 1; at < plan.graph.steps.length; at += 1) {
    if (facts.size === AT_ONCE || waiting === PASSED_OVER) break;
    const next = mustRun(plan, at) === null ? stepFacts(plan, at, lookup) : null;
    if (next === null) waiting += 1;
    else facts.set(at, next);
  }
  return facts;
}
