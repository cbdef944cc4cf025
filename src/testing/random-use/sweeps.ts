// `run --each`: one run for each combination of values of the input `level` and of a step's parameter. What it names its runs is
// known when it ends; one that is killed before has left those that it had submitted.

import type { RunView } from "../../operations/recorded/run-view.ts";
import type { Chance } from "../simulation/chance.ts";
import { CODES, judge } from "./judge.ts";
import { fileOf, type Project } from "./project.ts";
import {
  type Answer,
  answerOf,
  ask,
  begin,
  broken,
  going,
  newTracked,
  type Session,
  type Tracked,
  tell,
} from "./session.ts";
import { kill, pause } from "./strikes.ts";
import { type Wish, wish } from "./submit.ts";

interface Sweep {
  /** Of all its runs but for the project. */
  readonly asked: Wish;
  /** With the values of each run, in order. */
  readonly projects: readonly Project[];
  readonly words: readonly string[];
  /** Its runs alone have it. */
  readonly tag: string;
}

export async function sweep(session: Session, chance: Chance): Promise<void> {
  const one = newSweep(session, chance);
  for (const other of going(session)) Object.assign(other, { planned: null, isAlone: false });
  session.counts.sweeps += 1;
  if (chance.happens(0.3)) return leave(session, one);
  const before = session.counts.kills;
  const most = chance.happens(0.4) ? ["--max-concurrent", String(chance.whole(1, 3))] : [];
  const watched = begin(session, ...one.words, ...most, "--json");
  const isInterrupted = chance.happens(0.15);
  if (isInterrupted) {
    await pause(chance.whole(0, 2500));
    tell(session, `SIGINT to the process of ${one.tag}`);
    watched.child.kill("SIGINT");
  } else if (chance.happens(0.4)) await kill(session, chance);
  const answer = await answerOf(session, watched, one.words.join(" "));
  const isStruck = session.counts.kills > before;
  const isDone = answer.code !== null && answer.stdout !== "";
  const names = isDone ? checkAnswer(one, answer, isInterrupted) : await submitted(session, one);
  const runs = track(session, one, names);
  for (const run of runs) {
    run.isCanceled = isInterrupted;
    if (isStruck) run.struck.add("all");
  }
  if (isDone) await judgeAll(session, runs, answer);
}

function newSweep(session: Session, chance: Chance): Sweep {
  const project = structuredClone(session.project);
  session.named += 1;
  const tag = `w${session.named}`;
  const words = ["run", fileOf(project), "--tag", `sweep=${tag}`];
  const asked = wish(session, chance, { project, words, source: null });
  const levels = chance.happens(0.7) ? valuesOf(chance) : [];
  const step = chance.pick(project.steps);
  const isSettable = step.group === null && typeof step.parameter === "number";
  const parameters = isSettable && chance.happens(0.7) ? valuesOf(chance) : [];
  const at = project.steps.indexOf(step);
  const options = [
    ...each("level", levels.length + parameters.length === 0 ? [project.level] : levels),
    ...each(`jobs.${step.name}.inputs.p`, parameters),
  ];
  const projects = orOne(levels).flatMap((level) =>
    orOne(parameters).map((parameter) => withValues(project, { level, at, parameter })),
  );
  return { asked, projects, words: [...asked.words, ...options], tag };
}

/** A range, or values in any order. */
function valuesOf(chance: Chance): readonly number[] {
  return chance.pick([[0, 1, 2], [2, 1], [1], [2, 0]]);
}

function each(name: string, values: readonly number[]): readonly string[] {
  if (values.length === 0) return [];
  const isRange = values.join() === "0,1,2";
  return ["--each", `${name}=${isRange ? "0..2" : values.join()}`];
}

function orOne(values: readonly number[]): readonly (number | null)[] {
  return values.length === 0 ? [null] : values;
}

interface Values {
  readonly level: number | null;
  /** Of the step in this place. */
  readonly parameter: number | null;
  readonly at: number;
}

function withValues(project: Project, { level, parameter, at }: Values): Project {
  const copy = structuredClone(project);
  const step = copy.steps[at];
  if (level !== null) copy.level = level;
  if (parameter !== null && step !== undefined) step.parameter = parameter;
  return copy;
}

async function leave(session: Session, one: Sweep): Promise<void> {
  const { code, stdout } = await ask(session, ...one.words, "--detach", "--json");
  if (code !== 0) broken(`--each --detach ended with ${code}`);
  const { names } = JSON.parse(stdout) as { readonly names: readonly string[] };
  if (names.length !== one.projects.length) broken(`--each --detach made ${names}`);
  track(session, one, names);
}

/** The first so many combinations, in order. */
function track(session: Session, one: Sweep, names: readonly string[]): readonly Tracked[] {
  return names.map((name, at) => {
    const project = one.projects[at] ?? broken(`${name} is of no combination`);
    const run = newTracked(session, { ...one.asked, name, project }, null);
    run.isAlone = false;
    session.runs.set(name, run);
    session.counts.runs += 1;
    return run;
  });
}

interface Told {
  readonly runs: readonly RunView[];
}

/** The names of its runs, all of them unless it was told to end. */
function checkAnswer({ projects, tag }: Sweep, answer: Answer, mayBeLess: boolean) {
  const { runs } = JSON.parse(answer.stdout) as Told;
  if (!Array.isArray(runs)) return broken(`${tag}: no runs are told\n${answer.stdout}`);
  const isWhole = runs.length === projects.length;
  if (!isWhole && !mayBeLess) broken(`${tag}: ${runs.length} runs`);
  const codes = [...runs.map(({ status }) => CODES[status]), ...(isWhole ? [] : [3])];
  const should = [1, 4, 3].find((code) => codes.includes(code)) ?? 0;
  if (answer.code !== should) broken(`${tag} ended with ${answer.code} instead of ${should}`);
  return runs.map(({ name }) => name);
}

/** What it had submitted before it was killed. */
async function submitted(session: Session, { tag }: Sweep): Promise<readonly string[]> {
  const words = ["runs", "--tag", `sweep=${tag}`, "--limit", "100", "--json"];
  const { code, stdout, stderr } = await ask(session, ...words);
  if (code !== 0 && /no Stepwell workspace/.test(stderr)) return [];
  if (code !== 0) broken(`${words.join(" ")} ended with ${code}`);
  const { runs } = JSON.parse(stdout) as { readonly runs: readonly { readonly name: string }[] };
  return runs.map(({ name }) => name).reverse();
}

async function judgeAll(
  session: Session,
  runs: readonly Tracked[],
  { stdout, stderr }: Answer,
): Promise<void> {
  const { runs: views } = JSON.parse(stdout) as Told;
  for (const [at, run] of runs.entries()) {
    const view = views[at];
    const code = CODES[view?.status ?? ""] ?? null;
    await judge(session, run, { code, stdout: JSON.stringify(view), stderr });
  }
}
