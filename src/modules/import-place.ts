// Where a file imports something.

import fs from "node:fs";
import path from "node:path";
import type { Position } from "../spec/problem.ts";

/** The line of `file` that imports `name`: a package, or a module as it is written or by its absolute path. */
export function importPlace(file: string, name: string): Position {
  const lines = textOf(file).split("\n");
  for (const [index, line] of lines.entries())
    for (const { 2: written = "", index: at } of line.matchAll(/(["'])(.+?)\1/g)) {
      const isImport = /\b(?:from|import|require)\b/.test(line.slice(0, at));
      if (isImport && isSame(written, name, file)) return { file, line: index + 1, column: at + 1 };
    }
  return { file, line: 1, column: 1 };
}

function isSame(written: string, name: string, file: string): boolean {
  if (written === name || written.startsWith(`${name}/`)) return true;
  return /^[./]/.test(written) && path.resolve(path.dirname(file), written) === name;
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
