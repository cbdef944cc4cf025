// Which files of a code folder belong to it: `.amlignore` alone where there is one, else `.gitignore` files as git reads
// them (nested, with negation), on top of a short list of what is never code. Reads the ignore files, nothing else.

import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { readText } from "../ports/read-file.ts";
import type { WalkRules } from "./walk.ts";

/**
 * Made by tools, not by the author of the code. An ignore file can take any of them back with `!`. Packages and environments
 * are often links to a shared folder, and `.git` is a file in a worktree: those have no slash.
 */
export const NEVER_CODE: readonly string[] = [
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

interface Level {
  /** Folder of the ignore file, relative to the root: empty or with a trailing `/`. */
  readonly prefix: string;
  readonly rules: Ignore;
}

/** Rules for one walk of this folder; they remember the nested ignore files that the walk has passed. */
export function ignoreRules(root: string): Pick<WalkRules, "takes" | "enters"> {
  const amlignore = readRules(join(root, ".amlignore"));
  const base = ignore().add([...NEVER_CODE]);
  if (amlignore !== null) base.add(amlignore);
  const levels: Level[] = [{ prefix: "", rules: base }];
  return {
    enters(prefix, names) {
      // Levels of folders that the walk has left.
      while (!prefix.startsWith(levels.at(-1)?.prefix ?? "")) levels.pop();
      if (amlignore !== null || !names.includes(".gitignore")) return;
      const text = readRules(join(root, prefix, ".gitignore"));
      if (text === null) return;
      if (prefix === "") base.add(text);
      else levels.push({ prefix, rules: ignore().add(text) });
    },
    takes(path) {
      for (let index = levels.length - 1; index >= 0; index -= 1) {
        const { prefix, rules } = levels[index] as Level;
        if (!path.startsWith(prefix) || path === prefix) continue;
        const verdict = rules.test(path.slice(prefix.length));
        // The deepest ignore file that says anything decides.
        if (verdict.ignored) return false;
        if (verdict.unignored) return true;
      }
      return true;
    },
  };
}

function readRules(path: string): string | null {
  try {
    return readText(path);
  } catch {
    return null;
  }
}
