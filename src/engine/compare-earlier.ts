// What a fresh result has to say about earlier ones: that the same work made other bytes this time. Asks the record only
// where such a result can exist; changes nothing.

import { basename } from "node:path";
import { changedPaths } from "../core/changed-paths.ts";
import type { OutputDifference, OutputRecord, StepResult } from "../core/output.ts";
import type { ReasonKind } from "../core/reason.ts";
import { usesRunName } from "../core/step-facts.ts";
import type { Contents } from "../ports/contents.ts";
import type { StepNode } from "../spec/graph.ts";
import { own, put } from "../spec/own-keys.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { Flight } from "./flight.ts";

/** The result with what differs from an earlier one of the same fingerprint. */
export async function compareWithEarlier(
  ports: Pick<EnginePorts, "records" | "contents">,
  flight: Flight,
  result: StepResult,
): Promise<StepResult> {
  if (!promisesTheSame(flight)) return result;
  const earlier = await ports.records.newestResult(flight.facts.fingerprint);
  if (earlier === null) return result;
  const { run, result: before } = earlier.row;
  // Then other bytes are no wonder.
  if (ports.contents.firstChanged(before.undeclared?.files ?? []) !== null) return result;
  const outputs = await differences(ports.contents, before, result);
  return Object.keys(outputs).length === 0
    ? result
    : { ...result, notDeterministic: { run, outputs } };
}

/** Why a step whose work was done before is done again. */
const AGAIN: ReadonlySet<ReasonKind> = new Set<ReasonKind>([
  "forced",
  "invalidated",
  "never_reused",
  "outputs_deleted",
]);

/** It does again what was done before, and nothing says that it may come out differently. */
function promisesTheSame({ run, step }: Flight): boolean {
  const node = run.plan.graph.steps[step] as StepNode;
  const reason = run.state.steps[step]?.reason?.kind;
  if (reason === undefined || !AGAIN.has(reason)) return false;
  return node.deterministic && node.reuse.kind === "auto" && !usesRunName(node.command);
}

async function differences(
  contents: Contents,
  before: StepResult,
  after: StepResult,
): Promise<OutputDifference["outputs"]> {
  const found: Record<string, readonly string[]> = {};
  for (const [name, record] of Object.entries(after.outputs)) {
    const old = own(before.outputs, name);
    if (old !== undefined && old.id !== record.id)
      put(found, name, await differingFiles(contents, old, record));
  }
  return found;
}

/** How many files of an output are recorded by name. */
const RECORDED_FILES = 20;

async function differingFiles(
  contents: Contents,
  before: OutputRecord,
  after: OutputRecord,
): Promise<readonly string[]> {
  const old = before.kind === "folder" ? await contents.manifest(before.id) : null;
  const now = after.kind === "folder" ? await contents.manifest(after.id) : null;
  if (old === null || now === null) return [basename(after.path)];
  return changedPaths(old, now).slice(0, RECORDED_FILES);
}
