// The folders that a project with a uv.lock is installed from: its own, and those of the sources in its lock. Knows how uv
// writes a folder into a lock, nothing else of it.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../../ports/read-file.ts";

export interface ProjectFolders {
  readonly folders: readonly string[];
  /** Of the workspace that the project is a member of: the lock, and what says that it is one. */
  readonly files: readonly string[];
}

export function projectFolders(project: string): ProjectFolders {
  const above = lockFolder(project);
  if (above === null) return { folders: [project], files: [] };
  const places = [...readText(path.join(above, "uv.lock")).matchAll(SOURCE)];
  const sources = places
    .map(([, place = ""]) => path.resolve(above, place))
    // A workspace may lie around all that its user has.
    .filter((place) => place !== above && fs.existsSync(place));
  const files = above === project ? [] : ["pyproject.toml", "uv.lock"];
  return {
    folders: [...new Set([project, ...sources])],
    files: files.map((name) => path.join(above, name)),
  };
}

const SOURCE = /^source = \{ (?:editable|directory|virtual) = "([^"]+)" \}/gm;

/** The project's own, or the nearest above it that has a lock. */
export function lockFolder(project: string): string | null {
  for (let at = project; ; at = path.dirname(at)) {
    if (["uv.lock", "pyproject.toml"].every((name) => fs.existsSync(path.join(at, name))))
      return at;
    if (at === path.dirname(at)) return null;
  }
}
