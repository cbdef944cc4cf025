// Which line of which ignore file left a file out of a snapshot. Asks the rules one by one, in the order in which
// `ignoreRules` reads them together; only for explanations.

import { existsSync, lstatSync, type Stats } from "node:fs";
import { basename, join } from "node:path";
import ignore from "ignore";
import type { IgnoredFile } from "../core/failure-causes.ts";
import { readText } from "../ports/read-file.ts";
import type { CodeReference } from "../spec/graph.ts";
import { NEVER_CODE } from "./ignore-rules.ts";

/**
 * `path` is one inside the snapshot. Null where nothing ignores it, or the user's folder has no such file, unless what it
 * would be is `expected`.
 */
export function ignoringRule(
  code: CodeReference,
  path: string,
  expected: "file" | "folder" | null = null,
): IgnoredFile | null {
  const parts = path.split("/").filter((part) => part !== "." && part !== "");
  if (parts.length === 0 || parts.includes("..")) return null;
  const include = code.includes.find((one) => basename(one) === parts[0]);
  const root = include ?? code.path;
  if (root === null) return null;
  const inside = include === undefined ? parts : parts.slice(1);
  const file = join(root, ...inside);
  const stats = inside.length === 0 ? null : lookAt(file);
  if (stats === null && expected === null) return null;
  const isFolder = stats?.isDirectory() ?? expected === "folder";
  for (let count = 1; count <= inside.length; count += 1) {
    const above = inside.slice(0, count).join("/");
    const rule = ruleFor(root, count < inside.length || isFolder ? `${above}/` : above);
    if (rule !== null) return { path: file, ...rule };
  }
  return null;
}

/** Null for what is not there, whatever else stands in the way: a program may ask for any text. */
function lookAt(file: string): Stats | null {
  try {
    return lstatSync(file);
  } catch {
    return null;
  }
}

type Rule = Omit<IgnoredFile, "path">;

/** The rule that ignores this very entry of the root, whatever becomes of the folders above it. */
function ruleFor(root: string, path: string): Rule | null {
  const amlignore = join(root, ".amlignore");
  if (existsSync(amlignore)) return lastRule(amlignore, path) ?? builtIn(amlignore, path);
  const folders = path.split("/").slice(0, path.endsWith("/") ? -2 : -1);
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const prefix = folders
      .slice(0, depth)
      .map((name) => `${name}/`)
      .join("");
    const file = join(root, prefix, ".gitignore");
    const rule = lastRule(file, path.slice(prefix.length));
    if (rule !== null || takesBack(file, path.slice(prefix.length))) return rule;
  }
  return builtIn(null, path);
}

function builtIn(file: string | null, path: string): Rule | null {
  if (file !== null && takesBack(file, path)) return null;
  const rule = NEVER_CODE.find((one) => ignore().add(one).ignores(path));
  return rule === undefined ? null : { rule, file: null, line: null };
}

/** Null where no line of the file ignores it in the end. */
function lastRule(file: string, path: string): Rule | null {
  const lines = linesOf(file);
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] as string;
    if (line.startsWith("!") && ignore().add(line.slice(1)).ignores(path)) return null;
    if (ignore().add(line).ignores(path)) return { rule: line.trim(), file, line: index + 1 };
  }
  return null;
}

function takesBack(file: string, path: string): boolean {
  const last = linesOf(file).findLast((line) => ignore().add(line.replace(/^!/, "")).ignores(path));
  return last?.startsWith("!") ?? false;
}

function linesOf(file: string): readonly string[] {
  try {
    return readText(file).split(/\r?\n/);
  } catch {
    return [];
  }
}
