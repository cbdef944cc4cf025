// In which way a uv.lock is not that of its pyproject.toml any more. Tells only what is certain: where both may mean the same
// in other words, nothing is said. Pure.

import { packageName } from "./package-name.ts";
import type { LockedPackage, Requirement } from "./uv-lock.ts";

/** What is read of a pyproject.toml, as its user wrote it: right or wrong. */
export interface Definition {
  readonly project?: {
    readonly name?: unknown;
    readonly "requires-python"?: unknown;
    readonly dependencies?: unknown;
  };
  readonly "build-system"?: unknown;
  readonly tool?: {
    readonly uv?: {
      readonly package?: unknown;
      readonly workspace?: unknown;
      readonly "default-groups"?: unknown;
    };
  };
}

/** The text, or null where it is something else. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The texts of a list; none where it is something else. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/**
 * Ways in which what was locked for a project differs from what it asks for: `has no numpy>=2`, `still has six`. `range`: the
 * Pythons of the lock; null where others share it.
 */
export function differencesFromLock(
  { project }: Definition,
  itself: LockedPackage | null,
  range: string | null,
): readonly string[] {
  const name = textOf(project?.name);
  if (name !== null && itself === null) return [`has no ${name}`];
  const wanted = project?.dependencies;
  const locked = itself?.metadata?.["requires-dist"] ?? [];
  const packages = wanted === undefined ? [] : changed(textsOf(wanted), locked);
  return [...packages, ...pythons(textOf(project?.["requires-python"]), range)];
}

function changed(wanted: readonly string[], locked: readonly Requirement[]): readonly string[] {
  const specifiers = new Map<string, string[]>();
  const optional = new Set<string>();
  for (const { name, specifier = "", marker = "" } of locked) {
    if (/\bextra\b/.test(marker)) optional.add(name);
    else specifiers.set(name, [...(specifiers.get(name) ?? []), specifier]);
  }
  const asked = new Set<string>();
  const absent = wanted.flatMap((text) => {
    const { name, specifier } = nameAndSpecifier(text);
    if (name === "") return [];
    asked.add(name);
    const known = specifiers.get(name);
    if (known === undefined) return [`has no ${text.trim()}`];
    if (!PLAIN.test(specifier) || known.map(ordered).includes(ordered(specifier))) return [];
    return [`has ${known.map((each) => name + each).join(" and ")}, not ${text.trim()}`];
  });
  const left = [...specifiers.keys()].filter((name) => !asked.has(name) && !optional.has(name));
  return [...absent, ...left.map((name) => `still has ${name}`)];
}

/** Of `Six[x] >=1`: `six` and `>=1`. */
function nameAndSpecifier(text: string): { readonly name: string; readonly specifier: string } {
  const [, name = "", specifier = ""] = /^\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*(.*)$/.exec(text) ?? [];
  return { name: packageName(name), specifier };
}

/** Versions that mean the same only when they are written alike. */
const PLAIN = /^(?:[<>=!~]=?\s*\d[\d.]*(?:\.\*)?\s*,?\s*)*$/;

function pythons(wanted: string | null, range: string | null): readonly string[] {
  if (wanted === null || range === null) return [];
  const areBounds = [wanted, range].every((each) => BOUNDS.test(each));
  return areBounds && ordered(wanted) !== ordered(range)
    ? [`is for Python ${range}, not ${wanted.trim()}`]
    : [];
}

/** `>=3.10, <4`; of `~=` and the like uv writes something else that means the same. */
const BOUNDS = /^(?:\s*(?:>=|<)\s*\d[\d.]*\s*(?:,|$))+$/;

/** The same in whatever order and with whatever blanks. */
function ordered(specifier: string): string {
  return specifier.replace(/\s+/g, "").split(",").filter(Boolean).sort().join(",");
}
