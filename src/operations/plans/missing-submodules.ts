// Submodules of git in a code folder that were not checked out: an empty folder stands for each, and the step would miss what
// is in it. Reads `.gitmodules`; asks no git.

import fs from "node:fs";
import path from "node:path";
import { shellWord } from "../../core/shell-word.ts";
import { textOrNull } from "../../ports/read-file.ts";
import { namesIn } from "../names-in.ts";

/** What is to be said of each, of a code folder of this place. */
export function missingSubmodules(folder: string): readonly string[] {
  const root = workTree(folder);
  if (root === null) return [];
  const text = textOrNull(path.join(root, ".gitmodules")) ?? "";
  return [...text.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)]
    .map(([, name = ""]) => path.join(root, name))
    .filter((at) => isInside(at, folder) && fs.existsSync(at) && namesIn(at).length === 0)
    .map((at) => {
      const command = `git -C ${shellWord(root)} submodule update --init ${shellWord(path.relative(root, at))}`;
      return `the submodule ${at} is not checked out, and belongs to the code: ${command}`;
    });
}

function isInside(at: string, folder: string): boolean {
  return at === folder || at.startsWith(`${folder}${path.sep}`);
}

function workTree(folder: string): string | null {
  for (let at = folder; ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, ".git"))) return at;
    if (at === path.dirname(at)) return null;
  }
}
