// What must hold when the user has gone: every run has its end, which is still there as it was; the same pipeline again runs
// nothing; no process is left, no step was at work twice, and the record is whole.

import fs from "node:fs";
import { openDatabase } from "../../records/sqlite/driver.ts";
import { eventually, processesOf } from "../rig.ts";
import { createChance } from "../simulation/chance.ts";
import { checkShared } from "./colleague.ts";
import { settle } from "./commands.ts";
import { pathOf } from "./project.ts";
import { showOne } from "./readings.ts";
import { workMeant } from "./registry.ts";
import { ask, broken, type Session, tell } from "./session.ts";
import { PLACES } from "./step-programs.ts";
import { runPlainly } from "./submit.ts";
import { writeProject } from "./write-project.ts";

export async function checkRest(session: Session): Promise<void> {
  tell(session, "the end");
  await settle(session);
  for (const run of [...session.runs.values()]) await showOne(session, run);
  await checkReuse(session);
  const { rig } = session;
  const isQuiet = (): boolean => processesOf(rig.folder).length === 0;
  await eventually(isQuiet, "no process of the workspace is left", 60_000);
  await checkShared(session);
  checkSteps(session);
  checkRecord(session);
}

/** All can complete; then nothing needs to run any more. */
async function checkReuse(session: Session): Promise<void> {
  const { project, rig } = session;
  project.steps.forEach((step, at) => {
    step.fails = false;
    if (workMeant(project, at).fails) step.way = null;
  });
  project.isForced = false;
  writeProject(project, rig.folder);
  tell(session, "edit: nothing fails");
  const chance = createChance(0);
  for (const must of ["complete", "be reused"]) {
    const view = await runPlainly(session, chance);
    if (view.status !== "Completed") broken(`${view.name}: the last runs must complete`);
    if (must === "complete") continue;
    for (const step of project.steps) {
      const decision = view.steps.find(({ name }) => name === pathOf(step))?.reuse.decision;
      const isReusable = step.isDeterministic && step.reuse !== "never" && step.reuse !== "10s";
      if (isReusable && decision === "ran") broken(`${view.name}: ${pathOf(step)} ran again`);
    }
  }
  const { code } = await ask(session, "gc");
  if (code !== 0) broken(`gc ended with ${code}`);
}

/** What the steps' own programs have told. */
function checkSteps({ rig, runs }: Session): void {
  const told = fs.existsSync(rig.at(PLACES.violations)) ? rig.read(PLACES.violations) : "";
  for (const line of told.split("\n").filter(Boolean)) {
    const run = runs.get(/: ([^/]+)\//.exec(line)?.[1] ?? "");
    // Its data was edited under it: it read other work's.
    if (!line.startsWith("a checkpoint of other work") || !run?.isEdited) broken(line);
  }
  const seen = new Set<string>();
  const ended = new Set<string>();
  for (const line of rig.read(PLACES.ledger).split("\n").filter(Boolean)) {
    if (seen.has(line)) broken(`twice in the ledger: ${line}`);
    seen.add(line);
    const [what, who = ""] = line.split(" ");
    if (what !== "end") continue;
    const run = runs.get(who.split("/")[0] ?? "");
    // A supervisor that is killed knows no more how its steps ended.
    if (ended.has(who) && run?.struck.size === 0) broken(`${who} ended well twice`);
    ended.add(who);
  }
}

function checkRecord({ rig }: Session): void {
  const database = openDatabase(rig.at(".stepwell/stepwell.db"));
  const found = JSON.stringify(database.prepare("PRAGMA integrity_check").all());
  database.close();
  if (found !== '[{"integrity_check":"ok"}]') broken(`the record is damaged: ${found}`);
}
