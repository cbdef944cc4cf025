// What a recorded result says against itself, in words: for the summary, `show`, `plan` and `why` alike. Pure.

import type { OutputDifference, StepResult } from "./output.ts";

/** How many files are named before "and n more". */
const NAMED = 3;

/** Sentences about a step's result that whoever relies on it must read; empty for most. */
export function trustNotes(path: string, result: StepResult): readonly string[] {
  const name = path === "." ? "the step" : path;
  const { notDeterministic } = result;
  if (notDeterministic === undefined) return [];
  return [
    `${name} is not deterministic: from the same inputs it made other bytes than in ${notDeterministic.run} (${differing(notDeterministic)}). Make it so, or say is_deterministic: false`,
  ];
}

/** `model: a.pkl, b.txt; report: index.html`. */
export function differing(difference: OutputDifference): string {
  return Object.entries(difference.outputs)
    .map(([output, files]) => `${output}: ${listed(files)}`)
    .join("; ");
}

function listed(files: readonly string[]): string {
  const rest = files.length - NAMED;
  const named = files.slice(0, NAMED).join(", ");
  return rest > 0 ? `${named} and ${rest} more` : named;
}
