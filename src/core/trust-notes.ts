// What a recorded result says against itself, in words: for the summary, `show`, `plan` and `why` alike. Pure.

import type { StepNode } from "../spec/graph.ts";
import type { OutputDifference, SeenFile, StepResult, UndeclaredReads } from "./output.ts";
import { unwatchedPython } from "./unwatched-python.ts";

/** How many files are named before "and n more". */
const NAMED = 3;

type Step = Pick<StepNode, "path" | "reuse" | "deterministic" | "command" | "trace">;

/** Sentences about a step's result that whoever relies on it must read; empty for most. */
export function trustNotes(step: Step, result: StepResult): readonly string[] {
  const unwatched = step.trace === false ? [] : unwatchedNotes(step, result);
  return [
    ...undeclaredNotes(step, result),
    ...unwatched,
    ...determinismNotes(step, result),
    ...doubtNotes(step, result),
  ];
}

/** Why nobody can be certain that the result is that of its fingerprint; null for most. */
export function describeDoubt(result: StepResult): string | null {
  return describeWritten(result) ?? describeEnvironment(result);
}

function describeWritten({ writtenInputs: inputs }: StepResult): string | null {
  if (inputs === undefined) return null;
  const [word, were, they] =
    inputs.length === 1 ? ["input", "was", "it was"] : ["inputs", "were", "they were"];
  return `${word} ${listed(inputs)} ${were} written to while ${they} read`;
}

function describeEnvironment({ environmentChanged: change }: StepResult): string | null {
  return change === undefined ? null : `its environment changed after it was planned (${change})`;
}

function doubtNotes(step: Step, result: StepResult): string[] {
  const written = describeWritten(result);
  const other = describeEnvironment(result);
  const notes = [
    ...(written === null
      ? []
      : [`${written}. The bytes are the same again, but nobody knows what it read`]),
    ...(other === null ? [] : [other]),
  ];
  return notes.map((note) => `${nameOf(step)}: ${note}: this result is not reused`);
}

/** Said of a step that has just run: why what reads it does not run. */
export function equivalenceNotes(step: Step, { equivalent }: StepResult): readonly string[] {
  if (equivalent === undefined) return [];
  return [
    `${nameOf(step)} made other bytes than in ${equivalent.run} that count as the same (${differing(equivalent)}): what reads them is reused`,
  ];
}

/** What a step relies on that its fingerprint does not hold, unless it says that its results do not last. */
export function undeclaredNotes(step: Step, { undeclared }: StepResult): readonly string[] {
  if (undeclared === undefined || !promisesReuse(step)) return [];
  const { files } = undeclared;
  const data = { ...undeclared, files: files.filter((file) => pythonOf(file) === null) };
  const pythons = files.flatMap((file) => pythonOf(file) ?? []);
  return [
    ...pythons.map((python) => pythonNote(nameOf(step), python)),
    ...fileNotes(nameOf(step), data),
    ...hostNotes(nameOf(step), data),
  ];
}

/** That nobody knows what a Python of the step read, unless it says that its results do not last. */
export function unwatchedNotes(step: Step, result: StepResult): readonly string[] {
  const why = promisesReuse(step) ? unwatchedPython(step, result) : null;
  if (why === null) return [];
  return [`${nameOf(step)} ran a Python that was not watched: ${why}. What it read is not known`];
}

/** Whether a result of the step is taken however old it is. */
export function promisesReuse(step: Step): boolean {
  return step.deterministic && step.reuse.kind === "auto";
}

/** `undeclared file changed: /data/x.csv`. */
export function describeChangedFile(file: SeenFile): string {
  const python = pythonOf(file);
  if (python !== null) return `packages changed in ${python}, which is not its environment`;
  return `undeclared ${file.sizeBytes === null ? "folder" : "file"} changed: ${file.path}`;
}

/** The folder of the Python whose packages lie there, when that is what was seen: steps have no other reason to list them. */
function pythonOf({ path, sizeBytes }: SeenFile): string | null {
  if (sizeBytes !== null) return null;
  return /^(.+)\/lib(?:64)?\/[^/]*py[^/]*\/(?:site|dist)-packages$/.exec(path)?.[1] ?? null;
}

function pythonNote(name: string, python: string): string {
  return `${name} ran the Python of ${python}, which is not its environment: not every change in it is seen. Say environment: {python: ${python}/bin/python}, or set reuse: {max_age: 1d}`;
}

function fileNotes(name: string, { files, more }: UndeclaredReads): string[] {
  const paths = [
    ...files.filter((file) => file.sizeBytes !== null).map((file) => file.path),
    ...files.filter((file) => file.sizeBytes === null).map((file) => `${file.path}/`),
  ];
  const total = paths.length + more;
  if (total === 0) return [];
  const [are, them] = total === 1 ? ["is not an input", "it"] : ["are not inputs", "them"];
  return [
    `${name} read ${listed(paths, total)}, which ${are}: a change to ${them} is not seen. Declare ${them}, or set reuse: {max_age: 1d}`,
  ];
}

function hostNotes(name: string, { hosts }: UndeclaredReads): string[] {
  if (hosts.length === 0) return [];
  return [
    `${name} connected to ${listed(hosts)}: a change to what it gets from there is not seen. Declare a file, or set reuse: {max_age: 1d}`,
  ];
}

function determinismNotes(step: Step, { notDeterministic }: StepResult): string[] {
  if (notDeterministic === undefined) return [];
  const { run } = notDeterministic;
  return [
    `${nameOf(step)} is not deterministic: from the same inputs it made other bytes than in ${run} (${differing(notDeterministic)}). Make it so, or say is_deterministic: false`,
  ];
}

function nameOf({ path }: Step): string {
  return path === "." ? "the step" : path;
}

/** `model: a.pkl, b.txt; report: index.html`. */
function differing(difference: OutputDifference): string {
  return Object.entries(difference.outputs)
    .map(([output, files]) => `${output}: ${listed(files)}`)
    .join("; ");
}

/** The first few names, and how many more there are. */
export function listed(names: readonly string[], total = names.length): string {
  const named = names.slice(0, NAMED);
  const rest = total - named.length;
  return rest > 0 ? `${named.join(", ")} and ${rest} more` : named.join(", ");
}
