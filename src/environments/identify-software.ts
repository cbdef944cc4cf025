// Says who a piece of software is, without making it: an interpreter by what is installed in it, packages by their lock.
// Resolves a lock only when it is asked to.

import path from "node:path";
import { asksForPython3, commandPrograms } from "../core/command-programs.ts";
import type { EnvironmentIdentity } from "../core/environment.ts";
import type { EnvironmentFailure, EnvironmentOutcome } from "../ports/environments.ts";
import { type ChosenPython, choosePython, hostPython, pythonWarnings } from "./choose-python.ts";
import type { PackageSoftware, Software } from "./choose-software.ts";
import { editableContent } from "./editable-content.ts";
import { programVersion } from "./find-program.ts";
import { type ChangedArchive, changedArchives, changedOf } from "./local-archives.ts";
import {
  type Lock,
  lockDamage,
  lockedPackages,
  lockPath,
  readLock,
  writeLock,
} from "./lock-file.ts";
import { markerHolds, markerVariables } from "./marker.ts";
import { condaPrefix, type PythonFacts, probePython } from "./probe-python.ts";
import { type LockedVersion, type ProjectLock, readProjectLock } from "./project-lock.ts";
import { contentIdOf, sourceContents } from "./project-source.ts";
import { identityOf, type Recipes } from "./recipes.ts";
import { resolveLock } from "./resolve-lock.ts";
import type { Uv } from "./uv.ts";

/** What identifying needs to know and to reach. */
export interface IdentifyContext {
  readonly cacheFolder: string;
  readonly workspaceFolder: string;
  readonly locksFolder: string;
  readonly locked: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly recipes: Recipes;
  log(line: string): void;
  uv(): Promise<Uv | EnvironmentFailure>;
}

/** Who `software` is for a step with this command. */
export async function identifySoftware(
  software: Software,
  command: string | null,
  mayResolve: boolean,
  context: IdentifyContext,
): Identified {
  const programs = await programsOf(command, context);
  switch (software.kind) {
    case "host":
      return identifyHost(command, programs, context);
    case "python":
      return identifyPython(software.path, command, context);
    case "project":
      return identifyProject(software.folder, software.label, programs, context);
    case "packages":
      return identifyPackages(software, programs, mayResolve, context);
    default:
      return software satisfies never;
  }
}

type Programs = Readonly<Record<string, string>>;
type Identified = Promise<EnvironmentOutcome<EnvironmentIdentity>>;

async function programsOf(command: string | null, context: IdentifyContext): Promise<Programs> {
  const versions: Record<string, string> = {};
  for (const name of commandPrograms(command)) versions[name] = await programVersion(name, context);
  return versions;
}

async function identifyHost(
  command: string | null,
  programs: Programs,
  context: IdentifyContext,
): Identified {
  const { variables, cacheFolder } = context;
  const host = await hostPython(variables, cacheFolder, asksForPython3(command));
  if (host !== null) return interpreterIdentity("host", HOST_LABEL, host.facts, programs, context);
  return { ok: true, value: noPython(programs, context.recipes), warnings: [] };
}

function noPython(programs: Programs, recipes: Recipes): EnvironmentIdentity {
  const identity = identityOf({
    label: "no python on PATH",
    kind: "host",
    pythonVersion: null,
    platform: platformWithoutPython(),
    packages: {},
    editable: {},
    lockId: null,
    programs,
  });
  recipes.remember(identity, NOTHING);
  return identity;
}

const NOTHING = { kind: "interpreter", executable: null, virtualEnvironment: null } as const;

/** Makes a host's identity known again where it is still what `python` means, or that there is none: after the cache was emptied. */
export async function identifyHostAgain(
  { programs }: EnvironmentIdentity,
  context: Pick<IdentifyContext, "cacheFolder" | "recipes" | "variables">,
): Promise<void> {
  const { variables, cacheFolder, recipes } = context;
  noSoftware(recipes);
  for (const wantsPython3 of [false, true]) {
    const host = await hostPython(variables, cacheFolder, wantsPython3);
    if (host === null) noPython(programs, recipes);
    else interpreterIdentity("host", HOST_LABEL, host.facts, programs, context);
  }
}

const HOST_LABEL = "python of your shell";

/** For steps that run nothing but Stepwell itself. */
export function noSoftware(recipes: Recipes): EnvironmentIdentity {
  const identity = identityOf({
    label: "none",
    kind: "host",
    pythonVersion: null,
    platform: "any",
    packages: {},
    editable: {},
    lockId: null,
    programs: {},
  });
  recipes.remember(identity, NOTHING);
  return identity;
}

async function identifyPython(
  file: string,
  command: string | null,
  context: IdentifyContext,
): Identified {
  const { variables, cacheFolder } = context;
  const facts = await probePython(file, variables, cacheFolder);
  if (facts === null)
    return failed({
      code: "unsupported_environment",
      message: `There is no working Python at ${file}.`,
      hint: "Name an interpreter, such as .venv/bin/python; make it first if it is a virtual environment.",
    });
  const { executable, virtualEnvironment } = facts;
  // Its other programs come along: they are the ones that the command calls.
  const isFolder = virtualEnvironment !== null || condaPrefix(executable) !== null;
  const PATH = isFolder ? `${path.dirname(executable)}:${variables.PATH ?? ""}` : variables.PATH;
  const programs = await programsOf(command, { ...context, variables: { ...variables, PATH } });
  return interpreterIdentity("python", file, facts, programs, context);
}

function interpreterIdentity(
  kind: "host" | "python",
  label: string,
  facts: PythonFacts,
  programs: Programs,
  context: Pick<IdentifyContext, "cacheFolder" | "recipes">,
): EnvironmentOutcome<EnvironmentIdentity> {
  const editable = editablesOf(facts, context.cacheFolder);
  const { version: pythonVersion, platform, packages, executable, virtualEnvironment } = facts;
  const fields = { label, kind, pythonVersion, platform, packages, editable, programs };
  const identity = identityOf({ ...fields, lockId: null });
  context.recipes.remember(identity, { kind: "interpreter", executable, virtualEnvironment });
  return { ok: true, value: identity, warnings: [] };
}

/** Name → content of what is imported from where it is edited. */
export function editablesOf(
  { editables }: Pick<PythonFacts, "editables">,
  cacheFolder: string,
): Record<string, string> {
  return Object.fromEntries(
    editables.map((source) => [source.name, editableContent(source, cacheFolder)]),
  );
}

async function identifyPackages(
  software: PackageSoftware,
  programs: Programs,
  mayResolve: boolean,
  context: IdentifyContext,
): Identified {
  const { recipes } = context;
  const file = lockPath(context, software);
  const damage = lockDamage(file, software.requirements);
  if (damage !== null) return failed(damage);
  const existing = readLock(file);
  const wanted = software.python ?? existing?.python ?? null;
  const python = await choosePython(wanted, context.variables, context.cacheFolder);
  if (python === null) return failed(NO_PYTHON);
  const changed =
    existing === null ? [] : changedArchives(existing.text, software, context.cacheFolder);
  const lock =
    existing !== null && changed.length === 0
      ? existing
      : await newLock({ file, software, existing, changed }, python.facts, mayResolve, context);
  if ("code" in lock) return failed(lock);
  const { facts } = python;
  const hasVariables = Object.keys(software.variables).length > 0;
  const variables = hasVariables ? { variables: software.variables } : {};
  const identity = identityOf({
    label: `uv: ${software.label}`,
    kind: "uv",
    pythonVersion: facts.version,
    platform: facts.platform,
    packages: lockedPackages(lock.text, markerVariables(facts.version, facts.platform)),
    editable: {},
    lockId: lock.id,
    programs,
    ...variables,
  });
  recipes.rememberLock(lock.id, lock.text);
  recipes.remember(identity, {
    kind: "venv",
    label: software.label,
    lockId: lock.id,
    python: facts.executable,
    pythonVersion: facts.version,
    platform: facts.platform,
    project: null,
    folder: software.folder,
    ...variables,
  });
  return { ok: true, value: identity, warnings: pythonWarnings(python, software.pythons) };
}

/** Where a lock is to lie, and why it must be made: there is none, or it names files that were built anew since. */
interface Wanting {
  readonly file: string;
  readonly software: PackageSoftware;
  readonly existing: Lock | null;
  readonly changed: readonly ChangedArchive[];
}

async function newLock(
  wanting: Wanting,
  facts: PythonFacts,
  mayResolve: boolean,
  context: IdentifyContext,
): Promise<Lock | EnvironmentFailure> {
  const { file, software, existing, changed } = wanting;
  if (context.locked || !mayResolve) return notResolved(wanting, context);
  const uv = await context.uv();
  if ("code" in uv) return uv;
  const names = changed.map(({ name }) => name).join(", ");
  const why = changed[0] === undefined ? "(once)" : `${names} (${changed[0].file} has changed)`;
  context.log(`environment ${software.label}: resolving ${why}`);
  // The other packages stay as they are.
  const wanted = changed.map(({ name }) => ({ name, version: null }));
  const keep = existing === null ? null : { text: existing.text, wanted };
  const resolved = await resolveLock(software, facts.version, uv, keep);
  if ("code" in resolved) return resolved;
  // Another process may have resolved it meanwhile: the first lock stays.
  const now = readLock(file);
  try {
    return now === null || now.text === existing?.text ? writeLock(file, software, resolved) : now;
  } catch (error) {
    return {
      code: "environment_build_failed",
      message: `The lock ${file} cannot be written: ${(error as Error).message}`,
      hint: "Make its folder writable, or free some space, and run again.",
    };
  }
}

function notResolved(
  { file, software: { label }, changed: [first] }: Wanting,
  { locked, locksFolder }: IdentifyContext,
): EnvironmentFailure {
  const code = "environment_not_resolved";
  if (!locked) {
    const message =
      first === undefined
        ? "its environment was never resolved as it is written now: the first run will do it"
        : `its environment is to be resolved again: ${first.file} has changed`;
    return { code, message, hint: "`stepwell run` resolves it." };
  }
  const name = path.relative(path.dirname(locksFolder), file);
  const message =
    first === undefined
      ? `The environment ${label} was never resolved: there is no ${name}.`
      : `The environment ${label} must be resolved again: ${first.file} is not the file that ${name} names.`;
  const hint = "Run once without --locked (and without CI set) and commit the file.";
  return { code, message, hint };
}

async function identifyProject(
  folder: string,
  label: string,
  programs: Programs,
  context: IdentifyContext,
): Identified {
  const { recipes } = context;
  const lock = readProjectLock(folder);
  if ("code" in lock) return failed(lock);
  const python = await projectPython(lock, context);
  if (python === null) return failed(NO_PYTHON);
  const editable = sourceContents(lock, folder, context.cacheFolder);
  const { facts } = python;
  const identity = identityOf({
    label: `uv: ${label}`,
    kind: "uv",
    pythonVersion: facts.version,
    platform: facts.platform,
    packages: versionsFor(lock, facts),
    editable,
    lockId: lock.id,
    programs,
  });
  const contentId = contentIdOf(editable);
  recipes.remember(identity, {
    kind: "venv",
    label,
    lockId: lock.id,
    python: facts.executable,
    pythonVersion: facts.version,
    platform: facts.platform,
    project: { folder, contentId, isPackage: lock.isPackage },
    folder: lock.folder,
  });
  const renew = `renew it with: uv lock --project ${folder}`;
  const old =
    lock.stale.length === 0
      ? []
      : [
          `The uv.lock of ${folder} is older than its pyproject.toml: it ${lock.stale.join(", ")}; ${renew}`,
        ];
  const built = changedOf(lock.archives, context.cacheFolder).map(
    ({ name, file }) =>
      `The uv.lock of ${folder} was made of another ${file}, and what was locked counts; take the file as it is now: uv lock --project ${folder} --upgrade-package ${name}`,
  );
  const warnings = [...old, ...built, ...(python.warning === null ? [] : [python.warning])];
  return { ok: true, value: identity, warnings };
}

/** The version of each package that is for this Python, where the lock has several. */
function versionsFor(
  { packages }: ProjectLock,
  { version, platform }: ChosenPython["facts"],
): Record<string, string> {
  const variables = markerVariables(version, platform);
  const isFor = ({ markers }: LockedVersion) =>
    markers.length === 0 || markers.some((marker) => markerHolds(marker, variables));
  return Object.fromEntries(packages.filter(isFor).map((each) => [each.name, each.version]));
}

/** As uv chooses it: what `.python-version` says, else the shell's own where the project takes it, else the lowest. */
async function projectPython(
  { pinnedPython, pythons }: ProjectLock,
  { variables, cacheFolder }: IdentifyContext,
): Promise<ChosenPython | null> {
  const host = pinnedPython === null ? await choosePython(null, variables, cacheFolder) : null;
  const isTaken =
    host !== null &&
    (pythons.marker === "" ||
      markerHolds(pythons.marker, markerVariables(host.facts.version, host.facts.platform)));
  return isTaken ? host : choosePython(pinnedPython ?? pythons.lowest, variables, cacheFolder);
}

const NO_PYTHON: EnvironmentFailure = {
  code: "environment_build_failed",
  message: "No Python 3.8 or newer was found on this machine.",
  hint: "Install Python 3 (apt-get install python3, brew install python).",
};

/** `linux-x86_64-glibc2.36`, as an interpreter would say it. */
function platformWithoutPython(): string {
  const linux = process.platform === "linux";
  const machine =
    process.arch === "x64"
      ? "x86_64"
      : linux && process.arch === "arm64"
        ? "aarch64"
        : process.arch;
  const report = linux ? (process.report.getReport() as unknown as Report) : null;
  const libc = report?.header.glibcVersionRuntime;
  return `${process.platform}-${machine}${linux ? `-${libc ? `glibc${libc}` : "musl"}` : ""}`;
}

interface Report {
  readonly header: { readonly glibcVersionRuntime?: string };
}

function failed<T>(failure: EnvironmentFailure): EnvironmentOutcome<T> {
  return { ok: false, failure };
}
