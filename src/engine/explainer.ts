// Finds what a step's facts are to be compared with, loads the documents behind the ids, and lets the core say the
// difference. Serves the engine, `plan` and `why` alike, so they cannot disagree.

import type { ContentId, Manifest } from "../core/content.ts";
import type { EnvironmentIdentity } from "../core/environment.ts";
import { type Evidence, explain } from "../core/explain.ts";
import type { PreImage } from "../core/fingerprint.ts";
import {
  FUNCTION_PACKAGES,
  isFunctionFolder,
  type LoadedPackages,
} from "../core/function-changes.ts";
import { describeInvalidation } from "../core/invalidation.ts";
import { countLines } from "../core/line-count.ts";
import type { Plan } from "../core/plan.ts";
import type { Reason } from "../core/reason.ts";
import { describeRemoval, type Removal } from "../core/removal.ts";
import { preImageOf, type StepFacts } from "../core/step-facts.ts";
import type { Contents } from "../ports/contents.ts";
import type { RecordStore } from "../ports/records.ts";
import type { ReusePolicy } from "../spec/graph.ts";
import { own } from "../spec/own-keys.ts";
import type { Explainer } from "./engine-ports.ts";
import { createHistory, type History } from "./history.ts";
import type { PlanReader } from "./plan-reader.ts";
import { deletedOutputs, olderThan } from "./usable-result.ts";

/** Document that tells of a code folder what its id is made of. */
export interface CodeDocument {
  readonly snapshotId: ContentId;
  readonly parts: Readonly<Record<string, string>>;
}

export const codeDocument = (id: string): string => `code/${id}`;
export const environmentDocument = (id: string): string => `environment/${id}`;

export interface FullExplainer extends Explainer {
  /** Every difference between two recorded or planned pre-images. */
  differences(before: PreImage, after: PreImage): Promise<readonly Reason[]>;
  /** What happened to the results of a fingerprint of which none can be reused. */
  lost(fingerprint: string, policy: ReusePolicy): Promise<Reason>;
  readonly history: History;
}

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
  const differences = async (before: PreImage, after: PreImage): Promise<readonly Reason[]> =>
    explain(before, after, await gather(records, contents, before, after));
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
      if (last === null) return { kind: "never_ran", detail: "never ran" };
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
  if (before === null) return { kind: "never_ran", detail: "never ran" };
  const [first] = await differences(before, preImageOf(plan, index, facts));
  return first ?? { kind: "never_ran", detail: "never ran" };
}

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
      return policy.kind === "max_age" ? olderThan(policy.maxAgeSeconds) : deletedOutputs(null);
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

/** Loads what the evidence will be asked for: of what is the same on both sides, nothing is said. */
async function gather(
  records: RecordStore,
  contents: Contents,
  before: PreImage,
  after: PreImage,
): Promise<Evidence> {
  const codes = new Map<string, CodeDocument>();
  const environments = new Map<string, EnvironmentIdentity>();
  const manifests = new Map<string, Manifest>();
  const [old, now] = [before.moment, after.moment];
  for (const { code, environment } of [old, now]) {
    if (code !== null && old.code !== now.code)
      await load(records, codeDocument(code), codes, code);
    if (old.environment !== now.environment)
      await load(records, environmentDocument(environment), environments, environment);
  }
  for (const id of changedIds(before, after)) {
    const manifest = await contents.manifest(id);
    if (manifest !== null) manifests.set(id, manifest);
  }
  const packages = new Map<string, LoadedPackages>();
  for (const [id, code] of codes) {
    const loaded = await loadedPackages(contents, code);
    if (loaded !== null) packages.set(id, loaded);
  }
  const texts = await changedTexts(contents, codes, before.moment.code, after.moment.code);
  return {
    code: (id) => codes.get(id)?.parts ?? null,
    environment: (id) => environments.get(id) ?? null,
    manifest: (id) => manifests.get(id) ?? null,
    packages: (code) => packages.get(code) ?? null,
    lines: (_before, _after, path) => texts.get(path) ?? null,
  };
}

async function load<T>(
  records: RecordStore,
  document: string,
  into: Map<string, T>,
  id: string,
): Promise<void> {
  const body = await records.document(document);
  if (body !== null) into.set(id, JSON.parse(body) as T);
}

/** Null: the program of a function that loads none, or other code. */
async function loadedPackages(
  contents: Contents,
  { parts, snapshotId }: CodeDocument,
): Promise<LoadedPackages | null> {
  if (!isFunctionFolder(parts) || !(FUNCTION_PACKAGES in parts)) return null;
  const text = await contents.snapshotText(snapshotId, FUNCTION_PACKAGES);
  return text === null ? null : (JSON.parse(text) as LoadedPackages);
}

function changedIds(before: PreImage, after: PreImage): ContentId[] {
  const ids = new Set<ContentId>();
  const old = before.moment.contents;
  for (const [name, [id]] of Object.entries(after.moment.contents)) {
    const was = own(old, name)?.[0];
    if (was === undefined || was === id) continue;
    ids.add(was);
    ids.add(id);
  }
  return [...ids];
}

/** How many changed files are counted line by line; the rest are only named. */
const COUNTED_FILES = 20;

async function changedTexts(
  contents: Contents,
  codes: ReadonlyMap<string, CodeDocument>,
  before: string | null,
  after: string | null,
): Promise<ReadonlyMap<string, { added: number; removed: number }>> {
  const counts = new Map<string, { added: number; removed: number }>();
  const old = before === null ? undefined : codes.get(before);
  const now = after === null ? undefined : codes.get(after);
  if (old === undefined || now === undefined || before === after) return counts;
  const changed = Object.keys(now.parts).filter((path) => {
    const was = own(old.parts, path);
    return was !== undefined && was !== own(now.parts, path);
  });
  for (const path of changed.slice(0, COUNTED_FILES)) {
    const was = await contents.snapshotText(old.snapshotId, path);
    const is = await contents.snapshotText(now.snapshotId, path);
    if (was !== null && is !== null) counts.set(path, countLines(was, is));
  }
  return counts;
}
