// Somebody else on the same project, with a folder and a workspace of their own and the same shared cache: what one has made the
// other need not, and gets with the right bytes.

import fs from "node:fs";
import { makeRig } from "../rig.ts";
import { type Chance, createChance } from "../simulation/chance.ts";
import { pathOf } from "./project.ts";
import { bringRegistry } from "./registrations.ts";
import { ask, broken, going, newSession, type Session, type Tracked, tell } from "./session.ts";
import { checkEnd, runPlainly, submission } from "./submit.ts";
import { truthOf } from "./truth.ts";
import { writeProject } from "./write-project.ts";

/** The other one gets the project as it is, and runs it in any way. */
export async function runElsewhere(session: Session, chance: Chance): Promise<void> {
  if (!session.project.isShared) return;
  // What the other one shares may be taken.
  for (const run of going(session)) Object.assign(run, { planned: null, isAlone: false });
  const other = await visit(session);
  const { run, words, refused } = await submission(other, chance, { mayPlan: false });
  // So may what is shared here meanwhile.
  run.isAlone = false;
  await checkEnd(other, { run, refused }, await ask(other, ...words, "--json"));
  learnOf(session, run);
}

/** The other one pulls a run by its name, and has what it made itself. */
export async function handOver(session: Session, chance: Chance): Promise<void> {
  const runs = [...session.runs.values()].filter(
    ({ view, made, isDeleted }) => view !== null && made.size > 0 && !isDeleted,
  );
  if (!session.project.isShared || runs.length === 0) return;
  const run = chance.pick(runs);
  const pushed = await ask(session, "push", run.name, "--json");
  if (pushed.code !== 0) broken(`push of ${run.name} ended with ${pushed.code}`);
  const { results } = resultsOf(pushed.stdout, run);
  const other = await visit(session);
  const pulled = await ask(other, "pull", run.name, "--json");
  // What cannot be shared any more may have been shared at its end.
  if (pulled.code !== 0 && (pulled.code !== 1 || results > 0))
    broken(`pull of ${run.name} ended with ${pulled.code}: ${pulled.stderr}`);
  if (pulled.code !== 0) return;
  learnOf(other, run);
  const names = (JSON.parse(pulled.stdout) as Pulled).pulled.map((one) => one.run);
  const own = run.view?.steps.filter(({ reuse }) => reuse.decision === "ran") ?? [];
  const paths = own.map(({ name }) => name).filter((name) => run.made.has(name));
  for (const name of names) {
    const isWhole = names.length === 1 && results === paths.length;
    for (const path of paths) await checkOutput(other, { name, path, isWhole }, run);
  }
}

interface Pulled {
  readonly pulled: readonly { readonly run: string }[];
}

function resultsOf(stdout: string, { name }: Tracked): { readonly results: number } {
  const { pushed } = JSON.parse(stdout) as {
    readonly pushed: readonly {
      readonly runs: readonly { readonly run: string; readonly results: number }[];
    }[];
  };
  const found = pushed[0]?.runs.find(({ run }) => run === name);
  return found ?? broken(`push of ${name} says ${stdout}`);
}

interface Wanted {
  /** Of the run as it is called there. */
  readonly name: string;
  readonly path: string;
  /** All that the run made came with it. */
  readonly isWhole: boolean;
}

async function checkOutput(
  other: Session,
  { name, path, isWhole }: Wanted,
  { made }: Tracked,
): Promise<void> {
  const words = ["outputs", name, `${path}.o`];
  const { code, stdout } = await ask(other, ...words);
  if (code !== 0 && isWhole) broken(`${words.join(" ")} ended with ${code}`);
  if (code !== 0) return;
  const [is, should] = [fs.readFileSync(stdout.trim(), "utf8"), made.get(path)?.o];
  if (is !== should) broken(`${words.join(" ")}: ${is} instead of ${should}`);
}

/** With the project as it is now in their folder, and what is registered here. */
async function visit(session: Session): Promise<Session> {
  const other = session.colleague ?? newColleague(session);
  session.colleague = other;
  session.counts.elsewhere += 1;
  tell(session, `in ${other.rig.folder}:`);
  const { registry } = other.project;
  const project = structuredClone(session.project);
  other.project = { ...project, registry };
  await bringRegistry(other, project.registry);
  writeProject(other.project, other.rig.folder, other.place);
  return other;
}

function newColleague(session: Session): Session {
  const rig = makeRig("random-use-other");
  fs.mkdirSync(rig.at(".git"));
  const registry = { file: {}, folder: {}, work: {} };
  return newSession(rig, { ...session.project, registry }, session);
}

/**
 * Results of theirs may be taken here; of work that was invalidated, those which they have made since. Of work that has a result
 * here, the newest may be theirs.
 */
function learnOf({ known, madeAt }: Session, run: Tracked): void {
  const done = new Map(run.view?.steps.map((step) => [step.name, step]));
  for (const [name, { key }] of truthOf(run.project, run.taken)) {
    const step = done.get(name);
    if (key === null || step?.status !== "Completed") continue;
    const isNew = step.reuse.decision === "ran";
    if (!known.has(key) || (isNew && known.get(key) === "wrong")) known.set(key, "maybe");
    const own = madeAt.get(key);
    const theirs = Date.parse(run.view?.finished ?? "");
    if (isNew && own !== undefined)
      madeAt.set(key, { ...own, latest: Math.max(own.latest, theirs) });
  }
}

/** Everything that can be reused has just been made or taken here, so nothing of it runs there. */
export async function checkShared(session: Session): Promise<void> {
  if (!session.project.isShared) return;
  const other = await visit(session);
  // Of what is made here nothing is known there.
  const view = await runPlainly(other, createChance(0), { mayPlan: false });
  if (view.status !== "Completed") broken(`${view.name}: what was shared must complete`);
  for (const step of other.project.steps) {
    const { decision } = view.steps.find(({ name }) => name === pathOf(step))?.reuse ?? {};
    const isReusable = step.isDeterministic && (step.reuse === "auto" || step.reuse === "1d");
    if (isReusable && decision === "ran") broken(`${view.name}: ${pathOf(step)} ran elsewhere`);
  }
}
