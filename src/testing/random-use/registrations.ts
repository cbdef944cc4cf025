// What the user registers: data and components as they are now, under the next free version or one of the user's own, and a label.
// What becomes of it is known beforehand.

import type { Chance } from "../simulation/chance.ts";
import type { Project, Source } from "./project.ts";
import {
  type Asset,
  assetOf,
  contentOf,
  type Kind,
  nameOf,
  outcomeOf,
  projectWith,
  type Registry,
  referencesTo,
} from "./registry.ts";
import { ask, broken, going, type Session, tell } from "./session.ts";
import { writeProject } from "./write-project.ts";

interface Thing {
  readonly kind: Kind;
  readonly at: number;
}

/** All that can be registered. */
function thingsOf({ files, folders, steps }: Project): readonly Thing[] {
  const places = (kind: Kind, length: number): readonly Thing[] =>
    Array.from({ length }, (_, at) => ({ kind, at }));
  const works = places("work", steps.length).filter(({ at }) => steps[at]?.form === "component");
  return [...places("file", files.length), ...places("folder", folders.length), ...works];
}

export async function register(session: Session, chance: Chance): Promise<void> {
  const things = thingsOf(session.project);
  const before = things.filter((thing) => isRegistered(session, thing));
  const thing = chance.pick(before.length > 0 && chance.happens(0.7) ? before : things);
  if (chance.happens(0.6)) alter(session, thing, chance);
  await registerOne(session, thing, chance.happens(0.3) ? chance.whole(1, 5) : null);
  if (chance.happens(0.6)) use(session, thing, chance);
}

function isRegistered({ project }: Session, { kind, at }: Thing): boolean {
  return assetOf(project.registry, kind, at).versions.length > 0;
}

/** Edits of data reach runs that go on. */
function alter(session: Session, { kind, at }: Thing, chance: Chance): void {
  const { files, folders, steps } = session.project;
  const value = chance.whole(0, 3);
  const [folder, step] = [folders[at], steps[at]];
  if (kind === "file") files[at] = value;
  else if (kind === "folder" && folder !== undefined) folder.one = value;
  else if (step !== undefined) step.variable = value;
  if (kind !== "work") for (const run of going(session)) run.isEdited = true;
  tell(session, `edit: ${nameOf(kind, at)} is ${value}`);
  writeProject(session.project, session.rig.folder);
}

/** The pipeline names it from now on. */
function use(session: Session, { kind, at }: Thing, chance: Chance): void {
  const { project } = session;
  const way = chance.pick(referencesTo(assetOf(project.registry, kind, at)));
  const isIt = (source: Source): boolean =>
    "file" in source
      ? kind === "file" && source.file === at
      : "folder" in source && kind === "folder" && source.folder === at;
  project.steps.forEach((step, index) => {
    if (kind === "work" && index === at) step.way = way;
    for (const source of step.sources)
      if (!("step" in source) && isIt(source)) source.way = chance.happens(0.7) ? way : null;
  });
  tell(session, `edit: ${nameOf(kind, at)} is named by ${way}`);
  writeProject(project, session.rig.folder);
}

async function registerOne(session: Session, thing: Thing, wanted: number | null): Promise<void> {
  const { project } = session;
  const { kind, at } = thing;
  const asset: Asset = assetOf(project.registry, kind, at);
  const content = contentOf(project, kind, at);
  const should = outcomeOf(asset, content, wanted);
  const words = [...wordsOf(thing), ...(wanted === null ? [] : ["--version", String(wanted)])];
  const { code, stdout, stderr } = await ask(session, ...words, "--json");
  const told = `${words.join(" ")} ended with ${code}: ${stdout} ${stderr}`;
  if (should.outcome === "conflict") {
    if (code !== 2) broken(`${told}: version ${wanted} has other content`);
    return;
  }
  if (code !== 0) return broken(told);
  const { outcome, version } = JSON.parse(stdout) as Readonly<Record<string, string>>;
  if (outcome !== should.outcome || version !== String(should.version))
    broken(`${told}, and not ${should.outcome} ${should.version}`);
  if (outcome !== "created") return;
  asset.versions.push({ version: should.version, content, isArchived: false });
  session.counts.registered += 1;
}

function wordsOf({ kind, at }: Thing): readonly string[] {
  const name = ["--name", nameOf(kind, at)];
  if (kind === "work") return ["component", "create", `components/${at}.yml`, ...name];
  const place = kind === "file" ? `data/${at}.txt` : `folders/${at}`;
  return ["data", "create", ...name, "--path", place];
}

export async function label(session: Session, chance: Chance): Promise<void> {
  const { registry } = session.project;
  const thing = chance.pick(thingsOf(session.project));
  const { versions } = assetOf(registry, thing.kind, thing.at);
  await labelOne(session, thing, chance.pick([...versions.map(({ version }) => version), 9]));
}

async function labelOne(session: Session, { kind, at }: Thing, version: number): Promise<void> {
  const asset: Asset = assetOf(session.project.registry, kind, at);
  const words = [kind === "work" ? "component" : "data", "label", `${nameOf(kind, at)}:${version}`];
  const { code } = await ask(session, ...words, "prod");
  const isThere = asset.versions.some((one) => one.version === version);
  if (code !== (isThere ? 0 : 2)) broken(`${words.join(" ")} ended with ${code}`);
  if (isThere) asset.prod = version;
}

/** A version is archived, or is restored; one always stays. */
export async function archive(session: Session, chance: Chance): Promise<void> {
  const { registry } = session.project;
  const thing = chance.pick(thingsOf(session.project));
  const { versions }: Asset = assetOf(registry, thing.kind, thing.at);
  if (versions.length === 0) return;
  const one = chance.pick(versions);
  const active = versions.filter(({ isArchived }) => !isArchived);
  if (one.isArchived || active.length > 1) await archiveOne(session, thing, one);
}

async function archiveOne(
  session: Session,
  { kind, at }: Thing,
  one: { readonly version: number; isArchived: boolean },
): Promise<void> {
  const verb = one.isArchived ? "restore" : "archive";
  const words = [
    kind === "work" ? "component" : "data",
    verb,
    `${nameOf(kind, at)}:${one.version}`,
  ];
  const { code } = await ask(session, ...words);
  if (code !== 0) broken(`${words.join(" ")} ended with ${code}`);
  one.isArchived = !one.isArchived;
}

/** Registers in another workspace, in the same order, what is registered in this one: there the project is as it was then. */
export async function bringRegistry(session: Session, registry: Registry): Promise<void> {
  const { project } = session;
  for (const thing of thingsOf(project)) {
    const mine: Asset = assetOf(project.registry, thing.kind, thing.at);
    const { versions, prod }: Asset = assetOf(registry, thing.kind, thing.at);
    for (const { version, content } of versions.slice(mine.versions.length)) {
      session.project = projectWith(project, thing, content);
      writeProject(session.project, session.rig.folder, session.place);
      await registerOne(session, thing, version);
    }
    session.project = project;
    for (const one of mine.versions) {
      const isArchived = versions.some((it) => it.version === one.version && it.isArchived);
      if (isArchived !== one.isArchived) await archiveOne(session, thing, one);
    }
    if (prod !== null && prod !== mine.prod) await labelOne(session, thing, prod);
  }
}
