// How a Python finds out that it is watched: variables that let it load our `sitecustomize` first and tell it what belongs
// to the step. What it writes down is read by `undeclared-reads`.

import type { AttemptContext } from "../ports/step-types.ts";
import { own } from "../spec/own-keys.ts";
import { asFolder, type WatchPlaces, watchRules, withTargets } from "./watch-rules.ts";

/** Bytes of one variable that name inputs; what is left out here is left out again when the record is read. */
const MOST_BYTES = 60_000;

export function readsFile(attemptFolder: string): string {
  return `${attemptFolder}/reads`;
}

/** `others`: the variables that the step gets anyway. */
export function watchVariables(
  context: AttemptContext,
  places: WatchPlaces,
  others: Readonly<Record<string, string>>,
): Record<string, string> {
  const { wanted, unwanted } = watchRules(places, others);
  const paths = [readsFile(context.staged.folder), ...ownPlaces(context)];
  while (paths.length > 3 && Buffer.byteLength(paths.join("\n")) > MOST_BYTES) paths.pop();
  return {
    PYTHONPATH: [places.hookFolder, ...(others.PYTHONPATH ? [others.PYTHONPATH] : [])].join(":"),
    STEPWELL_WATCH: paths.join("\n"),
    STEPWELL_WATCH_RULES: `${wanted.join("\n")}\n\n${unwanted.join("\n")}`,
  };
}

/** What belongs to an attempt: its folders, what the step saves on its way, and the inputs that it was given. */
export function ownPlaces(context: AttemptContext): readonly string[] {
  const { staged, attemptId, plan, index, checkpoint } = context;
  const outputs = Object.values(staged.outputs).map((output) => aboveOf(output, attemptId));
  const node = plan.graph.steps[index];
  const data = plan.steps[index]?.data ?? {};
  const inputs = Object.entries(node?.inputs ?? {}).flatMap(([name, { source }]) => {
    if (source.kind === "data") return own(data, name)?.path ?? [];
    return source.kind === "step" ? (context.outputOf(source.step, source.output)?.path ?? []) : [];
  });
  const folders = [staged.folder, staged.workFolder, ...outputs];
  const saved = checkpoint === null ? [] : [checkpoint];
  return [...new Set([...folders, ...withTargets([...saved, ...inputs])])];
}

/** The folder of the attempt that an output lies in. */
function aboveOf(output: string, attemptId: string): string {
  const at = output.indexOf(asFolder(`/${attemptId}`));
  return at < 0 ? output : output.slice(0, at + attemptId.length + 1);
}
