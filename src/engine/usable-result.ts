// Which of a step's recorded results may be taken, and if none may, why not. Serves the engine and `plan` alike, so they
// cannot disagree; knows nothing of runs that go on.

import { ARTIFACTS, type OutputRecord } from "../core/output.ts";
import type { Reason } from "../core/reason.ts";
import { describeChangedFile, describeDoubt, promisesReuse } from "../core/trust-notes.ts";
import type { ResultRow } from "../ports/records.ts";
import type { StepNode } from "../spec/graph.ts";
import type { EnginePorts, Sought } from "./engine-ports.ts";
import { goneBytes, isOfOthers } from "./others-bytes.ts";

type UsePorts = Pick<EnginePorts, "clock" | "contents" | "shared">;

/**
 * The result that may be taken, of all with one fingerprint; or why none may. `newest`: the first to look at; the older ones
 * are read only when it will not do. At once for most of an unchanged run. `damaged` is told of each whose bytes are not what
 * was recorded.
 */
export function usableResult(
  ports: UsePorts & Pick<EnginePorts, "records">,
  node: StepNode,
  newest: ResultRow,
  damaged: (row: ResultRow) => void = () => {},
): ResultRow | Reason | Promise<ResultRow | Reason> {
  const conclude = (unusable: Reason | null): ResultRow | Reason | Promise<ResultRow | Reason> => {
    if (unusable === null) return newest;
    return isPast(unusable, newest) ? unusable : older(unusable);
  };
  const older = async (unusable: Reason): Promise<ResultRow | Reason> => {
    for (const row of await ports.records.results(newest.fingerprint)) {
      if (row.run === newest.run && row.seq === newest.seq) continue;
      const why = await judge(ports, node, row, damaged);
      if (why === null) return row;
      if (isPast(why, row)) break;
    }
    return unusable;
  };
  // Those behind a result that is too old are older still; of one that is dated in the future that is not known.
  const isPast = (unusable: Reason, row: ResultRow) =>
    unusable.kind === "too_old" && row.finishedAt <= ports.clock.now();
  const judged = judge(ports, node, newest, damaged);
  return judged instanceof Promise ? judged.then(conclude) : conclude(judged);
}

/**
 * Why a result may not be taken; null: it may. At once for most of an unchanged run. `damaged` is told when its bytes are not
 * what was recorded.
 */
export function judge(
  ports: UsePorts,
  node: StepNode,
  row: ResultRow,
  damaged: (row: ResultRow) => void,
): Reason | null | Promise<Reason | null> {
  return tooOld(ports, node, row) ?? whyNot(ports, node, row, damaged);
}

function tooOld({ clock }: UsePorts, { reuse }: StepNode, { finishedAt }: ResultRow) {
  if (reuse.kind !== "max_age") return null;
  const age = clock.now() - finishedAt;
  if (age < 0) return { kind: "too_old", detail: UNKNOWN_AGE } as const;
  return age > reuse.maxAgeSeconds * 1000 ? olderThan(reuse.maxAgeSeconds) : null;
}

/** There is a result, and a younger one would do. */
export function isTooOld(found: ResultRow | Reason | null): boolean {
  return found !== null && "kind" in found && found.kind === "too_old";
}

/** What a step asks of others. */
export function soughtBy(
  { clock }: Pick<EnginePorts, "clock">,
  { reuse }: StepNode,
  fingerprint: string,
): Sought {
  const isAged = reuse.kind === "max_age";
  return { fingerprint, since: isAged ? clock.now() - reuse.maxAgeSeconds * 1000 : null };
}

const UNKNOWN_AGE =
  "its result is dated in the future: a clock was wrong, and its age is not known";

export function olderThan(seconds: number): Reason {
  return { kind: "too_old", detail: `its result is older than ${seconds} s` };
}

function whyNot(
  ports: UsePorts,
  node: StepNode,
  row: ResultRow,
  damaged: (row: ResultRow) => void,
): Reason | null | Promise<Reason | null> {
  const gone = goneBytes(ports, row);
  if (gone !== null) return { kind: "outputs_deleted", detail: `its bytes are ${gone}` };
  const doubt = describeDoubt(row.result);
  if (doubt !== null) {
    const kind = row.result.writtenInputs === undefined ? "other_environment" : "input_written";
    return { kind, detail: `not certain: ${doubt}` };
  }
  const conclude = (whole: boolean): Reason | null => {
    if (whole) return undeclaredChange(ports, node, row);
    damaged(row);
    return deletedOutputs(row);
  };
  const whole = isWhole(ports, row);
  return whole instanceof Promise ? whole.then(conclude) : conclude(whole);
}

export function deletedOutputs(row: Pick<ResultRow, "result"> | null): Reason {
  const where = row !== null && isOfOthers(row) ? " here, or in the cache" : "";
  return { kind: "outputs_deleted", detail: `outputs were deleted or changed${where}` };
}

/** Are the bytes of a recorded result still what they were? At once where looks at them tell. */
export function isWhole(
  { contents }: Pick<EnginePorts, "contents">,
  { result: { outputs, artifacts } }: Pick<ResultRow, "result">,
): boolean | Promise<boolean> {
  const records = Object.values(outputs);
  if (artifacts !== null && !(ARTIFACTS in outputs)) records.push(artifacts);
  return areWhole(contents, records, 0);
}

function areWhole(
  contents: EnginePorts["contents"],
  records: readonly OutputRecord[],
  from: number,
): boolean | Promise<boolean> {
  for (let at = from; at < records.length; at += 1) {
    const verified = contents.verify(records[at] as OutputRecord);
    if (verified instanceof Promise)
      return verified.then((isIt) => isIt && areWhole(contents, records, at + 1));
    if (!verified) return false;
  }
  return true;
}

/** A file that the result relies on without its step declaring it, and that is another now; null where all are the same. */
function undeclaredChange(
  ports: Pick<EnginePorts, "contents">,
  node: StepNode,
  { result: { undeclared } }: Pick<ResultRow, "result">,
): Reason | null {
  if (undeclared === undefined || !promisesReuse(node)) return null;
  const file = ports.contents.firstChanged(undeclared.files);
  return file && { kind: "undeclared_changed", detail: describeChangedFile(file) };
}
