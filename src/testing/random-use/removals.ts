// What the user takes away: outputs of runs, results that are wrong, what `gc` finds, and files that are spoilt
// behind its back.

import fs from "node:fs";
import path from "node:path";
import type { Chance } from "../simulation/chance.ts";
import { isOfOthers } from "./others-bytes.ts";
import { ask, broken, going, type Session, type Tracked, tell } from "./session.ts";
import { truthOf } from "./truth.ts";

function ended(session: Session): readonly Tracked[] {
  return [...session.runs.values()].filter(({ view }) => view !== null);
}

/** Keys of the work that steps of a run are; of some paths alone. */
function keysOf(run: Tracked, paths: ReadonlySet<string> | null): readonly string[] {
  return [...truthOf(run.project, run.taken)].flatMap(([name, { key }]) =>
    key !== null && (paths === null || paths.has(name)) ? [key] : [],
  );
}

/** Nobody says any more that their results are there. */
function doubt(session: Session, keys: readonly string[]): void {
  session.removals += 1;
  for (const key of keys) if (session.known.get(key) === "there") session.known.set(key, "maybe");
}

export async function deleteOne(session: Session, chance: Chance): Promise<void> {
  const runs = ended(session);
  if (runs.length === 0) return;
  const run = chance.pick(runs);
  const isOfRecord = chance.happens(0.3);
  const { code } = await ask(session, "delete", run.name, ...(isOfRecord ? ["--record"] : []));
  if (code !== 0 && code !== 2) broken(`delete of ${run.name} ended with ${code}`);
  if (code !== 0) return;
  doubt(session, keysOf(run, null));
  run.isDeleted = true;
  // With the record of what was invalidated goes the mark: a cache may bring it back.
  if (isOfRecord && (session.project.isShared || session.colleague !== null))
    for (const [key, known] of session.known)
      if (known === "wrong") session.known.set(key, "maybe");
  if (isOfRecord) session.runs.delete(run.name);
}

export async function invalidate(session: Session, chance: Chance): Promise<void> {
  const runs = ended(session);
  if (runs.length === 0) return;
  const isQuiet = going(session).length === 0;
  const run = chance.pick(runs);
  const steps = run.view?.steps.filter(
    ({ status, type }) => status === "Completed" && type !== "pipeline",
  );
  if (!steps?.length) return;
  const { name } = chance.pick(steps);
  const isDeep = chance.happens(0.3);
  const words = ["invalidate", run.name, name, "--reason", "a trial"];
  const { code } = await ask(session, ...words, ...(isDeep ? ["--downstream"] : []));
  if (code !== 0) broken(`invalidate of ${run.name} ${name} ended with ${code}`);
  const keys = keysOf(run, new Set([name]));
  // What `--from` took is other work's, of the run that it was taken from.
  if (isDeep || keys.length === 0) doubt(session, [...session.known.keys()]);
  session.removals += 1;
  for (const key of keys) session.known.set(key, isQuiet ? "wrong" : "maybe");
}

export async function collect(session: Session, chance: Chance): Promise<void> {
  if (ended(session).length === 0) return;
  const isTrial = chance.happens(0.3);
  const { code, stdout } = await ask(session, "gc", "--json", ...(isTrial ? ["--dry-run"] : []));
  if (code !== 0) broken(`gc ended with ${code}`);
  const { runs } = JSON.parse(stdout) as {
    readonly runs: readonly { readonly run: string; readonly steps: readonly string[] }[];
  };
  if (isTrial) return;
  // What another workspace made is other work's, of which nothing is known here.
  const areAllOwn = runs.every(({ run }) => session.runs.has(run));
  if (!areAllOwn) doubt(session, [...session.known.keys()]);
  for (const { run: name } of runs) {
    const run = session.runs.get(name);
    if (run === undefined) continue;
    run.isDeleted = true;
    doubt(session, keysOf(run, null));
  }
  // What those gave to others is gone there, too.
  if (runs.length === 0) return;
  for (const run of session.runs.values())
    if (run.view === null) run.collectedAt = Date.now();
    else run.isDeleted = true;
}

export async function pin(session: Session, chance: Chance): Promise<void> {
  const runs = ended(session);
  if (runs.length === 0) return;
  const { name } = chance.pick(runs);
  const { code } = await ask(session, chance.happens(0.6) ? "pin" : "unpin", name);
  if (code !== 0 && code !== 2) broken(`pin of ${name} ended with ${code}`);
}

/** A recorded output is touched, altered or removed behind Stepwell's back. */
export function spoil(session: Session, chance: Chance): void {
  const runs = ended(session).filter(({ isDeleted }) => !isDeleted);
  if (going(session).length > 0 || runs.length === 0) return;
  const files = chance.pick(runs).view?.steps.flatMap(({ outputs }) => outputs.o?.path ?? []) ?? [];
  if (files.length === 0) return;
  const file = chance.pick(files);
  if (!fs.existsSync(file)) return;
  const how = chance.pick(["touch", "alter", "remove"]);
  tell(session, `${how} ${path.relative(session.rig.folder, file)}`);
  if (how === "touch") {
    fs.utimesSync(file, 1, 1);
    return;
  }
  fs.chmodSync(path.dirname(file), 0o755);
  fs.rmSync(file);
  if (how === "alter") fs.writeFileSync(file, "spoilt\n");
  // The bytes of others come again.
  if (how === "alter" || !isOfOthers(file)) session.spoilt.add(file);
  for (const run of ended(session)) {
    const steps = run.view?.steps.filter(({ outputs }) => outputs.o?.path === file) ?? [];
    doubt(session, keysOf(run, new Set(steps.map(({ name }) => name))));
  }
}
