// Which files of a code folder belong to it: `.amlignore` alone where there is one, else `.gitignore` files as git reads
// them (nested, with negation), on top of a short list of what is never code. Reads the ignore files, nothing else.

import { join } from "node:path";
import { decidingPattern, type IgnorePattern, ignorePatterns } from "../core/ignore-patterns.ts";
import { quoted } from "../core/shell-word.ts";
import { textOrNull } from "../ports/read-file.ts";
import { ContentProblem } from "./content-problem.ts";
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
  /** No line of it says what its author meant. */
  readonly isUtf16: boolean;
}

/**
 * Rules for one walk of this folder; they remember the nested ignore files that the walk has passed. What is `leftOut` by
 * others is not taken either.
 */
export function ignoreRules(
  root: string,
  leftOut: (path: string) => boolean = () => false,
): Pick<WalkRules, "takes" | "enters"> {
  const levels = topLevels(root).map(refuseUtf16);
  const hasAmlignore = levels.length > 1;
  return {
    enters(prefix, names) {
      // Levels of folders that the walk has left.
      while (!prefix.startsWith(levels.at(-1)?.prefix ?? "")) levels.pop();
      if (!hasAmlignore && names.includes(".gitignore"))
        levels.push(...levelOf(root, prefix, ".gitignore").map(refuseUtf16));
    },
    // A walk enters no folder that is ignored.
    takes: (path) => (decidingRule(levels, path)?.pattern.isNegated ?? true) && !leftOut(path),
  };
}

/**
 * The ignore file of a code folder, for what is included beside the code: it holds there as if that lay in the folder, as
 * with Azure ML's client. What is included by name is taken all the same, whatever is said of that name.
 */
export function levelForIncludes(code: string | null): readonly Level[] {
  if (code === null) return [];
  const alone = levelOf(code, "", ".amlignore");
  return (alone.length > 0 ? alone : levelOf(code, "", ".gitignore")).map(refuseUtf16);
}

/** What of the included folder `name` the code's own ignore file leaves out. */
export function leavesOut(levels: readonly Level[], name: string): (path: string) => boolean {
  return (path) => decidingRule(levels, `${name}/${path}`)?.pattern.isNegated === false;
}

/** What holds in the whole folder: what is never code, and the `.amlignore` that is asked alone. */
export function topLevels(root: string): Level[] {
  const patterns = ignorePatterns(NEVER_CODE.join("\n"));
  const never = { file: null, prefix: "", patterns, isUtf16: false };
  return [never, ...levelOf(root, "", ".amlignore")];
}

/** None where there is no such file. */
export function levelOf(root: string, prefix: string, name: string): readonly Level[] {
  const file = join(root, prefix, name);
  const text = textOrNull(file);
  if (text === null) return [];
  // Its mark, or the empty half of each letter.
  const isUtf16 = /^\uFFFD{2}|\0/.test(text);
  return [{ file, prefix, patterns: ignorePatterns(text), isUtf16 }];
}

/** What it leaves out would be taken, passwords too. */
function refuseUtf16(level: Level): Level {
  if (level.file === null || !level.isUtf16) return level;
  const message = `${level.file} is UTF-16 (as PowerShell and Notepad may write it): what it leaves out is not known`;
  const hint = `Save it as UTF-8: iconv -f UTF-16 -t UTF-8 ${quoted(level.file)} > NEW`;
  throw new ContentProblem("unreadable", message, hint);
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
