// Which files of a code folder belong to it: `.amlignore` alone where there is one, else `.gitignore` files as git reads
// them (nested, with negation), on top of a short list of what is never code. Reads the ignore files, nothing else.

import { join } from "node:path";
import { decidingPattern, type IgnorePattern, ignorePatterns } from "../core/ignore-patterns.ts";
import { textOrNull } from "../ports/read-file.ts";
import type { WalkRules } from "./walk.ts";

/**
 * Made by tools, not by the author of the code. An ignore file can take any of them back with `!`. Packages and environments
 * are often links to a shared folder, and `.git` is a file in a worktree: those have no slash.
 */
const NEVER_CODE: readonly string[] = [
  ".stepwell/",
  ".git",
  "__pycache__/",
  "*.pyc",
  ".ipynb_checkpoints/",
  ".venv",
  "node_modules",
  "mlruns/",
  "stepwell.lock.d/",
  ".DS_Store",
  ".pytest_cache/",
  ".mypy_cache/",
  ".ruff_cache/",
  ".idea/",
  ".vscode/",
  // What editors leave beside a file that is open, and its last version.
  ".*.sw[op]",
  ".#*",
  "\\#*#",
  "*~",
];

export interface Level {
  /** The ignore file; null for what is never code. */
  readonly file: string | null;
  /** Its folder, relative to the root: empty or with a trailing `/`. */
  readonly prefix: string;
  readonly patterns: readonly IgnorePattern[];
}

/** Rules for one walk of this folder; they remember the nested ignore files that the walk has passed. */
export function ignoreRules(root: string): Pick<WalkRules, "takes" | "enters"> {
  const levels = topLevels(root);
  const hasAmlignore = levels.length > 1;
  return {
    enters(prefix, names) {
      // Levels of folders that the walk has left.
      while (!prefix.startsWith(levels.at(-1)?.prefix ?? "")) levels.pop();
      if (!hasAmlignore && names.includes(".gitignore"))
        levels.push(...levelOf(root, prefix, ".gitignore"));
    },
    // A walk enters no folder that is ignored.
    takes: (path) => decidingRule(levels, path)?.pattern.isNegated ?? true,
  };
}

/** What holds in the whole folder: what is never code, and the `.amlignore` that is asked alone. */
export function topLevels(root: string): Level[] {
  const never = { file: null, prefix: "", patterns: ignorePatterns(NEVER_CODE.join("\n")) };
  return [never, ...levelOf(root, "", ".amlignore")];
}

/** None where there is no such file. */
export function levelOf(root: string, prefix: string, name: string): readonly Level[] {
  const file = join(root, prefix, name);
  const text = textOrNull(file);
  return text === null ? [] : [{ file, prefix, patterns: ignorePatterns(text) }];
}

/** The line that decides on this very entry: of the deepest ignore file that says anything. */
export function decidingRule(
  levels: readonly Level[],
  path: string,
): { readonly level: Level; readonly pattern: IgnorePattern } | null {
  for (let index = levels.length - 1; index >= 0; index -= 1) {
    const level = levels[index] as Level;
    if (!path.startsWith(level.prefix) || path === level.prefix) continue;
    const pattern = decidingPattern(level.patterns, path.slice(level.prefix.length));
    if (pattern !== null) return { level, pattern };
  }
  return null;
}
