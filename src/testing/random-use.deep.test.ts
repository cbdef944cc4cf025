import fs from "node:fs";
import { it } from "vitest";
import { act } from "./random-use/commands.ts";
import { checkRest } from "./random-use/end.ts";
import { makeProject } from "./random-use/project.ts";
import { newSession, type Session } from "./random-use/session.ts";
import { writeProject } from "./random-use/write-project.ts";
import { makeRig } from "./rig.ts";
import { createChance } from "./simulation/chance.ts";
import { SEED } from "./thirty-steps.ts";

// A user who does anything at any time: from a seed a pipeline, then commands, edits, kills and stops, judged by a model after
// each. STEPWELL_SEED replays one sequence, as far as moments can be replayed; STEPWELL_SEEDS says how many are played.

const SEEDS = Number(process.env.STEPWELL_SEEDS ?? 6);

async function play(seed: number): Promise<Session> {
  const rig = makeRig("random-use");
  fs.mkdirSync(rig.at(".git"));
  const chance = createChance(seed);
  const session = newSession(rig, makeProject(chance));
  writeProject(session.project, rig.folder);
  const commands = chance.whole(20, 80);
  try {
    // Chance of each command's own: what one draws does not change the next.
    for (let at = 0; at < commands; at += 1) await act(session, createChance(seed * 1000 + at));
    await checkRest(session);
  } catch (error) {
    // Its folder stays, to be looked at.
    const replay = `STEPWELL_SEEDS=1 STEPWELL_SEED=${seed} npm run test:deep -- random-use`;
    const story = session.story.join("\n");
    const { message } = error as Error;
    const folders = [rig.folder, ...(session.colleague ? [session.colleague.rig.folder] : [])];
    const told = `${message}\nin ${folders.join(" and ")}; ${replay}\nwhat was done:\n${story}`;
    rig.write("what-was-done.txt", `${told}\n`);
    throw new Error(told, { cause: error });
  }
  rig.remove();
  session.colleague?.rig.remove();
  return session;
}

it.each(Array.from({ length: SEEDS }, (_, index) => SEED + index))(
  "whatever a user does, runs end as the model says (seed %i)",
  async (seed) => {
    const { counts } = await play(seed);
    console.log(`random use, seed ${seed}: ${JSON.stringify(counts)}`);
  },
  1_800_000,
);
