// What a fresh result has to say about earlier ones: that the same work made other bytes, or other bytes that count the
// same. Asks the record only where such a result can exist; changes nothing.

import { basename } from "node:path";
import { changedPaths } from "../core/changed-paths.ts";
import type { OutputDifference, OutputRecord, StepResult } from "../core/output.ts";
import type { ReasonKind } from "../core/reason.ts";
import { areEquivalent } from "../core/same-output.ts";
import { usesRunName } from "../core/step-facts.ts";
import { describeDoubt } from "../core/trust-notes.ts";
import type { Contents } from "../ports/contents.ts";
import type { ResultRow } from "../ports/records.ts";
import type { StepNode } from "../spec/graph.ts";
import { own, put } from "../spec/own-keys.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { Flight } from "./flight.ts";

/** The result with what differs from an earlier one: of the same fingerprint, or in bytes that count as the same. */
export async function compareWithEarlier(
  ports: Pick<EnginePorts, "records" | "contents" | "explainer">,
  flight: Flight,
  result: StepResult,
): Promise<StepResult> {
  const again = promisesTheSame(flight);
  const earlier = again
    ? ((await ports.records.newestResult(flight.facts.fingerprint))?.row ?? null)
    : await earlierOf(ports, flight, result);
  if (earlier === null) return result;
  const { run, result: before } = earlier;
  const found = await differences(ports.contents, before, result);
  // Where an input was written to, or a file that nobody declared has changed, other bytes are no wonder.
  const excused =
    describeDoubt(before) !== null ||
    describeDoubt(result) !== null ||
    ports.contents.firstChanged(before.undeclared?.files ?? []) !== null;
  return {
    ...result,
    ...(isEmpty(found.equivalent) ? {} : { equivalent: { run, outputs: found.equivalent } }),
    ...(!again || excused || isEmpty(found.other)
      ? {}
      : { notDeterministic: { run, outputs: found.other } }),
  };
}

/** The step's result before; asked for only where other bytes can count as the same. */
async function earlierOf(
  { explainer }: Pick<EnginePorts, "explainer">,
  { run, step }: Flight,
  result: StepResult,
): Promise<ResultRow | null> {
  const mayBeSame = Object.values(result.outputs).some((output) => output.same !== undefined);
  return mayBeSame ? explainer.earlier(run.row.name, run.plan, step) : null;
}

function isEmpty(found: object): boolean {
  return Object.keys(found).length === 0;
}

/** Why a step whose work was done before is done again. */
const AGAIN: ReadonlySet<ReasonKind> = new Set<ReasonKind>([
  "forced",
  "invalidated",
  "never_reused",
  "outputs_deleted",
  "outputs_removed",
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
): Promise<Readonly<Record<"equivalent" | "other", OutputDifference["outputs"]>>> {
  const equivalent: Record<string, readonly string[]> = {};
  const other: Record<string, readonly string[]> = {};
  for (const [name, record] of Object.entries(after.outputs)) {
    const old = own(before.outputs, name);
    if (old === undefined || old.id === record.id) continue;
    const files = await differingFiles(contents, old, record);
    put(areEquivalent(old, record) ? equivalent : other, name, files);
  }
  return { equivalent, other };
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
