// A project with pyproject.toml and uv.lock: its lock is taken exactly as it stands. Knows uv's files, installs nothing.

import fs from "node:fs";
import path from "node:path";
import { parse, TomlError } from "smol-toml";
import { canonicalJson } from "../core/canonical-json.ts";
import { digest } from "../core/digest.ts";
import type { EnvironmentFailure } from "../ports/environments.ts";
import { textOrNull } from "../ports/read-file.ts";
import type { Candidate } from "./local-archives.ts";
import { packageName } from "./package-name.ts";
import { type Definition, differencesFromLock, textOf, textsOf } from "./stale-lock.ts";
import {
  everyPackage,
  installedPart,
  type LockedPackage,
  type Needed,
  neededBy,
  needsOf,
  parseUvLock,
  settingsOf,
  type UvLock,
} from "./uv-lock.ts";

export interface ProjectLock {
  /** Digest of what decides which packages are installed. */
  readonly id: string;
  /** Folder of the uv.lock: of a workspace's member that of the workspace. Relative sources are below it. */
  readonly folder: string;
  readonly name: string;
  /** Pythons that the project takes, as a marker, and the lowest of them: `3.9`. */
  readonly pythons: { readonly marker: string; readonly lowest: string | null };
  /** What the file `.python-version` says. */
  readonly pinnedPython: string | null;
  /** What is installed from elsewhere, without what only its groups for developing need. */
  readonly packages: readonly LockedVersion[];
  /** True when the project itself is to be installed (it says how it is built). */
  readonly isPackage: boolean;
  /** Folders that the project depends on: name → absolute path. */
  readonly sources: Readonly<Record<string, string>>;
  /** Files beside it that the project depends on, with the hashes that are locked of them. */
  readonly archives: readonly Candidate[];
  /** In which way the uv.lock is not that of pyproject.toml: `has no numpy>=2`. */
  readonly stale: readonly string[];
}

export interface LockedVersion {
  readonly name: string;
  readonly version: string;
  /** Where the lock has several versions: those it is for, as markers of which one holds. */
  readonly markers: readonly string[];
}

/** Reads the project's own lock, or says what is missing. */
export function readProjectLock(project: string): ProjectLock | EnvironmentFailure {
  const definition = readDefinition(project);
  if (definition === null)
    return missing(project, "pyproject.toml", "Name the folder that holds it.");
  if ("code" in definition) return definition;
  const folder = lockFolder(project);
  const locked = folder === null ? null : read(path.join(folder, "uv.lock"), parseLock(project));
  if (folder === null || locked === null)
    return missing(project, "uv.lock", `Make it: uv lock --project ${project}`);
  return "code" in locked ? locked : describe(definition, project, locked, folder);
}

function describe(
  definition: Definition,
  project: string,
  lock: UvLock,
  folder: string,
): ProjectLock {
  const name = packageName(textOf(definition.project?.name) ?? path.basename(project));
  const itself = lock.package?.find((each) => each.name === name) ?? null;
  const uv = definition.tool?.uv;
  const groups = groupsOf(uv?.["default-groups"], itself);
  const needed = itself === null ? everyPackage(lock) : neededBy(lock, itself, groups);
  const asks = itself === null ? definition : needsOf(itself, groups);
  const range = lock["requires-python"] ?? "";
  const isAlone = folder === project && uv?.workspace === undefined;
  return {
    id: digest(canonicalJson([settingsOf(lock), asks, needed.map(installedPart)])),
    folder,
    name,
    pythons: {
      marker: range
        .split(",")
        .flatMap((part) => {
          const match = /^\s*([<>=!~]+)\s*([\d.*]+)\s*$/.exec(part);
          return match === null ? [] : [`python_full_version ${match[1]} "${match[2]}"`];
        })
        .join(" and "),
      lowest: /^[^\d]*(\d+\.\d+)/.exec(range)?.[1] ?? null,
    },
    pinnedPython: pinnedPython(project) ?? pinnedPython(folder),
    packages: versionsOf(needed),
    isPackage: (uv?.package ?? definition["build-system"] !== undefined) === true,
    sources: sourcesOf(needed, folder),
    archives: archivesOf(needed, folder),
    stale: differencesFromLock(definition, itself, isAlone ? range : null),
  };
}

/** The groups that are installed, as `uv export --no-dev` takes them. */
function groupsOf(asked: unknown, itself: LockedPackage | null): readonly string[] {
  const all = Object.keys(itself?.["dev-dependencies"] ?? {});
  return (asked === "all" ? all : textsOf(asked)).filter((group) => group !== "dev");
}

function pinnedPython(folder: string): string | null {
  const text = textOrNull(path.join(folder, ".python-version")) ?? "";
  return /^(\d+\.\d+(?:\.\d+)?)\s*$/m.exec(text)?.[1] ?? null;
}

function missing(project: string, file: string, hint: string): EnvironmentFailure {
  const message = `The project ${project} has no ${file}.`;
  return { code: "environment_build_failed", message, hint };
}

/** What `parsed` makes of a file; null: there is none. */
function read<T extends object>(
  file: string,
  parsed: (text: string) => T | EnvironmentFailure,
): T | EnvironmentFailure | null {
  const text = textOrNull(file);
  if (text === null) return null;
  try {
    return parsed(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    return {
      code: "environment_build_failed",
      message: `${file}:${error.line}:${error.column}: ${message}\n${error.codeblock.trimEnd()}`,
      hint: "Mend the file: it is not TOML.",
    };
  }
}

function readDefinition(folder: string): Definition | EnvironmentFailure | null {
  return read(path.join(folder, "pyproject.toml"), (text) => parse(text) as Definition);
}

function parseLock(project: string): (text: string) => UvLock | EnvironmentFailure {
  return (text) =>
    /^(?:<{7}|={7}|>{7})/m.test(text)
      ? {
          code: "environment_build_failed",
          message: `The uv.lock of the project ${project} has conflict markers of git in it.`,
          hint: `Take one side, then make it anew: git checkout --theirs uv.lock; uv lock --project ${project}`,
        }
      : (parseUvLock(text) ?? {
          code: "environment_build_failed",
          message: `The uv.lock of the project ${project} is not a lock of uv.`,
          hint: `Make it anew: uv lock --project ${project}`,
        });
}

/** The folder itself, or the workspace above it that it is a member of. */
function lockFolder(project: string): string | null {
  if (fs.existsSync(path.join(project, "uv.lock"))) return project;
  for (let above = path.dirname(project); ; above = path.dirname(above)) {
    const definition = readDefinition(above);
    if (definition !== null && !("code" in definition) && definition.tool?.uv?.workspace)
      return fs.existsSync(path.join(above, "uv.lock")) ? above : null;
    if (above === path.dirname(above)) return null;
  }
}

function versionsOf(needed: readonly Needed[]): readonly LockedVersion[] {
  return needed.flatMap(({ locked: { name, version, source, ...rest } }) =>
    version === undefined || isFolder(source)
      ? []
      : [{ name, version, markers: rest["resolution-markers"] ?? [] }],
  );
}

type Source = Needed["locked"]["source"];

function isFolder(source: Source): boolean {
  return ["editable", "directory", "virtual"].some((kind) => source?.[kind] !== undefined);
}

function archivesOf(needed: readonly Needed[], folder: string): readonly Candidate[] {
  return needed.flatMap(({ locked: { name, source, sdist, wheels = [] } }) => {
    const hashes = [sdist, ...wheels].flatMap((file) => textOf(file?.hash) ?? []);
    const place = textOf(source?.path);
    if (place === null || hashes.length === 0) return [];
    return [{ entry: { name, hashes }, files: [path.resolve(folder, place)] }];
  });
}

function sourcesOf(needed: readonly Needed[], folder: string): Record<string, string> {
  return Object.fromEntries(
    needed.flatMap(({ locked: { name, source } }) => {
      const place = source?.editable ?? source?.directory;
      return place === undefined ? [] : [[name, path.resolve(folder, place)]];
    }),
  );
}
