// The lock of an environment: a text for git that names every package with its hashes, for every platform. Knows the
// file's form and name, not how it is resolved.

import fs from "node:fs";
import path from "node:path";
import { canonicalJson } from "../core/canonical-json.ts";
import { digest } from "../core/digest.ts";
import type { EnvironmentFailure } from "../ports/environments.ts";
import { readText } from "../ports/read-file.ts";
import { own } from "../spec/own-keys.ts";
import type { PackageSoftware } from "./choose-software.ts";
import { writeWhole } from "./disk-cache.ts";
import { type MarkerVariables, markerHolds } from "./marker.ts";
import { packageName } from "./package-name.ts";
import { isRelativeLink } from "./requirement-options.ts";

export interface Lock {
  readonly text: string;
  /** Digest of what the text says: comments do not count. */
  readonly id: string;
  /** The Python that it was resolved for: `3.11`. */
  readonly python: string;
}

export interface LockPlaces {
  readonly locksFolder: string;
  readonly workspaceFolder: string;
}

/** Where the lock of a spec lies: the name changes with whatever the spec says. */
export function lockPath(places: LockPlaces, software: PackageSoftware): string {
  const name =
    software.label.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "") || "environment";
  const id = specId(software, linksPlace(places.workspaceFolder, software));
  return path.join(places.locksFolder, `${name}-${id.slice("sha256:".length, 19)}.txt`);
}

/** Name of what was asked for: order, comments and blanks do not count. */
function specId(software: PackageSoftware, place: string): string {
  const sorted = (lines: readonly string[]) =>
    lines.map((line) => line.replace(/\s+/g, " ")).sort();
  return digest(
    canonicalJson({
      format: 1,
      python: software.python,
      requirements: sorted(software.requirements),
      constraints: sorted(software.constraints),
      options: software.options,
      ...(Object.keys(software.hashes).length === 0 ? {} : { hashes: software.hashes }),
      ...(place === "" ? {} : { place }),
    }),
  );
}

/** The same `--find-links ./wheels` in two folders means other files. From the workspace, for git; "" where it says nothing. */
function linksPlace(workspaceFolder: string, { options, folder }: PackageSoftware): string {
  if (folder === null || !options.some(isRelativeLink)) return "";
  return path.relative(realPath(workspaceFolder), realPath(folder));
}

/** As it is where it is not there: a registered version outlives the folder of its file. */
function realPath(folder: string): string {
  try {
    return fs.realpathSync(folder);
  } catch {
    return folder;
  }
}

/** The lock at `file`, or null when there is none. */
export function readLock(file: string): Lock | null {
  let text: string;
  try {
    text = readText(file).replaceAll("\r\n", "\n");
  } catch {
    return null;
  }
  const python = /^# python: (\d+\.\d+)/m.exec(text)?.[1];
  return python === undefined ? null : { text, id: idOf(text), python };
}

/** Why a lock that is there cannot be used for these requirements, or null. */
export function lockDamage(
  file: string,
  requirements: readonly string[] = [],
): EnvironmentFailure | null {
  const damage = (what: string): EnvironmentFailure => ({
    code: "environment_build_failed",
    message: `The lock ${file} ${what}.`,
    hint: "Take it from git again (git checkout), or remove it: the next run without --locked resolves it anew.",
  });
  const text = textOf(file);
  if (text === null) return null;
  if (typeof text !== "string") return { ...damage(text.problem), hint: text.hint };
  if (/^(?:<{7} |={7}\r?$|>{7} )/m.test(text)) return damage("has conflict markers of git in it");
  if (!/^# python: \d+\.\d+/m.test(text)) return damage("has no line `# python: …` at its head");
  const loose = packageLines(text).find(
    (line) => !/==\s*[^\s;*]+(?:[\s;]|$)|\s@\s|:\/\//.test(line),
  );
  if (loose !== undefined) return damage(`names no version in its line \`${loose}\``);
  const lost = lostOf(requirements, text);
  return lost === undefined ? null : damage(`has no ${lost}, which is asked for: it is not whole`);
}

/** A package that must be there, whatever the platform, and is not. */
function lostOf(requirements: readonly string[], text: string): string | undefined {
  const there = new Set(lockedFiles(text).map(({ name }) => name));
  return requirements
    .filter((line) => !line.includes(";") && !/^[^@]*:\/\//.test(line))
    .flatMap((line) => /^[A-Za-z0-9][\w.-]*/.exec(line)?.[0] ?? [])
    .find((name) => !there.has(packageName(name)));
}

/** Null where there is none. A pipe is not waited for. */
function textOf(file: string): string | null | { readonly problem: string; readonly hint: string } {
  try {
    if (fs.statSync(file).isFile()) return readText(file);
    const hint = "Remove it: the next run without --locked resolves it anew.";
    return { problem: "is no file", hint };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    const hint = "Check the owner and the permissions of the file and of the folders above it.";
    return { problem: `cannot be read: ${message}`, hint };
  }
}

/** The lines that name packages by name, with what they go on with in the next one. */
function packageLines(text: string): readonly string[] {
  const lines = text.replace(/\r/g, "").replace(/\\\n/g, " ").split("\n");
  return lines.map((line) => line.trim()).filter((line) => /^[A-Za-z0-9]/.test(line));
}

/** Writes what uv resolved under a header that says what was asked for. */
export function writeLock(
  file: string,
  software: PackageSoftware,
  resolved: { readonly python: string; readonly text: string },
): Lock {
  const text = [
    "# Made by stepwell from the environment below; commit it. It changes only when the environment's definition does.",
    `# environment: ${software.label}`,
    `# python: ${resolved.python}${software.python === null ? "" : ` (asked for ${software.python})`}`,
    ...[...software.requirements].map((line) => `# - ${line}`),
    ...software.constraints.map((line) => `# constraint: ${line}`),
    ...software.options,
    resolved.text.trim(),
    "",
  ].join("\n");
  writeWhole(file, text);
  return { text, id: idOf(text), python: resolved.python };
}

function idOf(text: string): string {
  return digest(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .join("\n"),
  );
}

/** Name (normalised) → version of what the lock means on one platform. */
export function lockedPackages(text: string, variables: MarkerVariables): Record<string, string> {
  const packages: Record<string, string> = {};
  for (const line of text.replace(/\\\n/g, " ").split("\n")) {
    const match =
      /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?:==\s*([^\s;]+)|@\s*(\S+))\s*(?:;(.*?))?(?:\s--hash.*)?$/.exec(
        line.trim(),
      );
    if (match === null || (match[4] !== undefined && !markerHolds(match[4], variables))) continue;
    const name = packageName(match[1] ?? "");
    packages[name] = match[2] ?? match[3] ?? "";
  }
  return packages;
}

/** What the lock says of the files of one package, on whatever platform. */
export interface LockedFiles {
  /** Normalised. */
  readonly name: string;
  /** One of both is null. */
  readonly version: string | null;
  readonly address: string | null;
  /** `sha256:…` */
  readonly hashes: readonly string[];
}

export function lockedFiles(text: string): readonly LockedFiles[] {
  return packageLines(text).flatMap((line) => {
    const match = /^([\w.-]+)(?:\[[^\]]*\])?\s*(?:==\s*([^\s;]+)|@\s*(\S+))/.exec(line);
    if (match === null) return [];
    const hashes = [...line.matchAll(/--hash=(\S+)/g)].map((each) => each[1] as string);
    const [, name = "", version = null, address = null] = match;
    return [{ name: packageName(name), version, address, hashes }];
  });
}

/** Of the packages that have `wanted` hashes only those; the name of the first package of which none is left. */
export function keepHashes(
  text: string,
  wanted: PackageSoftware["hashes"],
): { readonly text: string } | { readonly without: string } {
  let without: string | null = null;
  // An entry ends where a line goes on in the next one no more.
  const kept = text.replace(/^[A-Za-z0-9](?:.*\\\n)*.*$/gm, (entry) => {
    const name = packageName(/^[\w.-]+/.exec(entry)?.[0] ?? "");
    const hashes = own(wanted, name);
    if (hashes === undefined) return entry;
    const [first = "", ...found] = entry.split(/\s*\\\n\s*/);
    const good = found.filter((word) => hashes.includes(word.replace("--hash=", "")));
    if (good.length === 0) without ??= first;
    return [first, ...good].join(" \\\n    ");
  });
  return without === null ? { text: kept } : { without };
}

/** Every package of the lock carries its hashes: then nothing else may be installed. */
export function isHashed(text: string): boolean {
  const entries = text
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => /^(?:[A-Za-z0-9./]|-e\b)/.test(line));
  return entries.length > 0 && entries.every((line) => line.includes("--hash="));
}
