// Whether a work folder is just as it was made: the same entries with the same bytes, nothing beside them, and nothing in
// the folders that a command finds there. Pure file work, at once or by a worker; knows nothing of attempts.

import { lstatSync, mkdirSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import type { ManifestEntry } from "../core/content.ts";
import { RACY_MS } from "./hash-cache.ts";
import { hashFile } from "./hash-file.ts";

/** What every command finds in its work folder. */
export const WORK_FOLDERS = ["outputs", "logs"] as const;

/** A work folder as it was handed over. Nobody can set the time of an entry's last change (`ctime`). */
export interface AsMade {
  /** Kind, permissions and owner of each folder in it. */
  readonly kind: string;
  /** Of each entry of its code, in milliseconds. */
  readonly changedAt: readonly number[];
  /** When it was handed over. */
  readonly at: number;
}

/** Adds the folders that every command finds. Say it when the code is there and before the command is. */
export function finishFolder(folder: string, entries: readonly ManifestEntry[]): AsMade {
  for (const name of WORK_FOLDERS) mkdirSync(join(folder, name), { recursive: true });
  const changedAt = entries.map(({ path }) => lstatSync(join(folder, path)).ctimeMs);
  return { kind: kindOf(lstatSync(folder)), changedAt, at: Date.now() };
}

/** A work folder that a command has had. */
export interface UsedFolder {
  readonly folder: string;
  /** Of its code. */
  readonly entries: readonly ManifestEntry[];
  readonly asMade: AsMade;
  /** The folders that every command finds have been found empty since. */
  readonly leftNothing: boolean;
}

/** The same folder as it may be handed over now; null when it is not as it was made. */
export function stillAsMade({ folder, entries, asMade, leftNothing }: UsedFolder): AsMade | null {
  const now = Date.now();
  try {
    for (const [name, count] of entries.length === 0 ? BARE : namesIn(entries)) {
      const at = name === "." ? folder : `${folder}/${name}`;
      if (kindOf(lstatSync(at)) !== asMade.kind) return null;
      if (leftNothing && isForEvery(name)) continue;
      if (readdirSync(at).length !== count) return null;
    }
    for (const [index, entry] of entries.entries()) {
      if (entry.type === "folder") continue;
      const path = join(folder, entry.path);
      const stats = lstatSync(path);
      const changedAt = asMade.changedAt[index] as number;
      if (stats.ctimeMs !== changedAt) return null;
      // Its time could not tell: clocks of file systems are coarse.
      if (changedAt >= asMade.at - RACY_MS && !holds(path, stats, entry)) return null;
    }
    return { ...asMade, at: now };
  } catch {
    return null;
  }
}

function isForEvery(name: string): boolean {
  return (WORK_FOLDERS as readonly string[]).includes(name);
}

/** Each folder, and how many names it holds. */
function namesIn(entries: readonly ManifestEntry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (folder: string): void => {
    if (counts.has(folder)) return;
    counts.set(folder, 0);
    if (folder !== ".") count(folder);
  };
  const count = (path: string): void => {
    const folder = dirname(path);
    add(folder);
    counts.set(folder, (counts.get(folder) as number) + 1);
  };
  for (const name of [".", ...WORK_FOLDERS]) add(name);
  for (const entry of entries)
    if (entry.type === "folder") add(entry.path);
    else count(entry.path);
  return counts;
}

const BARE = namesIn([]);

function holds(path: string, stats: Stats, entry: Exclude<ManifestEntry, { type: "folder" }>) {
  if (entry.type === "link") return stats.isSymbolicLink() && readlinkSync(path) === entry.target;
  const isExecutable = (stats.mode & 0o100) !== 0;
  return (
    stats.isFile() && isExecutable === entry.executable && hashFile(path, stats.size) === entry.id
  );
}

function kindOf(stats: Stats): string {
  return `${stats.mode} ${stats.uid} ${stats.gid}`;
}
