// What a user means by RUN: a name, the unique beginning of one, `last`, `last-failed`, `last~2`, `PIPELINE@last`. And by
// one word where a run and a part of it may stand: decided by what exists.

import type { RunFilter, RunRow } from "../../ports/records.ts";
import { didYouMean } from "../../spec/did-you-mean.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { type RecordedRun, readRun } from "./read-run.ts";
import { runSlug } from "./run-slug.ts";

/** `PIPELINE@`, then one of `RUN_WORDS`, then `~2`: two before it. */
const RELATIVE = /^(?:(?<pipeline>.+)@)?last(?<failed>-failed)?(?:~(?<back>\d{1,4}))?$/;
const SEE_RUNS = "see what there is: stepwell runs";

/** The full name of the run that `word` means; null means `last`. */
export async function findRun(
  workspace: Workspace,
  word: string | null,
): Promise<string | Refusal> {
  const wanted = word ?? "last";
  if (wanted === "") return emptyWord("run");
  const exact = await workspace.records.run(wanted);
  if (exact !== null) return exact.name;
  const relative = RELATIVE.exec(wanted)?.groups;
  if (relative !== undefined) return findRelative(workspace, wanted, relative);
  const found = await startingWith(workspace, wanted);
  const [only, ...more] = found;
  if (only === undefined) return refuse("unknown_run", `no run named ${wanted}`, SEE_RUNS);
  return more.length === 0 ? only.name : severalRuns(wanted, found);
}

/** A run and what stands behind it (a step, an output), as typed; `part` is null where it was left out. */
export interface Target {
  readonly run: string;
  readonly part: string | null;
}

/** One word is a run, a part of the last run, or `RUN.PART`; two words are a run and a part; none is the last run. */
export async function findTarget(
  workspace: Workspace,
  words: readonly string[],
  parts: { readonly kind: string; readonly namesOf: (run: RecordedRun) => readonly string[] },
): Promise<Target | Refusal> {
  const [first = null, second = null] = words;
  if (first === "" || second === "") return emptyWord(second === "" ? parts.kind : "run");
  if (first === null || second !== null) {
    const run = await findRun(workspace, first);
    return isRefusal(run) ? run : { run, part: second };
  }
  if ((await workspace.records.run(first)) !== null) return { run: first, part: null };
  const last = await findRun(workspace, null);
  if (isRefusal(last)) return last;
  const recorded = await readRun(workspace, last);
  const names = isRefusal(recorded) ? [] : parts.namesOf(recorded);
  const run = await findRun(workspace, first);
  if (!names.includes(first)) {
    if (!isRefusal(run)) return { run, part: null };
    const joined = await findJoined(workspace, first, parts.namesOf);
    if (joined !== null) return joined;
    return run.code === "unknown_run" ? neither(first, last, parts.kind, names) : run;
  }
  // The beginning of the last run's own name: both readings mean that run, and one says more.
  if (isRefusal(run) || run === last) return { run: last, part: first };
  return refuse(
    "ambiguous_word",
    `${first} is a ${parts.kind} of ${last} and the beginning of run ${run}`,
    `write ${last} ${first}, or ${run}`,
  );
}

/** `RUN.PART` in one word; both may hold dots. */
async function findJoined(
  workspace: Workspace,
  word: string,
  namesOf: (run: RecordedRun) => readonly string[],
): Promise<Target | null> {
  for (let dot = word.indexOf("."); dot !== -1; dot = word.indexOf(".", dot + 1)) {
    const run = await findRun(workspace, word.slice(0, dot));
    const recorded = isRefusal(run) ? run : await readRun(workspace, run);
    if (isRefusal(recorded)) continue;
    const part = word.slice(dot + 1);
    if (namesOf(recorded).includes(part)) return { run: recorded.row.name, part };
  }
  return null;
}

function emptyWord(kind: string): Refusal {
  return refuse(
    "wrong_usage",
    `the name of the ${kind} is empty`,
    "is a variable in your command line unset? Leave the word out for the last run",
  );
}

async function findRelative(
  workspace: Workspace,
  word: string,
  { pipeline, failed, back }: Readonly<Record<string, string | undefined>>,
): Promise<string | Refusal> {
  const skipped = Number(back ?? 0);
  const status = failed === undefined ? {} : { status: "Failed" as const };
  for (const filter of await filtersOf(workspace, pipeline)) {
    const rows = await workspace.records.runs({ ...filter, ...status, limit: skipped + 1 });
    const row = rows[skipped];
    if (row !== undefined) return row.name;
    if (rows.length > 0) return tooFar(word, rows.length);
  }
  const what = failed === undefined ? "run" : "failed run";
  const where = pipeline === undefined ? "in this workspace" : `of a pipeline ${pipeline}`;
  return refuse("unknown_run", `${word}: there is no ${what} ${where} yet`, SEE_RUNS);
}

function tooFar(word: string, count: number): Refusal {
  const there = count === 1 ? "there is only one" : `there are only ${count}`;
  return refuse("unknown_run", `${word}: ${there} of them`, SEE_RUNS);
}

/** A pipeline by the name in its file, or by that name as it stands in the names of its runs. */
async function filtersOf(
  workspace: Workspace,
  pipeline: string | undefined,
): Promise<readonly Omit<RunFilter, "limit">[]> {
  if (pipeline === undefined) return [{}];
  const named = await workspace.records.runs({ namePrefix: `${pipeline}-`, limit: 50 });
  const other = named.find((row) => runSlug(row.pipeline) === pipeline);
  return [{ pipeline }, ...(other === undefined ? [] : [{ pipeline: other.pipeline }])];
}

const SHOWN = 3;

function startingWith(workspace: Workspace, prefix: string): Promise<readonly RunRow[]> {
  return workspace.records.runs({ namePrefix: prefix, imported: true, limit: SHOWN + 1 });
}

function severalRuns(word: string, rows: readonly RunRow[]): Refusal {
  const names = rows.slice(0, SHOWN).map((row) => row.name);
  const more = rows.length > SHOWN ? ", …" : "";
  return refuse(
    "ambiguous_word",
    `several runs begin with ${word}: ${names.join(", ")}${more}`,
    `write more of the name, or ${runSlug(rows[0]?.pipeline ?? word)}@last for the newest`,
  );
}

function neither(word: string, last: string, kind: string, names: readonly string[]): Refusal {
  const near = didYouMean(word, names);
  const list = names.length === 0 ? "" : `; ${last} has ${names.slice(0, 12).join(", ")}`;
  return refuse(
    kind === "step" ? "unknown_step" : "unknown_output",
    `${word} is neither a run nor ${kind === "step" ? "a step" : "an output"} of ${last}, the last run`,
    near === null ? `${SEE_RUNS}${list}` : `did you mean ${near}? ${SEE_RUNS}`,
  );
}
