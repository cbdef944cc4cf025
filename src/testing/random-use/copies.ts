// Copies of outputs at places of the user's: those of each run stay, those at one place are of the latest run, and lie among what
// the user has put there.

import fs from "node:fs";
import path from "node:path";
import type { OutputName, Project, Step } from "./project.ts";
import type { Session, Tracked } from "./session.ts";
import { PLACES } from "./step-programs.ts";
import type { Made } from "./truth.ts";

const OWN = { name: "own.txt", text: "of the user\n" };

/** Where a copy of an output goes, from the folder of all copies. */
export function placeOfCopy(step: Step, output: OutputName, run: string): string | null {
  const { publishes, name } = step;
  if (publishes === null) return null;
  return `${publishes === "fixed" ? "fixed" : run}/${name}.${output === "o" ? "txt" : "parts"}`;
}

/** Where some folders of copies will be, a file of the user's lies already. */
export function layOwn(project: Project, folder: string): void {
  for (const step of project.steps.filter(hasOwn)) {
    const file = path.join(folder, PLACES.shelf, placeOfCopy(step, "f", "") ?? "", OWN.name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, OWN.text);
  }
}

function hasOwn({ publishes, hasFolder, isNarrow }: Step): boolean {
  return publishes === "fixed" && hasFolder && isNarrow;
}

/** Of a step that has completed. Null: as it should be. */
export function wrongCopies(
  { rig, runs, counts }: Session,
  run: Tracked,
  { step, made }: { readonly step: Step; readonly made: Made },
): string | null {
  const isLatest = run.isAlone && [...runs.values()].at(-1) === run;
  if (step.publishes === null || (step.publishes === "fixed" && !isLatest)) return null;
  const at = (output: OutputName): string =>
    rig.at(`${PLACES.shelf}/${placeOfCopy(step, output, run.name)}`);
  const file = textOf(at("o"));
  if (file !== made.o) return `the copy of o is ${file} instead of ${made.o}`;
  counts.copies += 1;
  if (made.f === null) return null;
  const own = hasOwn(step) ? { [OWN.name]: OWN.text } : {};
  const should = shown({ ...own, ...made.f });
  const folder = at("f");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const is = shown(
    Object.fromEntries(names.map((name) => [name, textOf(path.join(folder, name)) ?? ""])),
  );
  return is === should ? null : `the copy of f is ${is} instead of ${should}`;
}

function textOf(file: string): string | null {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
}

function shown(texts: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(texts).sort(([one], [other]) => (one < other ? -1 : 1)));
}
