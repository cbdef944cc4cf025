// How a Python finds out that it is watched: variables that let it load our `sitecustomize` first and tell it what belongs
// to the step. What it writes down is read by `undeclared-reads`.

import type { AttemptContext } from "../ports/step-types.ts";
import { own } from "../spec/own-keys.ts";
import type { StepVariables } from "./step-variables.ts";
import { asFolder, type WatchPlaces, watchRules, withTargets } from "./watch-rules.ts";

/** Bytes of one variable that name inputs; what is left out here is left out again when the record is read. */
const MOST_BYTES = 60_000;

export function readsFile(attemptFolder: string): string {
  return `${attemptFolder}/reads`;
}

/** Adds to the variables that the step gets anyway; nothing where a line cannot hold the path of the record. */
export function watchVariables(
  context: AttemptContext,
  places: WatchPlaces,
  { shared, variables }: StepVariables,
): void {
  if (context.staged.folder.includes("\n")) return;
  const given = (name: string): string | undefined => own(variables, name) ?? own(shared, name);
  const theirs = given("PYTHONPATH");
  variables.PYTHONPATH = theirs ? `${places.hookFolder}:${theirs}` : places.hookFolder;
  variables.STEPWELL_WATCH = within([readsFile(context.staged.folder), ...ownPlaces(context)]);
  if (context.environment.python !== null)
    variables.STEPWELL_WATCH_PYTHON = context.environment.python;
  const homes = { HOME: given("HOME"), TMPDIR: given("TMPDIR") };
  variables.STEPWELL_WATCH_RULES = rulesText(places, homes);
}

function within(paths: readonly string[]): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const one of paths) {
    bytes += Buffer.byteLength(one) + 1;
    if (kept.length >= 3 && bytes > MOST_BYTES) break;
    kept.push(one);
  }
  return kept.join("\n");
}

/** Where a variable of a step leads: its home folder and its temporary one. */
type Homes = Readonly<Record<"HOME" | "TMPDIR", string | undefined>>;

/** The last answer for each places: one step mostly asks what the one before it asked. */
const told = new WeakMap<WatchPlaces, Homes & { readonly text: string }>();

function rulesText(places: WatchPlaces, homes: Homes): string {
  const last = told.get(places);
  if (last && last.HOME === homes.HOME && last.TMPDIR === homes.TMPDIR) return last.text;
  const { wanted, unwanted } = watchRules(places, homes);
  const text = `${wanted.join("\n")}\n\n${unwanted.join("\n")}`;
  told.set(places, { ...homes, text });
  return text;
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
