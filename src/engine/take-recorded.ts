// `--from`: takes the recorded result of another run for a step, whatever the step's fingerprint is.

import { describeInvalidation } from "../core/invalidation.ts";
import type { Reason } from "../core/reason.ts";
import { describeRemoval } from "../core/removal.ts";
import type { ResultRow } from "../ports/records.ts";
import { own } from "../spec/own-keys.ts";
import { type ActiveRun, emit } from "./active-run.ts";
import type { Candidate } from "./decide.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { goneBytes } from "./others-bytes.ts";
import { type ResultsByStep, resultsByStep } from "./results-by-step.ts";
import { isWhole } from "./usable-result.ts";

/** What earlier runs recorded, for as long as the run that takes it is open. */
const recorded = new WeakMap<ActiveRun, ResultsByStep>();

export function isToTake({ run, step }: Pick<Candidate, "run" | "step">): boolean {
  return own(run.plan.options.taken, run.paths[step] as string) !== undefined;
}

/** The result to take, of a step that is to be taken; null when it cannot be, which the run is told. */
export async function takeRecorded(
  ports: EnginePorts,
  { run, step, facts }: Candidate,
): Promise<ResultRow | null> {
  const source = own(run.plan.options.taken, run.paths[step] as string);
  if (source === undefined) return null;
  const lookUp = recorded.get(run) ?? resultsByStep(ports.records);
  recorded.set(run, lookUp);
  const row = await lookUp(...source);
  const what = row === null ? "is gone" : await whyNotTaken(ports, row);
  const at = ports.clock.now();
  if (row === null || what !== null) {
    const message = `step ${run.paths[step]}: its result in ${source[0]} ${what}`;
    const error = { code: "damaged_output", message, hint: null };
    emit(run, { kind: "step_failed", at, step, error });
    return null;
  }
  // Once only: a step whose copies go elsewhere is decided on again when they have arrived.
  if (row.fingerprint !== facts.fingerprint && !run.sent.has(step)) {
    const message = `step ${run.paths[step]} was taken from ${source[0]} although it differs from it`;
    emit(run, { kind: "warned", at, message });
  }
  return row;
}

export function takenFrom(row: ResultRow): Reason {
  return { kind: "taken", detail: `taken from ${row.run}` };
}

/** What keeps a recorded result from being taken, or null. */
async function whyNotTaken(ports: EnginePorts, row: ResultRow): Promise<string | null> {
  const [mark = null] = await ports.records.invalidations([row]);
  if (mark !== null) return `was ${describeInvalidation(mark)}`;
  const [removal = null] = await ports.records.removals([row]);
  if (removal !== null) return `was ${describeRemoval(removal)}`;
  const gone = goneBytes(ports, row);
  if (gone !== null) return `is ${gone}`;
  return (await isWhole(ports, row)) ? null : "is gone or was changed";
}
