// Reads a uv.lock: its packages, and those that a project needs, through whatever they need. Knows the file's format, not
// what a project says of itself.

import { parse } from "smol-toml";

/** One package of a lock. */
export interface LockedPackage {
  readonly name: string;
  readonly version?: string;
  readonly source?: { readonly editable?: string; readonly directory?: string } & Table;
  /** Markers of the Pythons and platforms that it is for, where the lock has several versions of it. */
  readonly "resolution-markers"?: readonly string[];
  readonly dependencies?: readonly Need[];
  readonly "optional-dependencies"?: Groups;
  readonly "dev-dependencies"?: Groups;
  readonly sdist?: Table;
  readonly wheels?: readonly Table[];
  readonly metadata?: { readonly "requires-dist"?: readonly Requirement[] };
}

/** What the definition of a project asked for when the lock was made. */
export interface Requirement {
  readonly name: string;
  readonly specifier?: string;
  readonly marker?: string;
}

export interface UvLock {
  readonly "requires-python"?: string;
  readonly package?: readonly LockedPackage[];
}

/** A package that is installed, with the extras that are wanted of it. */
export interface Needed {
  readonly locked: LockedPackage;
  readonly extras: readonly string[];
}

type Table = Readonly<Record<string, unknown>>;
type Groups = Readonly<Record<string, readonly Need[]>>;

/** A dependency inside the lock; the version is told where there are several. */
interface Need {
  readonly name: string;
  readonly version?: string;
  readonly extra?: readonly string[];
}

/** The lock as it stands; null when it is another file. Throws `TomlError` with line and column. */
export function parseUvLock(text: string): UvLock | null {
  const lock: { readonly package?: unknown; readonly "requires-python"?: unknown } = parse(text);
  const packages = lock.package ?? [];
  const isLock =
    ["string", "undefined"].includes(typeof lock["requires-python"]) &&
    Array.isArray(packages) &&
    packages.every((each) => typeof each?.name === "string");
  return isLock ? (lock as UvLock) : null;
}

/**
 * The packages that `project` needs with its `groups`, without itself, by name and version. Markers are not asked: on one
 * platform fewer may be installed, never more.
 */
export function neededBy(
  { package: all = [] }: UvLock,
  project: LockedPackage,
  groups: readonly string[],
): readonly Needed[] {
  const byName = new Map<string, LockedPackage[]>();
  for (const each of all) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  const extrasOf = new Map<LockedPackage, Set<string>>();
  const queue: Need[] = [];
  const want = (locked: LockedPackage, extra: readonly string[]): void => {
    const known = extrasOf.get(locked);
    const extras = known ?? new Set<string>();
    if (known === undefined) queue.push(...(locked.dependencies ?? []));
    extrasOf.set(locked, extras);
    for (const name of extra) {
      if (extras.has(name)) continue;
      extras.add(name);
      queue.push(...(locked["optional-dependencies"]?.[name] ?? []));
    }
  };
  want(project, []);
  for (const group of groups) queue.push(...(project["dev-dependencies"]?.[group] ?? []));
  for (let need = queue.pop(); need !== undefined; need = queue.pop())
    for (const locked of byName.get(need.name) ?? [])
      if (need.version === undefined || need.version === locked.version)
        want(locked, need.extra ?? []);
  return [...extrasOf]
    .filter(([locked]) => locked !== project)
    .map(([locked, extras]) => ({ locked, extras: [...extras].sort() }))
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** All packages with all their extras: what may be installed where the lock does not know the project by name. */
export function everyPackage({ package: all = [] }: UvLock): readonly Needed[] {
  return all.map((locked) => ({
    locked,
    extras: Object.keys(locked["optional-dependencies"] ?? {}).sort(),
  }));
}

function keyOf({ locked: { name, version = "" } }: Needed): string {
  return `${name} ${version}`;
}

/** What a project itself asks for, with the Pythons and platforms that it asks for it on. */
export function needsOf(project: LockedPackage, groups: readonly string[]): unknown {
  return [project.dependencies, groups.map((name) => [name, project["dev-dependencies"]?.[name]])];
}

/** What of a lock as a whole decides what is installed: Pythons, platforms, what excludes each other. */
export function settingsOf(lock: UvLock): unknown {
  const rest: Record<string, unknown> = { ...lock };
  for (const key of ["version", "revision", "package", "manifest", "options"]) delete rest[key];
  return rest;
}

/** What of a package decides what is installed: not when it was uploaded, nor how large its files are. */
export function installedPart({ locked, extras }: Needed): unknown {
  const files = [locked.sdist, ...(locked.wheels ?? [])].flatMap((file) =>
    file === undefined ? [] : [[file.url, file.path, file.filename, file.hash]],
  );
  const { name, version, source, dependencies } = locked;
  const optional = extras.map((extra) => [extra, locked["optional-dependencies"]?.[extra]]);
  return [name, version, source, locked["resolution-markers"], dependencies, optional, files];
}
