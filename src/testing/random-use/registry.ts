// What is registered in the workspace of a random project: versions of its data and of its components, which never change, and
// a label. Says which bytes and which work a reference means.

import type { Code, Project, Step } from "./project.ts";

/** How a definition names data or a component: `latest` and `prod` are labels, a number is a version. Null: by its path. */
export type Reference = "latest" | "prod" | number;

/** Of data also by the path in a datastore. */
export type Way = null | "datastore" | Reference;

/** The parts of a component that edits reach. */
export type Work = Pick<Step, "variable" | "ms" | "fails"> & { readonly code: Code };

/** A file of data holds a number, a folder some by name. */
export type Content = number | Readonly<Record<string, number>> | Work;

export interface Version<C extends Content = Content> {
  readonly version: number;
  readonly content: C;
  /** `latest` passes it over. */
  isArchived: boolean;
}

export interface Asset<C extends Content = Content> {
  /** In the order of their creation. */
  readonly versions: Version<C>[];
  /** The version that the label means. */
  prod: number | null;
}

/** By the place of what is registered; the name of each is its kind and its place. */
export interface Registry {
  readonly file: Record<number, Asset<number>>;
  readonly folder: Record<number, Asset<Readonly<Record<string, number>>>>;
  readonly work: Record<number, Asset<Work>>;
}

export type Kind = keyof Registry;

export function nameOf(kind: Kind, at: number): string {
  return `${kind}-${at}`;
}

export function assetOf<K extends Kind>(
  registry: Registry,
  kind: K,
  at: number,
): Registry[K][number] {
  registry[kind][at] ??= { versions: [], prod: null };
  return registry[kind][at] as Registry[K][number];
}

/** The ways that there are to name it. */
export function referencesTo({ versions, prod }: Asset): readonly Reference[] {
  if (versions.length === 0) return [];
  const labels = prod === null ? (["latest"] as const) : (["latest", "prod"] as const);
  return [...labels, ...versions.map(({ version }) => version)];
}

export function contentAt<C extends Content>({ versions, prod }: Asset<C>, to: Reference): C {
  const wanted = to === "prod" ? prod : to;
  const found =
    to === "latest"
      ? versions.findLast(({ isArchived }) => !isArchived)
      : versions.find(({ version }) => version === wanted);
  if (found === undefined) throw new Error(`no version ${to}`);
  return found.content;
}

/** What lies there now. */
export function contentOf(project: Project, kind: Kind, at: number): Content {
  if (kind === "file") return project.files[at] ?? 0;
  return structuredClone(kind === "folder" ? (project.folders[at] ?? {}) : workOf(project, at));
}

function workOf(project: Project, at: number): Work {
  const { variable, ms, fails, code: place } = project.steps[at] as Step;
  const code = project.codes[place];
  if (code === undefined) throw new Error(`no code ${place}`);
  return { variable, ms, fails, code };
}

/** As it was when something was registered. */
export function projectWith(
  project: Project,
  { kind, at }: { readonly kind: Kind; readonly at: number },
  content: Content,
): Project {
  const { registry, ...rest } = project;
  const then = { ...structuredClone(rest), registry };
  if (kind === "file") then.files[at] = content as number;
  else if (kind === "folder") then.folders[at] = content as Record<string, number>;
  else {
    const { code, ...work } = content as Work;
    const step = then.steps[at] as Step;
    Object.assign(step, work);
    then.codes[step.code] = code;
  }
  return then;
}

/** What a step does: as its component was registered, where it names that. */
export function workMeant(project: Project, at: number): Work {
  const { way } = project.steps[at] as Step;
  return way === null ? workOf(project, at) : contentAt(assetOf(project.registry, "work", at), way);
}

export function fileMeant(project: Project, at: number, way: Way): number {
  if (way === null || way === "datastore") return project.files[at] ?? 0;
  return contentAt(assetOf(project.registry, "file", at), way);
}

export function folderMeant(
  project: Project,
  at: number,
  way: Way,
): Readonly<Record<string, number>> {
  if (way === null || way === "datastore") return project.folders[at] ?? {};
  return contentAt(assetOf(project.registry, "folder", at), way);
}

/** What follows from registering something under a version; null: under the next free one. */
export function outcomeOf(
  { versions }: Asset,
  content: Content,
  wanted: number | null,
): { readonly outcome: "created" | "same" | "conflict"; readonly version: number } {
  const isSame = (one: Content): boolean => textOf(one) === textOf(content);
  if (wanted !== null) {
    const there = versions.find(({ version }) => version === wanted);
    if (there === undefined) return { outcome: "created", version: wanted };
    return { outcome: isSame(there.content) ? "same" : "conflict", version: wanted };
  }
  const same = versions.findLast((one) => isSame(one.content));
  if (same !== undefined) return { outcome: "same", version: same.version };
  return {
    outcome: "created",
    version: Math.max(0, ...versions.map(({ version }) => version)) + 1,
  };
}

/** Keys in an order of their own do not count. */
function textOf(content: Content): string {
  if (typeof content === "number") return String(content);
  return JSON.stringify(Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1)));
}
