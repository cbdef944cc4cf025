// The variables that the submitter's shell gave to a run, from the private file beside its other files; after a resume
// by another shell, from that one.

import { readText } from "../../ports/read-file.ts";
import type { ShellVariables } from "../../steps/command-step.ts";
import { inheritedVariables, keyVariables } from "../../steps/inherited-variables.ts";
import { places, type Workspace } from "../workspace.ts";

const cache = new Map<string, ShellVariables>();

export function readShell(
  workspace: Pick<Workspace, "folder" | "shell">,
  run: string,
): ShellVariables {
  const file = places.shellFile(workspace.folder, run);
  const known = cache.get(file);
  if (known !== undefined) return known;
  const read = readFile(file);
  if (typeof read === "string") return { ...ownShell(workspace, {}), unread: read };
  const shell = read ?? ownShell(workspace, {});
  cache.set(file, shell);
  return shell;
}

/** For a run that has its end, of whose shell nothing is kept: this shell stands in for it. False: its own is still there. */
export function lendShell(
  workspace: Pick<Workspace, "folder" | "shell">,
  run: string,
  passed: Readonly<Record<string, string>>,
): boolean {
  if (shellOf(workspace, run) !== null) return false;
  cache.set(places.shellFile(workspace.folder, run), ownShell(workspace, passed));
  return true;
}

function ownShell(
  { shell }: Pick<Workspace, "shell">,
  passed: Readonly<Record<string, string>>,
): ShellVariables {
  return {
    inherited: inheritedVariables(shell),
    passed,
    keys: keyVariables(shell),
    names: Object.keys(shell),
  };
}

/** What is kept of a run's shell; null once the run has its end. */
export function shellOf(workspace: Pick<Workspace, "folder">, run: string): ShellVariables | null {
  const read = readFile(places.shellFile(workspace.folder, run));
  return typeof read === "string" ? null : read;
}

/** Null where there is none; a text says why the one that is there cannot be read. */
function readFile(file: string): ShellVariables | string | null {
  try {
    // A file of an earlier version has neither names nor keys.
    const written = JSON.parse(readText(file)) as ShellVariables;
    return { ...written, names: written.names ?? [], keys: written.keys ?? {} };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? null : message;
  }
}
