// Asks for a new run, of the project as it is or of a recorded one, with random options; `plan` first, now and then.

import type { RunView } from "../../operations/recorded/run-view.ts";
import { eventually, exited } from "../rig.ts";
import type { Chance } from "../simulation/chance.ts";
import { checkPlan } from "./check-plan.ts";
import { judge } from "./judge.ts";
import { above, below, fileOf, type Project, pathOf, type Step } from "./project.ts";
import {
  type Answer,
  ask,
  begin,
  broken,
  going,
  LIMIT_MS,
  newTracked,
  type Session,
  type Tracked,
} from "./session.ts";
import { kill } from "./strikes.ts";
import type { Made } from "./truth.ts";

/** What is asked of a new run. */
export interface Wish {
  readonly project: Project;
  readonly words: readonly string[];
  readonly forced: "all" | ReadonlySet<string>;
  readonly wanted: ReadonlySet<string> | null;
  readonly taken: ReadonlyMap<string, Made>;
  readonly isOnlyCached: boolean;
  /** `never`: it must begin. `must`: `--from` has nothing to take. `may`: results were removed. */
  readonly refused: "never" | "may" | "must";
}

export async function runToEnd(session: Session, chance: Chance): Promise<void> {
  const { run, words, refused } = await submission(session, chance);
  await checkEnd(session, { run, refused }, await ask(session, ...words, "--json"));
}

/** The project as it is, with no options. */
export async function runPlainly(
  session: Session,
  chance: Chance,
  { mayPlan }: { readonly mayPlan: boolean } = { mayPlan: true },
): Promise<RunView> {
  const project = structuredClone(session.project);
  const plain = { forced: new Set<string>(), wanted: null, taken: new Map(), isOnlyCached: false };
  const asked: Wish = { project, words: ["run", fileOf(project)], ...plain, refused: "never" };
  const { run, words } = await submissionOf(session, chance, { wish: asked, mayPlan });
  return judge(session, run, await ask(session, ...words, "--json"));
}

export async function checkEnd(
  session: Session,
  { run, refused }: Pick<Submission, "run" | "refused">,
  answer: Answer,
): Promise<void> {
  if (answer.code !== 2) {
    if (refused === "must") broken(`${run.name}: took what is not there`);
    await judge(session, run, answer);
    return;
  }
  if (refused === "never") broken(`${run.name} was refused: ${answer.stdout}\n${answer.stderr}`);
  session.runs.delete(run.name);
}

/** Its process goes on while others are typed. */
export async function start(session: Session, chance: Chance): Promise<void> {
  await startAnd(session, chance, async () => {});
}

/** Something is killed while it is submitted, or a moment later. */
export async function startAndKill(session: Session, chance: Chance): Promise<void> {
  await startAnd(session, chance, () => kill(session, chance));
}

/** Both at once; what they ask for may be the same. */
export async function startTwo(session: Session, chance: Chance): Promise<void> {
  await startAnd(session, chance, async (words) => {
    // The latest run, which it takes from, would be the other one.
    if (!words.includes("--from")) await start(session, chance);
  });
}

/** What follows must not be typed before the definition was read. */
async function startAnd(
  session: Session,
  chance: Chance,
  meanwhile: (words: readonly string[]) => Promise<void>,
): Promise<void> {
  const { run, words, refused } = await submission(session, chance);
  if (refused !== "never") {
    await checkEnd(session, { run, refused }, await ask(session, ...words, "--json"));
    return;
  }
  const watched = begin(session, ...words, "--json");
  run.watched = watched;
  let isOver = false;
  void exited(watched.child).then(() => {
    isOver = true;
  });
  await meanwhile(words);
  const isSubmitted = (): boolean => isOver || watched.said().includes(`run ${run.name}:`);
  await eventually(isSubmitted, `${run.name} is submitted`, LIMIT_MS);
}

export async function detach(session: Session, chance: Chance): Promise<void> {
  const { run, words, refused } = await submission(session, chance);
  const answer = await ask(session, ...words, "--detach", "--json");
  if (answer.code === 2) return checkEnd(session, { run, refused }, answer);
  const said = answer.code === 0 ? JSON.parse(answer.stdout).name : null;
  if (said !== run.name) broken(`--detach of ${run.name} ended with ${answer.code}`);
}

interface Submission {
  readonly run: Tracked;
  readonly words: readonly string[];
  readonly refused: Wish["refused"];
}

export async function submission(
  session: Session,
  chance: Chance,
  { mayPlan }: { readonly mayPlan: boolean } = { mayPlan: true },
): Promise<Submission> {
  const ended = [...session.runs.values()].filter((run) => run.view !== null);
  const isAgain = ended.length > 0 && chance.happens(0.2);
  const wish = isAgain ? again(session, chance, chance.pick(ended)) : fresh(session, chance);
  const isPlanned = mayPlan && !isAgain && wish.refused === "never" && !wish.isOnlyCached;
  return submissionOf(session, chance, { wish, mayPlan: isPlanned });
}

async function submissionOf(
  session: Session,
  chance: Chance,
  { wish, mayPlan }: { readonly wish: Wish; readonly mayPlan: boolean },
): Promise<Submission> {
  const planned = mayPlan && chance.happens(0.6) ? await plan(session, wish) : null;
  for (const other of going(session)) Object.assign(other, { planned: null, isAlone: false });
  session.named += 1;
  session.counts.runs += 1;
  // Of one length: the beginning of a name means a run, too.
  const name = `${session.letter}${String(session.named).padStart(3, "0")}`;
  const { project, forced, wanted, taken, isOnlyCached, refused, words } = wish;
  const asked = { name, project, forced, wanted, taken, isOnlyCached };
  const run = newTracked(session, asked, planned);
  session.runs.set(name, run);
  const tag = chance.happens(0.2) ? ["--tag", "team=a"] : [];
  return { run, words: [...words, "--name", name, ...tag], refused };
}

async function plan(session: Session, wish: Wish): Promise<ReadonlyMap<string, string>> {
  const words = ["plan", ...wish.words.slice(1), "--json"];
  const from = Date.now();
  const { code, stdout, stderr } = await ask(session, ...words);
  if (code !== 0) broken(`plan ended with ${code}\n${stdout}\n${stderr}`);
  const { steps } = JSON.parse(stdout) as {
    readonly steps: readonly { readonly name: string; readonly decision: string }[];
  };
  const planned = new Map(steps.map(({ name, decision }) => [name, decision]));
  if (going(session).length === 0)
    checkPlan(session, { ...wish, time: { from, to: Date.now() } }, planned);
  return planned;
}

/** A run of the file. */
function fresh(session: Session, chance: Chance): Wish {
  const latest = [...session.runs.values()].at(-1) ?? null;
  const project = structuredClone(session.project);
  const words = ["run", fileOf(project), ...overrides(project, chance)];
  return wish(session, chance, { project, words, source: latest });
}

/** Changes the copy as the options say. */
function overrides(project: Project, chance: Chance): readonly string[] {
  const step = chance.pick(project.steps);
  if (chance.happens(0.1)) {
    project.level = chance.whole(0, 2);
    return ["--input", `level=${project.level}`];
  }
  if (step.group !== null || typeof step.parameter !== "number" || chance.happens(0.8)) return [];
  step.parameter = chance.whole(0, 3);
  return ["--set", `jobs.${step.name}.inputs.p=${step.parameter}`];
}

/** The recorded definition; with `--latest` its files as they are now. */
function again(session: Session, chance: Chance, source: Tracked): Wish {
  const project = structuredClone(source.project);
  const { codes, files, folders, registry, packageVersion } = session.project;
  // In a Python that is another now it would be no repetition.
  const isLatest = project.packageVersion !== packageVersion || chance.happens(0.4);
  const now = { codes, files, folders, registry, packageVersion };
  if (isLatest) {
    Object.assign(project, structuredClone(now));
    project.steps.forEach((step, at) => {
      readAgain(step, session.project.steps[at] as Step);
    });
  }
  const words = ["rerun", source.name, ...(isLatest ? ["--latest"] : [])];
  return wish(session, chance, { project, words, source });
}

/** Files of components and of the nested pipeline say what they say now; the pipeline's own is as it was. */
function readAgain(step: Step, now: Step): void {
  const { variable, ms, fails } = now;
  if (step.group !== null) Object.assign(step, structuredClone(now));
  else if (step.form === "component" && step.way === null)
    Object.assign(step, { variable, ms, fails });
}

interface Beginning {
  readonly project: Project;
  readonly words: readonly string[];
  /** The run that `--from` takes results of. */
  readonly source: Tracked | null;
}

/** With options that are drawn. */
export function wish(
  session: Session,
  chance: Chance,
  { project, words, source }: Beginning,
): Wish {
  const paths = project.steps.map(pathOf);
  const at = (places: Iterable<number>): Set<string> =>
    new Set([...places].map((place) => paths[place] as string));
  const options: string[] = [];
  let forced: Wish["forced"] = new Set();
  if (chance.happens(0.08)) {
    forced = "all";
    options.push("--force");
  } else if (chance.happens(0.12)) {
    forced = new Set([chance.pick(paths)]);
    options.push(`--force=${[...forced].join(",")}`);
  }
  let wanted: Set<string> | null = null;
  if (chance.happens(0.12)) {
    const until = chance.whole(0, paths.length - 1);
    wanted = at([until, ...above(project, until)]);
    options.push("--until", paths[until] as string);
  }
  const isOnlyCached = chance.happens(0.06);
  if (isOnlyCached) options.push("--only-cached");
  const taken = new Map<string, Made>();
  let refused: Wish["refused"] = "never";
  if (source?.view && chance.happens(0.12)) {
    const from = chance.whole(0, paths.length - 1);
    const new_ = at([from, ...below(project, from)]);
    options.push("--from", paths[from] as string);
    refused = session.removals > 0 ? "may" : "never";
    for (const path of paths) {
      if (new_.has(path) || (wanted !== null && !wanted.has(path))) continue;
      const made = source.made.get(path);
      if (made === undefined) refused = "must";
      else taken.set(path, made);
    }
  }
  if (words[0] === "rerun" && session.removals > 0 && refused === "never") refused = "may";
  return { project, words: [...words, ...options], forced, wanted, taken, isOnlyCached, refused };
}
