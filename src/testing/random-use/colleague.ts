// Somebody else on the same project, with a folder and a workspace of their own and the same shared cache: what one has made the
// other need not, and gets with the right bytes.

import fs from "node:fs";
import { makeRig } from "../rig.ts";
import { type Chance, createChance } from "../simulation/chance.ts";
import { pathOf } from "./project.ts";
import { ask, broken, going, newSession, type Session, type Tracked, tell } from "./session.ts";
import { checkEnd, runPlainly, submission } from "./submit.ts";
import { truthOf } from "./truth.ts";
import { writeProject } from "./write-project.ts";

/** The other one gets the project as it is, and runs it in any way. */
export async function runElsewhere(session: Session, chance: Chance): Promise<void> {
  if (!session.project.isShared) return;
  // What the other one shares may be taken.
  for (const run of going(session)) Object.assign(run, { planned: null, isAlone: false });
  const other = visit(session);
  const { run, words, refused } = await submission(other, chance, { mayPlan: false });
  // So may what is shared here meanwhile.
  run.isAlone = false;
  await checkEnd(other, { run, refused }, await ask(other, ...words, "--json"));
  learnOf(session, run);
}

/** With the project as it is now in their folder. */
function visit(session: Session): Session {
  const other =
    session.colleague ?? newSession(makeRig("random-use-other"), session.project, session);
  session.colleague = other;
  other.project = structuredClone(session.project);
  fs.mkdirSync(other.rig.at(".git"), { recursive: true });
  writeProject(other.project, other.rig.folder, other.place);
  session.counts.elsewhere += 1;
  tell(session, `in ${other.rig.folder}:`);
  return other;
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
    if (isNew && own !== undefined)
      madeAt.set(key, { ...own, latest: Date.parse(run.view?.finished ?? "") });
  }
}

/** Everything that can be reused has just been made or taken here, so nothing of it runs there. */
export async function checkShared(session: Session): Promise<void> {
  if (!session.project.isShared) return;
  const other = visit(session);
  // Of what is made here nothing is known there.
  const view = await runPlainly(other, createChance(0), { mayPlan: false });
  if (view.status !== "Completed") broken(`${view.name}: what was shared must complete`);
  for (const step of other.project.steps) {
    const { decision } = view.steps.find(({ name }) => name === pathOf(step))?.reuse ?? {};
    const isReusable = step.isDeterministic && (step.reuse === "auto" || step.reuse === "1d");
    if (isReusable && decision === "ran") broken(`${view.name}: ${pathOf(step)} ran elsewhere`);
  }
}
