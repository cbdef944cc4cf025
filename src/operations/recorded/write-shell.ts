// The private file of a run that holds what its steps inherit from the submitter's shell, because an engine started by
// somebody else's shell may start the steps. Values never reach the record; who may have which name is not known here.

import fs from "node:fs";
import path from "node:path";
import { syncFolder } from "../../ports/sync-folder.ts";
import {
  inheritedVariables,
  keyVariables,
  passedVariables,
} from "../../steps/inherited-variables.ts";
import { namesIn } from "../names-in.ts";
import { places, type Workspace } from "../workspace.ts";

/** Durable when it returns. Only for a run whose name nobody else can have. */
export function writeShell(
  workspace: Workspace,
  run: string,
  patterns: readonly string[],
  variables: Readonly<Record<string, string>>,
): void {
  const file = places.shellFile(workspace.folder, run);
  const folder = path.dirname(file);
  // One by one: on a read-only disk a recursive `mkdir` says that the folder above is missing.
  for (const each of [path.dirname(folder), folder]) makeFolder(each);
  const shell = {
    inherited: inheritedVariables(workspace.shell),
    passed: { ...passedVariables(workspace.shell, patterns), ...variables },
    keys: keyVariables(workspace.shell),
    names: Object.keys(workspace.shell),
  };
  const partial = `${file}.${process.pid}.partial`;
  try {
    fs.writeFileSync(partial, JSON.stringify(shell), { mode: 0o600, flush: true });
    fs.renameSync(partial, file);
  } catch (error) {
    fs.rmSync(partial, { force: true });
    throw error;
  }
  for (const each of [folder, path.dirname(folder)]) syncFolder(each);
}

/** Also what a process that was killed while it wrote has left. */
export function removeShell({ folder }: Pick<Workspace, "folder">, run: string): void {
  const file = places.shellFile(folder, run);
  for (const name of shellFilesIn(path.dirname(file)))
    fs.rmSync(path.join(path.dirname(file), name), { force: true });
}

export function shellFilesIn(runFolder: string): readonly string[] {
  return namesIn(runFolder).filter((name) => name.startsWith("shell.json"));
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
