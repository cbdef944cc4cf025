// What the user types, each command with the chance of it: runs in many ways, and what is done about them.

import type { RunView } from "../../operations/recorded/run-view.ts";
import type { Chance } from "../simulation/chance.ts";
import { handOver, runElsewhere } from "./colleague.ts";
import { edit, install, touch } from "./edits.ts";
import { CODES, judge } from "./judge.ts";
import { look, openShell, show, takeOut } from "./readings.ts";
import { archive, label, register } from "./registrations.ts";
import { collect, deleteOne, invalidate, pin, spoil } from "./removals.ts";
import {
  type Answer,
  answerOf,
  ask,
  begin,
  broken,
  going,
  type Session,
  type Tracked,
  tell,
} from "./session.ts";
import { kill, killAll, pause, stop } from "./strikes.ts";
import { detach, runToEnd, start, startAndKill, startTwo } from "./submit.ts";
import { sweep } from "./sweeps.ts";

type Act = (session: Session, chance: Chance) => Promise<void> | void;

/** Longer than the lease of an engine. */
const FROZEN_MS = 17_000;

const ACTS: readonly (readonly [number, Act])[] = [
  [12, edit],
  [2, touch],
  [1, install],
  [8, runToEnd],
  [5, start],
  [5, startAndKill],
  [2, startTwo],
  [2, follow],
  [1.5, interrupt],
  [0.7, killAll],
  [4, detach],
  [2, sweep],
  [3, runElsewhere],
  [0.7, handOver],
  [5, kill],
  [2, shortStop],
  [0.3, longStop],
  [2, cancel],
  [3, resume],
  [4, settle],
  [1, async (_, chance) => pause(chance.whole(100, 1500))],
  [2, look],
  [1, show],
  [1.5, deleteOne],
  [1, invalidate],
  [1, collect],
  [0.7, pin],
  [5, register],
  [1, label],
  [0.7, archive],
  [1, takeOut],
  [0.7, openShell],
  [1.5, spoil],
];

const TOTAL = ACTS.reduce((sum, [weight]) => sum + weight, 0);

export async function act(session: Session, chance: Chance): Promise<void> {
  let at = chance.next() * TOTAL;
  for (const [weight, one] of ACTS) {
    at -= weight;
    if (at < 0) return one(session, chance);
  }
}

async function shortStop(session: Session, chance: Chance): Promise<void> {
  (await stop(session, chance, chance.whole(50, 1500)))();
}

async function longStop(session: Session, chance: Chance): Promise<void> {
  const goOn = await stop(session, chance, FROZEN_MS);
  if (chance.happens(0.5)) await start(session, chance);
  goOn();
}

/** Somebody else looks on, or sees it through as well. */
async function follow(session: Session, chance: Chance): Promise<void> {
  const runs = going(session);
  if (runs.length === 0) return;
  const run = chance.pick(runs).name;
  // Known before anything else is done to it: these refuse a run that is not there.
  if ((await ask(session, "show", run, "--json")).code !== 0) return;
  const words = chance.pick([
    ["wait", run],
    ["attach", run],
    ["run", "--resume", run],
    ["logs", run, "-f"],
  ]);
  session.followers.push({ run, words: words.join(" "), watched: begin(session, ...words) });
}

/** Ctrl-C where it was started, a closed terminal, or a shutdown. */
async function interrupt(session: Session, chance: Chance): Promise<void> {
  const runs = going(session).filter(({ watched }) => watched !== null);
  if (runs.length === 0) return;
  const run = chance.pick(runs);
  const signal = chance.pick(["SIGINT", "SIGINT", "SIGHUP", "SIGTERM"] as const);
  run.isCanceled = true;
  run.isLeft = true;
  tell(session, `${signal} to the process of ${run.name}`);
  run.watched?.child.kill(signal);
  session.counts.kills += 1;
}

async function cancel(session: Session, chance: Chance): Promise<void> {
  const runs = going(session);
  if (runs.length === 0) return;
  const run = chance.pick(runs);
  run.isCanceled = true;
  const { code, stderr } = await ask(
    session,
    "cancel",
    run.name,
    ...(chance.happens(0.3) ? ["--kill"] : []),
  );
  if (code === 0) return;
  if (!/no run named|no Stepwell workspace/.test(stderr))
    broken(`cancel of ${run.name} ended with ${code}`);
  // It was killed before it was submitted.
  run.isCanceled = false;
}

async function resume(session: Session, chance: Chance): Promise<void> {
  const runs = [...session.runs.values()];
  if (runs.length > 0) await seeThrough(session, chance.pick(runs));
}

/** Everything that goes on is seen to its end. */
export async function settle(session: Session): Promise<void> {
  for (const run of going(session)) await seeThrough(session, run);
  for (const { run, words, watched } of session.followers.splice(0)) {
    const { code } = await answerOf(session, watched, words);
    const view = session.runs.get(run)?.view;
    const should = words.startsWith("logs") ? 0 : CODES[view?.status ?? ""];
    if (isRefused(session, run, watched.said())) continue;
    if (code !== null && view && code !== should)
      broken(`${words} ended with ${code}: ${watched.said()}`);
  }
}

/** Whoever waits for a run whose process was killed is told at once that nobody goes on with it. */
function isRefused(session: Session, run: string, said: string): boolean {
  const watched = session.runs.get(run)?.watched ?? null;
  const wasKilled = watched !== null && watched.child.signalCode !== null;
  return wasKilled && said.includes(`nobody goes on with ${run}`);
}

export async function seeThrough(session: Session, run: Tracked): Promise<RunView | null> {
  const first = await ownEnd(session, run);
  if (first !== null) return judge(session, run, first);
  const again = await ask(session, "run", "--resume", run.name, "--json");
  if (
    again.code !== null &&
    /no run named|no Stepwell workspace/.test(again.stdout + again.stderr)
  ) {
    if (run.watched === null) broken(`${run.name} is lost`);
    tell(session, `${run.name} had not been submitted`);
    session.runs.delete(run.name);
    return null;
  }
  return judge(session, run, again);
}

/** How the process that it was started in ended, if that saw it to its end. */
async function ownEnd(session: Session, run: Tracked): Promise<Answer | null> {
  if (run.watched === null || run.view !== null) return null;
  const { watched } = run;
  const answer = await answerOf(session, watched, `(run ${run.name})`);
  const isOver = answer.code !== null && answer.stdout !== "" && !run.isLeft;
  return isOver ? answer : null;
}
