// Finds what a step's facts are to be compared with, and lets the core say the difference. Serves the engine, `plan` and `why`
// alike, so they cannot disagree.

import { explain } from "../core/explain.ts";
import type { PreImage } from "../core/fingerprint.ts";
import { describeInvalidation } from "../core/invalidation.ts";
import type { Plan } from "../core/plan.ts";
import type { Reason } from "../core/reason.ts";
import { describeRemoval, type Removal } from "../core/removal.ts";
import { preImageOf, type StepFacts } from "../core/step-facts.ts";
import type { Contents } from "../ports/contents.ts";
import type { RecordStore } from "../ports/records.ts";
import type { ReusePolicy } from "../spec/graph.ts";
import type { Explainer } from "./engine-ports.ts";
import { createEvidence } from "./evidence.ts";
import { createHistory, type History } from "./history.ts";
import type { PlanReader } from "./plan-reader.ts";
import { deletedOutputs, olderThan } from "./usable-result.ts";

export interface FullExplainer extends Explainer {
  /** Every difference between two recorded or planned pre-images. */
  differences(before: PreImage, after: PreImage): Promise<readonly Reason[]>;
  /** What happened to the results of a fingerprint of which none can be reused. */
  lost(fingerprint: string, policy: ReusePolicy): Promise<Reason>;
  readonly history: History;
}

/** One for all: a first run of 100,000 steps keeps it for each. */
const NEVER_RAN: Reason = { kind: "never_ran", detail: "never ran" };

/** `unrecorded`: documents of a plan that was not submitted, by id. */
export function createExplainer(
  store: RecordStore,
  contents: Contents,
  plans: PlanReader,
  unrecorded: ReadonlyMap<string, string> = new Map(),
): FullExplainer {
  const records: RecordStore = {
    ...store,
    document: async (id) => unrecorded.get(id) ?? store.document(id),
  };
  const history = createHistory(records, plans);
  const evidence = createEvidence(records, contents);
  const differences = async (before: PreImage, after: PreImage): Promise<readonly Reason[]> =>
    explain(before, after, await evidence.between(before, after));
  return {
    history,
    differences,
    lost: (fingerprint, policy) => sameWork(records, policy, fingerprint),
    async earlier(run, plan, index) {
      const path = plan.graph.steps[index]?.path ?? "";
      const last = await history.latest(plan.graph.pipeline, path, run);
      return last === null ? null : ((await records.newestResult(last.fingerprint))?.row ?? null);
    },
    async reason(run, plan, index, facts) {
      const mark = await markedReason(records, facts.fingerprint);
      if (mark !== null) return mark;
      const path = plan.graph.steps[index]?.path ?? "";
      const last = await history.latest(plan.graph.pipeline, path, run);
      if (last === null) return NEVER_RAN;
      return compare(records, differences, plan, index, facts, last.fingerprint);
    },
  };
}

async function compare(
  records: RecordStore,
  differences: FullExplainer["differences"],
  plan: Plan,
  index: number,
  facts: StepFacts,
  fingerprint: string,
): Promise<Reason> {
  if (fingerprint === facts.fingerprint) {
    const policy = plan.graph.steps[index]?.reuse ?? { kind: "auto" };
    return sameWork(records, policy, fingerprint);
  }
  const before = await records.preImage(fingerprint);
  if (before === null) return NEVER_RAN;
  const [first] = await differences(before, preImageOf(plan, index, facts));
  return first ?? NEVER_RAN;
}

const UNREADABLE: Reason = {
  kind: "outputs_deleted",
  detail: "the record of its result is damaged",
};

/** The same fingerprint and still no usable result: say what happened to it. */
async function sameWork(
  records: RecordStore,
  policy: ReusePolicy,
  fingerprint: string,
): Promise<Reason> {
  const mark = await markedReason(records, fingerprint);
  if (mark !== null) return mark;
  switch (await records.resultState(fingerprint)) {
    case "damaged":
      return deletedOutputs((await records.newestResult(fingerprint))?.row ?? null);
    case "whole":
      if (policy.kind === "max_age") return olderThan(policy.maxAgeSeconds);
      return (await records.newestResult(fingerprint)) === null ? UNREADABLE : deletedOutputs(null);
    default:
      return { kind: "failed_before", detail: "did not succeed the last time" };
  }
}

/** Said where the newest result of a fingerprint was invalidated or removed and no other one can be reused. */
async function markedReason(records: RecordStore, fingerprint: string): Promise<Reason | null> {
  const newest = await records.newestResult(fingerprint);
  if (newest === null || (newest.invalidated ?? newest.removed) === null) return null;
  if ((await records.resultState(fingerprint)) === "whole") return null;
  if (newest.invalidated !== null)
    return { kind: "invalidated", detail: describeInvalidation(newest.invalidated) };
  const detail = `its outputs were ${describeRemoval(newest.removed as Removal)}`;
  return { kind: "outputs_removed", detail };
}
