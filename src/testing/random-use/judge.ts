// Judges a run that has ended by what the model says: right bytes, nothing done twice, nothing else than `plan` promised, no
// failure without a cause.

import fs from "node:fs";
import path from "node:path";
import type { RunView, StepView } from "../../operations/recorded/run-view.ts";
import { isOld, isYoung, join } from "./ages.ts";
import { wrongCopies } from "./copies.ts";
import { bring, isElsewhere } from "./others-bytes.ts";
import { needsOf, pathOf } from "./project.ts";
import { broken, going, type Known, type Session, type Tracked } from "./session.ts";
import { type Made, mayRepeat, type Truth, truthOf } from "./truth.ts";

export const CODES: Readonly<Record<string, number>> = { Completed: 0, Failed: 1, Canceled: 3 };

export async function judge(
  session: Session,
  run: Tracked,
  answer: { readonly code: number | null; readonly stdout: string; readonly stderr: string },
): Promise<RunView> {
  const view = parse(run, answer);
  // It had ended before, unseen.
  if (run.collectedAt !== null && endOf(view) <= run.collectedAt) run.isDeleted = true;
  if (!run.isDeleted) await bring(session, view);
  const fail = (what: string): never => broken(`${run.name}: ${what}\n${brief(view)}`);
  if (answer.code !== CODES[view.status]) fail(`${view.status}, but ended with ${answer.code}`);
  if (view.status === "Canceled" && !run.isCanceled) fail("canceled by nobody");
  if (run.view !== null) return judgeAgain(session, run, run.view, view);
  const truths = truthOf(run.project, run.taken);
  const done = new Map(view.steps.map((step) => [step.name, step]));
  const failed = view.steps.filter(({ status }) => status === "Failed");
  const isCut = failed.length > 0 && !run.project.goesOn;
  for (const [name, truth] of truths) {
    const step = done.get(name) ?? fail(`no step ${name}`);
    const around = { session, done, isCut: isCut || view.status === "Canceled", view };
    const wrong = wrongOf(run, step, truth, around);
    if (wrong !== null) fail(`step ${name}: ${wrong}`);
  }
  const expected = [failed.length > 0 ? "Failed" : "Completed"];
  if (run.isCanceled) expected.push("Canceled");
  if (!expected.includes(view.status)) fail(`should be ${expected}`);
  const repeated = learn(run, truths, { session, done, isCut, view });
  if (repeated !== null) fail(repeated);
  run.view = view;
  for (const [name, { made }] of truths)
    if (made !== null && done.get(name)?.status === "Completed") run.made.set(name, made);
  session.counts.steps += view.steps.filter(({ reuse }) => reuse.decision === "ran").length;
  return view;
}

/** A run that has ended is told for ever as it was at its end, and what it made is there. */
function judgeAgain(session: Session, run: Tracked, before: RunView, view: RunView): RunView {
  const fail = (what: string): never => broken(`${run.name}: ${what}\n${brief(view)}`);
  if (stepLines(view) !== stepLines(before)) fail(`was another before:\n${brief(before)}`);
  for (const step of run.isDeleted ? [] : view.steps) {
    const made = run.made.get(step.name);
    if (made === undefined || session.spoilt.has(step.outputs.o?.path ?? "")) continue;
    const wrong = wrongBytes(run, step, made);
    if (wrong !== null) fail(`step ${step.name}: ${wrong}`);
  }
  return view;
}

function parse(
  run: Tracked,
  answer: { readonly stdout: string; readonly stderr: string },
): RunView {
  try {
    const view = JSON.parse(answer.stdout) as RunView;
    if (Array.isArray(view.steps)) return view;
  } catch {
    // Told below.
  }
  return broken(`${run.name}: no run is told\n${answer.stdout}\n${answer.stderr}`);
}

/** A view in few lines, for a message. */
function brief(view: RunView): string {
  return `${view.name} ${view.status} ${view.warnings.join("; ")}\n${stepLines(view)}`;
}

function stepLines(view: RunView): string {
  const lines = view.steps.map(({ name, status, reuse, attempts, error }) => {
    const tries = attempts.map(({ status, exitCode, reason }) => `${status}/${exitCode}/${reason}`);
    return `  ${name} ${status} ${reuse.decision} (${reuse.reason?.detail ?? ""}) ${tries} ${error?.message ?? ""}`;
  });
  return lines.join("\n");
}

type Done = ReadonlyMap<string, StepView>;

interface Around {
  readonly session: Session;
  readonly done: Done;
  /** A failure or a cancel may have kept the others from running. */
  readonly isCut: boolean;
  readonly view: RunView;
}

function wrongOf(run: Tracked, step: StepView, truth: Truth, around: Around): string | null {
  const { isCut, done } = around;
  if (run.wanted !== null && !run.wanted.has(step.name))
    return step.status === "Skipped" ? null : `${step.status} although --until leaves it out`;
  switch (step.status) {
    case "Completed":
      return wrongOfCompleted(run, step, truth, around);
    case "Failed":
      return truth.ends === "fails" || mayFail(run, truth, around) || isNotRetried(run, truth, done)
        ? null
        : `failed: ${step.error?.message} ${step.error?.logTail?.join(" | ")}`;
    case "Canceled":
      return isCut ? null : "canceled by nobody";
    case "Skipped":
      return isCut || isBlocked(run, truth, done) ? null : "skipped for no reason";
    default:
      return `is ${step.status} in a run that has ended`;
  }
}

/** A run that another failure has stopped tries nothing again. */
function isNotRetried({ project }: Tracked, { step }: Truth, done: Done): boolean {
  const steps = [...done.values()].filter(({ type }) => type !== "pipeline");
  const failed = steps.filter(({ status }) => status === "Failed");
  return step.trouble !== "none" && !project.goesOn && failed.length > 1;
}

function mayFail(run: Tracked, truth: Truth, { session, view }: Around): boolean {
  const name = pathOf(truth.step);
  if (run.isEdited || run.struck.has("all") || run.struck.has(name)) return true;
  const isThere = truth.key !== null && session.known.get(truth.key) === "there";
  return (
    run.isOnlyCached &&
    (!run.isAlone || !isThere || mayBeOld(session, truth, view) || mayRepeat(run, name, truth))
  );
}

/** Its result may have been too old when the run looked for it. */
function mayBeOld({ madeAt }: Session, { step, key }: Truth, view: RunView): boolean {
  const during = { from: Date.parse(view.started ?? ""), to: endOf(view) };
  return !isYoung(step, madeAt.get(key ?? ""), during);
}

function endOf({ finished }: RunView): number {
  return Date.parse(finished ?? "");
}

/** A step that it waits for has not completed. */
function isBlocked(run: Tracked, { step }: Truth, done: Done): boolean {
  return needsOf(step).some((need) => {
    const above = run.project.steps[need];
    return above !== undefined && done.get(pathOf(above))?.status !== "Completed";
  });
}

function wrongOfCompleted(
  run: Tracked,
  step: StepView,
  truth: Truth,
  { session, view }: Around,
): string | null {
  if (truth.made === null)
    return `completed, but it ${truth.ends === "fails" ? "fails" : "cannot begin"}`;
  if (step.reuse.decision === "none") return "completed without a decision";
  if (step.attempts.filter(({ exitCode }) => exitCode === 0).length > 1) return "succeeded twice";
  const planned = run.planned?.get(step.name);
  const ran = step.reuse.decision === "ran";
  if (planned === "run" && !ran) return `was planned to run, and was ${step.reuse.decision}`;
  if (planned === "reuse" && ran && !mayBeOld(session, truth, view))
    return "was planned to be reused, and ran";
  if (planned === "skip") return "was planned to be left out";
  if (ran && run.isOnlyCached) return "ran with --only-cached";
  if (ran && run.taken.has(step.name)) return "ran although --from takes it";
  if (!run.taken.has(step.name) && isTooOld(session, step, truth, view))
    return `took what is older than ${truth.step.reuse}`;
  if (step.metrics.size !== truth.made.size)
    return `metric ${step.metrics.size} instead of ${truth.made.size}`;
  if (session.spoilt.has(step.outputs.o?.path ?? "")) return "its output had been spoilt before";
  const { step: asked, made } = truth;
  return wrongBytes(run, step, made) ?? wrongCopies(session, run, { step: asked, made });
}

/** The result that it took was too old already when the run began. */
function isTooOld(
  session: Session,
  { reuse }: StepView,
  { step }: Truth,
  { started }: RunView,
): boolean {
  if (reuse.decision !== "reused") return false;
  const from = session.runs.get(reuse.from ?? "")?.view ?? null;
  if (from === null || started === null) return false;
  return isOld(step, { earliest: 0, latest: endOf(from) }, Date.parse(started));
}

function wrongBytes(run: Tracked, step: StepView, made: Made): string | null {
  const file = step.outputs.o?.path ?? "";
  const isGone = (place: string): boolean =>
    isElsewhere(place) || (run.isDeleted && !fs.existsSync(place));
  if (isGone(file)) return null;
  const text = fs.readFileSync(file, "utf8");
  if (text !== made.o)
    return `output o is ${JSON.stringify(text)} instead of ${JSON.stringify(made.o)}`;
  if (made.f === null) return null;
  const folder = step.outputs.f?.path ?? "";
  if (isGone(folder)) return null;
  const found = fs
    .readdirSync(folder)
    .sort()
    .map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]);
  const [is, should] = [JSON.stringify(found), JSON.stringify(Object.entries(made.f))];
  return is === should ? null : `output f is ${is} instead of ${should}`;
}

/** Takes over what was done, and says what was done although its result was there. */
function learn(
  run: Tracked,
  truths: ReadonlyMap<string, Truth>,
  { session, done, view }: Around,
): string | null {
  const { known, madeAt } = session;
  const before = new Map(known);
  const others = going(session).some((other) => other !== run);
  for (const [name, truth] of truths) {
    const step = done.get(name);
    const { key } = truth;
    if (step?.status !== "Completed" || key === null) continue;
    const free = mayRepeat(run, name, truth);
    if (step.reuse.decision !== "ran") {
      if (run.isAlone && before.get(key) === "wrong" && known.get(key) === "wrong")
        return `step ${name}: its result was invalidated, and reused`;
      continue;
    }
    const isKept = session.removals === run.removalsBefore;
    if (!free && isKept && before.get(key) === "there" && !mayBeOld(session, truth, view))
      return `step ${name}: ran although its result is there`;
    const earliest = Date.parse(step.attempts.at(-1)?.finished ?? "");
    madeAt.set(key, join(madeAt.get(key), { earliest, latest: endOf(view) }));
    known.set(
      key,
      after(known.get(key), { isSure: isKept && !run.isEdited && !(free && others), truth }),
    );
  }
  return null;
}

function after(
  known: Known | undefined,
  { isSure, truth }: { readonly isSure: boolean; readonly truth: Truth },
): Known {
  if (known === "there") return known;
  return isSure && truth.step.isDeterministic && truth.step.reuse !== "never" ? "there" : "maybe";
}
