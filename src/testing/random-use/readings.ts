// What the user looks at. It changes nothing, and a run that has ended says for ever what it said at its end.

import fs from "node:fs";
import type { Chance } from "../simulation/chance.ts";
import { CODES, judge } from "./judge.ts";
import { isElsewhere } from "./others-bytes.ts";
import { fileOf, pathOf } from "./project.ts";
import { workMeant } from "./registry.ts";
import { ask, broken, type Session, type Tracked } from "./session.ts";
import { PLACES } from "./step-programs.ts";

export async function look(session: Session, chance: Chance): Promise<void> {
  const runs = [...session.runs.values()].filter(({ view }) => view !== null);
  if (runs.length === 0) return;
  const run = chance.pick(runs);
  const other = chance.pick(runs);
  const step = chance.pick(
    run.project.steps.map(({ name, group }) => (group === null ? name : `${group}.${name}`)),
  );
  const words = chance.pick([
    ["runs", "--json", "--limit", "1000"],
    ["runs", "--json", "--where", "status = Completed", "--columns", "name,status,took"],
    ["runs", "--tag", "team=a"],
    ["why", run.name, step, "--json"],
    ["outputs", run.name],
    ["logs", run.name],
    ["lineage", run.name, "--json"],
    ...(run === other ? [] : [["diff", run.name, other.name, "--json"]]),
    ...(run === other ? [] : [["compare", run.name, other.name, "--json"]]),
    ["du", "--json"],
    ["validate", fileOf(session.project), "--json"],
    ["attach", run.name],
  ]);
  const { code, stdout } = await ask(session, ...words);
  const own =
    words[0] === "attach" ? [0, 1, 3] : [0, ...(run.isDeleted || other.isDeleted ? [1] : [])];
  if (code === null || !own.includes(code)) broken(`${words.join(" ")} ended with ${code}`);
  if (words.includes("1000")) checkList(session, stdout);
}

/** Every run that was acknowledged is listed, and one that has ended with its status. */
function checkList(session: Session, stdout: string): void {
  const { runs } = JSON.parse(stdout) as {
    readonly runs: readonly { readonly name: string; readonly status: string }[];
  };
  const listed = new Map(runs.map(({ name, status }) => [name, status]));
  for (const { name, view, watched } of session.runs.values()) {
    if (!listed.has(name) && watched === null) broken(`runs does not list ${name}`);
    if (view !== null && listed.get(name) !== view.status)
      broken(`runs says ${listed.get(name)} of ${name}`);
  }
}

/** What it made is as it was. */
export async function show(session: Session, chance: Chance): Promise<void> {
  const runs = [...session.runs.values()].filter(({ view }) => view !== null);
  if (runs.length > 0) await showOne(session, chance.pick(runs));
}

export async function showOne(session: Session, run: Tracked): Promise<void> {
  const { code, stdout, stderr } = await ask(session, "show", run.name, "--json");
  if (code !== 0) broken(`show ${run.name} ended with ${code}`);
  const status = run.view?.status ?? "";
  await judge(session, run, { code: CODES[status] ?? null, stdout, stderr });
}

/** An output is copied to a place of the user's, and its copy is known. */
export async function takeOut(session: Session, chance: Chance): Promise<void> {
  const run = pickMade(session, chance);
  if (run === null) return;
  const [path, made] = chance.pick([...run.made]);
  const recorded = run.view?.steps.find(({ name }) => name === path)?.outputs.o?.path ?? "";
  if (session.spoilt.has(recorded)) return;
  const folder = session.rig.at(`${PLACES.taken}/${session.counts.commands}`);
  const words = ["outputs", run.name, `${path}.o`, "--to", folder];
  const { code, stdout } = await ask(session, ...words);
  if (code !== 0) {
    if (run.isDeleted || isElsewhere(recorded)) return;
    broken(`${words.join(" ")} ended with ${code}`);
  }
  const file = stdout.trim();
  const is = fs.readFileSync(file, "utf8");
  if (is !== made.o) broken(`${words.join(" ")}: ${is} instead of ${made.o}`);
  const known = await ask(session, "lineage", file, "--json");
  if (known.code !== 0) broken(`lineage of ${file} ended with ${known.code}`);
}

/** Where a step ran is its code as it was then. */
export async function openShell(session: Session, chance: Chance): Promise<void> {
  const run = pickMade(session, chance);
  if (run === null) return;
  const places = run.project.steps.flatMap((step, at) => {
    const path = pathOf(step);
    return run.made.has(path) && !run.taken.has(path) ? [{ at, path }] : [];
  });
  if (places.length === 0) return;
  const { at, path } = chance.pick(places);
  const { code: work, variable } = workMeant(run.project, at);
  const words = ["shell", run.name, path, "--", "bash", "-c", 'cat lib/helper; echo "$V"'];
  const { code, stdout } = await ask(session, ...words);
  if (code !== 0) {
    if (run.isDeleted || run.isEdited || session.removals > 0) return;
    broken(`${words.join(" ")} ended with ${code}`);
  }
  if (stdout !== `${work.helper}\n${variable}\n`)
    broken(`${words.join(" ")}: ${stdout} instead of ${work.helper} and ${variable}`);
}

/** A run that has ended and made something. */
function pickMade(session: Session, chance: Chance): Tracked | null {
  const runs = [...session.runs.values()].filter(
    ({ view, made }) => view !== null && made.size > 0,
  );
  return runs.length === 0 ? null : chance.pick(runs);
}
