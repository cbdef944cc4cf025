// What a step run read, for its record: each input's id and whose bytes they were, as known when the run took them. Knows
// nothing of how the bytes got to the step.

import type { ReadInput } from "../core/event.ts";
import type { MomentIdentity } from "../core/fingerprint.ts";
import type { StepNode } from "../spec/graph.ts";
import { own, put } from "../spec/own-keys.ts";
import type { ActiveRun } from "./active-run.ts";

/** `contents`: the ids that count in the fingerprint. */
export function readInputs(
  run: ActiveRun,
  step: number,
  contents: MomentIdentity["contents"],
): Readonly<Record<string, ReadInput>> {
  const read: Record<string, ReadInput> = {};
  for (const [name, { source }] of Object.entries(
    (run.plan.graph.steps[step] as StepNode).inputs,
  )) {
    const id = own(contents, name)?.[0];
    if (id === undefined) continue;
    if (source.kind === "step") {
      const made = run.state.steps[run.indexOf.get(source.step) ?? -1]?.result;
      if (made)
        put(read, name, { id, from: { run: made.run, seq: made.seq, output: source.output } });
    } else {
      const data = own(run.plan.steps[step]?.data ?? {}, name);
      if (data !== undefined) put(read, name, { id, written: data.written, asset: data.asset });
    }
  }
  return read;
}
