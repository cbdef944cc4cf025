// Says in what a step differs from the recorded result that `--from` takes for it. Serves `plan` and `why`.

import type { Plan } from "../../core/plan.ts";
import { type OutputLookup, preImageOf, stepFacts } from "../../core/step-facts.ts";
import type { FullExplainer } from "../../engine/explainer.ts";
import type { RecordStore, ResultRow } from "../../ports/records.ts";

/** The first difference in words; null where the step would make just this. */
export async function takenDifference(
  { records, explainer }: { readonly records: RecordStore; readonly explainer: FullExplainer },
  { plan, lookup }: { readonly plan: Plan; readonly lookup: OutputLookup },
  index: number,
  row: ResultRow,
): Promise<string | null> {
  const facts = stepFacts(plan, index, lookup);
  if (facts === null || facts.fingerprint === row.fingerprint) return null;
  const before = await records.preImage(row.fingerprint);
  const [first] =
    before === null ? [] : await explainer.differences(before, preImageOf(plan, index, facts));
  const said = `${plan.graph.steps[index]?.path} is taken from ${row.run} although it differs from it`;
  return first === undefined ? said : `${said}: ${first.detail}`;
}
