// Says how the program of a function step differs from an earlier one, in words of who wrote the function: no user has
// seen the files of its code folder.

import { own } from "../spec/own-keys.ts";

/** Name → package that the program loads from the project. */
export type LoadedPackages = Readonly<
  Record<string, { readonly version: string; readonly integrity: string | null }>
>;

export interface LineChange {
  readonly added: number;
  readonly removed: number;
}

/** What a function step runs. */
export const FUNCTION_PROGRAM = "step.mjs";
/** Beside it, where it loads packages from the project. */
export const FUNCTION_PACKAGES = "packages.json";

/** Whether a command runs the program of a function. */
export function isFunctionCommand(command: string | null): boolean {
  return command !== null && /^node step\.mjs(?: |$)/.test(command);
}

/** Whether a code folder has the program of a function, and nothing else. */
export function isFunctionFolder(parts: Readonly<Record<string, string>>): boolean {
  return (
    FUNCTION_PROGRAM in parts &&
    Object.keys(parts).every((file) => file === FUNCTION_PROGRAM || file === FUNCTION_PACKAGES)
  );
}

export function functionChanges(
  before: LoadedPackages,
  after: LoadedPackages,
  lines: LineChange | null,
): readonly string[] {
  const packages = packageChanges(before, after);
  // The first line of a program names its packages.
  const head = packages.length > 0 ? 1 : 0;
  if (head > 0 && (lines === null || (lines.added <= head && lines.removed <= head)))
    return packages;
  const count = lines === null ? "" : ` (+${lines.added - head} −${lines.removed - head})`;
  return [`what it contains${count}`, ...packages];
}

function packageChanges(before: LoadedPackages, after: LoadedPackages): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const old = own(before, name);
    const now = own(after, name);
    if (now === undefined) return [`package ${name} is gone`];
    if (old === undefined) return [`package ${name} ${now.version} is new`];
    if (old.version !== now.version) return [`package ${name} ${old.version} → ${now.version}`];
    if (old.integrity === now.integrity) return [];
    return [`package ${name} ${now.version} has other content`];
  });
}
