// Chooses an interpreter of this machine for a wanted version: exact, else the same minor version, else the nearest.
// Looks where pythons usually lie; never downloads one.

import fs from "node:fs";
import path from "node:path";
import { findProgram, isExecutable, programsNamed } from "./find-program.ts";
import { compareVersions, markerHolds, markerVariables } from "./marker.ts";
import { type PythonFacts, probePython } from "./probe-python.ts";

type Variables = Readonly<Record<string, string | undefined>>;

export interface ChosenPython {
  readonly facts: PythonFacts;
  /** Names both versions when the wanted one is not here. */
  readonly warning: string | null;
}

/** Minor versions of Python 3 that environments can be made with. */
const MINORS = [8, 9, 10, 11, 12, 13, 14, 15];

/** The interpreter that `python` means in the user's shell, or null where there is none. */
export async function hostPython(
  variables: Variables,
  cacheFolder: string,
  preferPython3 = false,
): Promise<{ readonly file: string; readonly facts: PythonFacts } | null> {
  const names = preferPython3 ? ["python3", "python"] : ["python", "python3"];
  for (const name of names) {
    const file = findProgram(name, variables);
    const facts = file === null ? null : await probePython(file, variables, cacheFolder);
    if (file !== null && facts !== null) return { file, facts };
  }
  return null;
}

/** An interpreter for `wanted` (`3.8`, `3.8.12`, or null: the shell's own), or null where there is no Python 3.8+. */
export async function choosePython(
  wanted: string | null,
  variables: Variables,
  cacheFolder: string,
): Promise<ChosenPython | null> {
  const host = await hostPython(variables, cacheFolder);
  const usable = (facts: PythonFacts | undefined) =>
    facts !== undefined && compareVersions(facts.version, "3.8") >= 0;
  if (wanted === null && usable(host?.facts) && host) return { facts: host.facts, warning: null };
  const [, minor = "11"] = (wanted ?? "3.11").split(".");
  const exact = wanted?.split(".").length === 3 ? wanted : null;
  for (const candidate of byNearness(Number(minor))) {
    const found: PythonFacts[] = host && minorOf(host.facts) === candidate ? [host.facts] : [];
    for (const file of pythonsOf(candidate, variables)) {
      if (found.length > 0 && (exact === null || found.at(-1)?.version === exact)) break;
      const facts = await probePython(file, variables, cacheFolder);
      if (facts !== null && minorOf(facts) === candidate) found.push(facts);
    }
    const facts = found.find((each) => each.version === exact) ?? found[0];
    if (facts !== undefined && usable(facts))
      return { facts, warning: warningFor(wanted, facts.version, Number(minor) === candidate) };
  }
  return usable(host?.facts) && host ? { facts: host.facts, warning: null } : null;
}

/** Nothing is said of a Python that is among those `allowed`, a marker. */
export function pythonWarnings(
  { facts, warning }: ChosenPython,
  allowed: string | undefined,
): readonly string[] {
  if (warning === null) return [];
  const isAllowed = allowed && markerHolds(allowed, markerVariables(facts.version, facts.platform));
  return isAllowed ? [] : [warning];
}

function warningFor(wanted: string | null, used: string, sameMinor: boolean): string | null {
  if (wanted === null || sameMinor) return null;
  return `Python ${wanted} is asked for and not on this machine; Python ${used} is used instead.`;
}

function minorOf(facts: PythonFacts): number {
  return facts.version.startsWith("3.") ? Number(facts.version.split(".")[1]) : -1;
}

function byNearness(minor: number): number[] {
  return [...MINORS].sort((a, b) => Math.abs(a - minor) - Math.abs(b - minor) || b - a);
}

/** Interpreters of Python 3.`minor` by the usual names and places; those behind shims come last. */
function pythonsOf(minor: number, variables: Variables): string[] {
  const home = variables.HOME ?? "/";
  const pyenv = path.join(variables.PYENV_ROOT ?? path.join(home, ".pyenv"), "versions");
  const managed = variables.UV_PYTHON_INSTALL_DIR ?? path.join(home, ".local/share/uv/python");
  const found = [
    ...programsNamed(`python3.${minor}`, variables),
    ...versionFolders(pyenv, new RegExp(`^3\\.${minor}\\.`), "bin/python"),
    ...versionFolders(managed, new RegExp(`^cpython-3\\.${minor}\\.`), "bin/python3"),
    `/opt/homebrew/opt/python@3.${minor}/bin/python3.${minor}`,
    `/usr/local/opt/python@3.${minor}/bin/python3.${minor}`,
  ].filter(isExecutable);
  const isShim = (file: string) => file.includes("/shims/");
  return [...found.filter((file) => !isShim(file)), ...found.filter(isShim)];
}

function versionFolders(folder: string, name: RegExp, inside: string): string[] {
  try {
    const names = fs.readdirSync(folder).filter((each) => name.test(each));
    return names
      .sort((a, b) => compareVersions(lastVersion(b), lastVersion(a)))
      .map((each) => path.join(folder, each, inside));
  } catch {
    return [];
  }
}

function lastVersion(name: string): string {
  return /\d+\.\d+\.\d+/.exec(name)?.[0] ?? "0";
}
