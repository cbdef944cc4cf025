// What a project installs of its own and of the folders that it needs: their content, and whether it is still what a recipe
// was made for. Installs nothing.

import { canonicalJson } from "../core/canonical-json.ts";
import { digest } from "../core/digest.ts";
import type { EnvironmentFailure } from "../ports/environments.ts";
import { projectContent } from "./editable-content.ts";
import { type ProjectLock, readProjectLock } from "./project-lock.ts";
import type { VenvRecipe } from "./venv-store.ts";

/** Name → content of each folder that is installed. */
export function sourceContents(
  lock: ProjectLock,
  folder: string,
  cacheFolder: string,
): Readonly<Record<string, string>> {
  const sources = lock.isPackage ? { ...lock.sources, [lock.name]: folder } : lock.sources;
  return Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [
      name,
      projectContent(source, name, cacheFolder),
    ]),
  );
}

export function contentIdOf(contents: Readonly<Record<string, string>>): string | null {
  return Object.keys(contents).length === 0 ? null : digest(canonicalJson(contents));
}

/** Why what lies there now must not be installed for the recipe, or null. */
export function changedProject(
  { project, lockId }: Pick<VenvRecipe, "project" | "lockId">,
  cacheFolder: string,
): EnvironmentFailure | null {
  if (project === null) return null;
  const { folder, contentId } = project;
  const lock = readProjectLock(folder);
  if ("code" in lock) return lock;
  if (lock.id === lockId && contentIdOf(sourceContents(lock, folder, cacheFolder)) === contentId)
    return null;
  return {
    code: "environment_build_failed",
    message: `The project ${folder} has changed since this run was planned, and its environment was not made before that.`,
    hint: "Run the file again to use the project as it is now, or take its files back to what they were.",
  };
}
