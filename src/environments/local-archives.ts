// Archives of this machine that a lock names by their hashes: files by `file:`, wheels of a folder of links. Says which of
// them is another file by now: somebody has built it anew under the same version.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { own } from "../spec/own-keys.ts";
import type { PackageSoftware } from "./choose-software.ts";
import { fileHashes } from "./file-hashes.ts";
import { type LockedFiles, lockedFiles } from "./lock-file.ts";
import { linkFolders } from "./requirement-options.ts";

export interface ChangedArchive {
  /** The package, as the lock names it. */
  readonly name: string;
  readonly file: string;
}

/** The first of them; null where all that are there are the locked ones. */
export function changedArchive(
  lockText: string,
  software: PackageSoftware,
  cacheFolder: string,
): ChangedArchive | null {
  const folders = linkFolders(software.options, software.folder);
  const locked = lockedFiles(lockText).filter(
    // Of a package whose hashes the definition says no other file is taken.
    ({ name, hashes }) => hashes.length > 0 && own(software.hashes, name) === undefined,
  );
  const candidates = [
    ...locked.flatMap((entry) => byAddress(entry)),
    ...folders.flatMap((folder) => ofFolder(folder, locked)),
  ];
  if (candidates.length === 0) return null;
  const key = createHash("sha256").update(JSON.stringify(candidates.map(({ file }) => file)));
  const name = `archives-${key.digest("hex").slice(0, 32)}.json`;
  const hashes = fileHashes(path.join(cacheFolder, "identities", name));
  const changed = candidates.find(({ file, entry }) => {
    const hash = hashes.of(file);
    return hash !== null && !entry.hashes.includes(`sha256:${hash}`);
  });
  hashes.save();
  return changed === undefined ? null : { name: changed.entry.name, file: changed.file };
}

interface Candidate {
  readonly file: string;
  readonly entry: LockedFiles;
}

function byAddress(entry: LockedFiles): Candidate[] {
  if (!entry.address?.startsWith("file:///")) return [];
  try {
    return [{ file: fileURLToPath(entry.address.replace(/#.*$/, "")), entry }];
  } catch {
    return [];
  }
}

function ofFolder(folder: string, locked: readonly LockedFiles[]): Candidate[] {
  const versions = new Map(locked.map((entry) => [`${entry.name} ${entry.version}`, entry]));
  return namesIn(folder).flatMap((name) => {
    const entry = versions.get(packageOf(name));
    return entry === undefined ? [] : [{ file: path.join(folder, name), entry }];
  });
}

/** `mini 0.1.0` of `mini-0.1.0-py3-none-any.whl` and of `mini-0.1.0.tar.gz`. */
function packageOf(fileName: string): string {
  const [, name = "", version = ""] =
    /^([^-]+)-([^-]+)(?:-[^-]+)+\.whl$/.exec(fileName) ??
    /^(.+)-([^-]+)\.(?:tar\.gz|zip)$/.exec(fileName) ??
    [];
  return `${name.toLowerCase().replace(/[-_.]+/g, "-")} ${version}`;
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
