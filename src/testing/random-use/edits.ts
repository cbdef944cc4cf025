// What the user of a random project changes between commands.

import fs from "node:fs";
import type { Chance } from "../simulation/chance.ts";
import { ODD_TEXTS, type Project, type Step } from "./project.ts";
import { assetOf, referencesTo } from "./registry.ts";
import { going, type Session, tell } from "./session.ts";
import { writeProject } from "./write-project.ts";

type Edit = (project: Project, chance: Chance) => string;

/** Edits of data are told apart: they reach runs that go on. */
const OF_DATA: readonly Edit[] = [
  (project, chance) => {
    const at = chance.whole(0, project.files.length - 1);
    project.files[at] = chance.whole(0, 3);
    return `data/${at}.txt is ${project.files[at]}`;
  },
  (project, chance) => {
    const at = chance.whole(0, project.folders.length - 1);
    const folder = project.folders[at] ?? {};
    const name = chance.pick(["one", "two", "three"]);
    if (name in folder && Object.keys(folder).length > 1 && chance.happens(0.4)) {
      delete folder[name];
      return `folders/${at}/${name} is removed`;
    }
    folder[name] = chance.whole(0, 3);
    return `folders/${at}/${name} is ${folder[name]}`;
  },
];

const OTHERS: readonly Edit[] = [
  ...(["k", "comment", "helper"] as const).map(
    (key): Edit =>
      (project, chance) => {
        const at = chance.whole(0, project.codes.length - 1);
        const code = project.codes[at];
        if (code !== undefined) code[key] = chance.whole(0, 2);
        return `${key} of code/${at} is ${code?.[key]}`;
      },
  ),
  ofStep("parameter", (chance, step) =>
    typeof step.parameter === "number" ? chance.whole(0, 3) : chance.pick(ODD_TEXTS),
  ),
  ofStep("variable", (chance) => chance.whole(0, 2)),
  ofStep("optional", (chance, step) =>
    step.form === "component" && chance.happens(0.7) ? chance.pick(ODD_TEXTS) : null,
  ),
  ofStep("fails", (chance) => chance.happens(0.4)),
  ofStep("ms", (chance) => chance.pick([0, 50, 200, 600, 1500])),
  ofStep("retries", (chance, step) => (step.trouble === "none" ? chance.whole(0, 2) : 3)),
  ofStep("reuse", (chance) => chance.pick(["auto", "auto", "1d", "10s", "never"])),
  ofStep("checkpoint", (chance) => chance.pick(["none", "while", "keep"])),
  ofStep("publishes", (chance, { group }) =>
    group === null ? chance.pick([null, "of run", "fixed"]) : null,
  ),
  ...[name, name, name, name],
  ofStep("name", (chance, step) => `${step.name.slice(0, 2)}${chance.pick(["", "_x", "-y"])}`),
  (project, chance) => {
    project.level = chance.whole(0, 2);
    return `level is ${project.level}`;
  },
  (project, chance) => {
    project.slots = chance.pick([null, 1, 2, 4]);
    return `slots are ${project.slots}`;
  },
  (project) => {
    project.isShared = !project.isShared;
    return `a shared cache is ${project.isShared ? "" : "not "}named`;
  },
  (project, chance) => {
    project.keepLast = chance.pick([null, null, 1, 3]);
    return `retention.outputs.keep_last is ${project.keepLast}`;
  },
  (project) => {
    project.goesOn = !project.goesOn;
    return `continue_on_step_failure is ${project.goesOn}`;
  },
  (project, chance) => {
    project.definition = chance.pick(["yaml", "module"]);
    return `the definition is the ${project.definition}`;
  },
  (project) => {
    project.isReversed = !project.isReversed;
    return "keys in the other order";
  },
  (project, chance) => {
    project.isForced = chance.happens(0.2);
    return `force_rerun is ${project.isForced}`;
  },
  (project, chance) => {
    project.unrelated = chance.whole(0, 9);
    return `unrelated.txt is ${project.unrelated}`;
  },
];

function ofStep<K extends keyof Step>(
  key: K,
  value: (chance: Chance, step: Step) => Step[K],
): Edit {
  return (project, chance) => {
    const at = chance.whole(0, project.steps.length - 1);
    const step = project.steps[at] as Step;
    step[key] = value(chance, step);
    return `${key} of step ${at} is ${JSON.stringify(step[key])}`;
  };
}

/** Data or a component of a step is named in another way. */
function name(project: Project, chance: Chance): string {
  const { registry, steps } = project;
  const at = chance.whole(0, steps.length - 1);
  const step = steps[at] as Step;
  if (step.form === "component" && chance.happens(0.5)) {
    step.way = chance.pick([null, ...referencesTo(assetOf(registry, "work", at))]);
    return `the component of step ${at} is ${step.way ?? "its file"}`;
  }
  const data = step.sources.flatMap((source) => ("step" in source ? [] : [source]));
  if (data.length === 0) return "nothing";
  const source = chance.pick(data);
  const asset =
    "file" in source
      ? assetOf(registry, "file", source.file)
      : assetOf(registry, "folder", source.folder);
  source.way = chance.pick([null, "datastore", ...referencesTo(asset)]);
  return `input x${step.sources.indexOf(source)} of step ${at} is ${source.way ?? "its path"}`;
}

/** Nobody who is at work uses it: what a run goes on with then is of neither version. */
export function install(session: Session, chance: Chance): void {
  if (going(session).length > 0) return;
  session.project.packageVersion = chance.whole(1, 3);
  tell(session, `pip install thing==${session.project.packageVersion}`);
  writeProject(session.project, session.rig.folder);
}

export function edit(session: Session, chance: Chance): void {
  const isOfData = chance.happens(0.2);
  const wasShared = session.project.isShared;
  const what = chance.pick(isOfData ? OF_DATA : OTHERS)(session.project, chance);
  tell(session, `edit: ${what}`);
  // Bytes that are in the cache alone are not to be had without it.
  const isLost = wasShared && !session.project.isShared;
  if (isLost) session.removals += 1;
  if (isOfData || isLost) for (const run of going(session)) run.isEdited = true;
  writeProject(session.project, session.rig.folder);
}

/** A file is saved again with the same text: its time is another. */
export function touch(session: Session, chance: Chance): void {
  const file = chance.pick(["data/0.txt", "folders/1/one", "code/0/lib/helper", "pipeline.yml"]);
  const at = session.rig.at(file);
  if (!fs.existsSync(at)) return;
  tell(session, `touch ${file}`);
  fs.writeFileSync(at, fs.readFileSync(at));
  if (/^(data|folders)/.test(file)) for (const run of going(session)) run.isEdited = true;
}
