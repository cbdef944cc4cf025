// Which line of which ignore file left a file out of a snapshot, and its folders above it; only for explanations.

import { lstatSync, type Stats } from "node:fs";
import { basename, join } from "node:path";
import type { IgnoredFile } from "../core/failure-causes.ts";
import type { CodeReference } from "../spec/graph.ts";
import { decidingRule, levelForIncludes, levelOf, topLevels } from "./ignore-rules.ts";

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
  const levels = topLevels(root);
  const hasAmlignore = levels.length > 1;
  const above = include === undefined ? [] : levelForIncludes(code.path);
  let prefix = "";
  for (const [index, name] of inside.entries()) {
    if (!hasAmlignore) levels.push(...levelOf(root, prefix, ".gitignore"));
    prefix += `${name}/`;
    const isLast = index === inside.length - 1;
    const entry = isLast && !isFolder ? prefix.slice(0, -1) : prefix;
    const rules = [decidingRule(levels, entry), decidingRule(above, `${parts[0]}/${entry}`)];
    const rule = rules.find((one) => one?.pattern.isNegated === false);
    if (!rule) continue;
    const { line, lineNumber } = rule.pattern;
    const place = rule.level.file;
    return { path: file, rule: line.trim(), file: place, line: place === null ? null : lineNumber };
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
