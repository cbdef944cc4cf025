// Archives of this machine that a lock names by their hashes: files by `file:`, wheels of a folder of links. Says which of
// them is another file by now: somebody has built it anew under the same version.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { own } from "../spec/own-keys.ts";
import type { PackageSoftware } from "./choose-software.ts";
import { type FileHashes, fileHashes } from "./file-hashes.ts";
import { type LockedFiles, lockedFiles } from "./lock-file.ts";
import { packageName } from "./package-name.ts";
import { linkFolders } from "./requirement-options.ts";

export interface ChangedArchive {
  /** The package, as the lock names it. */
  readonly name: string;
  readonly file: string;
}

/** None where of each package that has files here one is the locked one. */
export function changedArchives(
  lockText: string,
  software: PackageSoftware,
  cacheFolder: string,
): readonly ChangedArchive[] {
  const folders = linkFolders(software.options, software.folder);
  const locked = lockedFiles(lockText).filter(
    // Of a package whose hashes the definition says no other file is taken.
    ({ name, hashes }) => hashes.length > 0 && own(software.hashes, name) === undefined,
  );
  const candidates = [
    ...locked.flatMap((entry) => byAddress(entry)),
    ...ofFolders(folders, locked),
  ];
  return changedOf(candidates, cacheFolder);
}

/** Those of which no file that is there is the locked one. */
export function changedOf(
  candidates: readonly Candidate[],
  cacheFolder: string,
): readonly ChangedArchive[] {
  if (candidates.length === 0) return [];
  const all = candidates.flatMap(({ files }) => files);
  const key = createHash("sha256").update(JSON.stringify(all));
  const name = `archives-${key.digest("hex").slice(0, 32)}.json`;
  const hashes = fileHashes(path.join(cacheFolder, "identities", name));
  const changed = candidates.flatMap(({ entry, files }) => {
    const there = hashesOf(files, hashes);
    const isLocked = there.some((hash) => entry.hashes.includes(`sha256:${hash}`));
    return isLocked || there.length === 0 ? [] : { name: entry.name, file: files[0] as string };
  });
  hashes.save();
  return changed;
}

/** None where one cannot be read: it may be the locked one, and uv says so where it needs it. */
function hashesOf(files: readonly string[], hashes: FileHashes): readonly string[] {
  try {
    return files.flatMap((file) => hashes.of(file) ?? []);
  } catch {
    return [];
  }
}

/** What a package may be installed from here. uv writes down the one file that it would take of them. */
export interface Candidate {
  readonly entry: Pick<LockedFiles, "name" | "hashes">;
  readonly files: readonly string[];
}

function byAddress(entry: LockedFiles): Candidate[] {
  if (!entry.address?.startsWith("file:///")) return [];
  try {
    return [{ entry, files: [fileURLToPath(entry.address.replace(/#.*$/, ""))] }];
  } catch {
    return [];
  }
}

function ofFolders(folders: readonly string[], locked: readonly LockedFiles[]): Candidate[] {
  const files = new Map<string, string[]>();
  for (const folder of folders)
    for (const name of namesIn(folder)) {
      const key = packageOf(name);
      if (key === null) continue;
      const file = path.join(folder, name);
      const known = files.get(key) ?? [];
      files.set(key, name.endsWith(".whl") ? [file, ...known] : [...known, file]);
    }
  return locked.flatMap((entry) => {
    const here = files.get(`${entry.name} ${entry.version}`) ?? [];
    return isFromThere(entry, here) ? { entry, files: here } : [];
  });
}

/** Before a source archive of a folder uv takes a wheel of an index, which mostly has more than one file of a version. */
function isFromThere({ hashes }: LockedFiles, files: readonly string[]): boolean {
  return files.some((file) => file.endsWith(".whl")) || (files.length > 0 && hashes.length === 1);
}

/** `mini 0.1.0` of `mini-0.1.0-py3-none-any.whl` and of `mini-0.1.0.tar.gz`. */
function packageOf(fileName: string): string | null {
  const match =
    /^([^-]+)-([^-]+)(?:-[^-]+)+\.whl$/.exec(fileName) ??
    /^(.+)-([^-]+)\.(?:tar\.gz|zip)$/.exec(fileName);
  if (match === null) return null;
  const [, name = "", version = ""] = match;
  return `${packageName(name)} ${version}`;
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
