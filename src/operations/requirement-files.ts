// The files that an environment's requirements name with `-r` and `-c`, in a requirements file or below `pip` of a conda
// file. Reads nothing else of them.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../ports/read-file.ts";
import type { EnvironmentReference } from "../spec/graph.ts";

/** Absolute path → text of those that are there; what they name is among them. */
export function requirementFiles(
  reference: EnvironmentReference | null,
): Readonly<Record<string, string>> {
  const first = reference?.kind === "inline" ? firstOf(reference) : null;
  const found: Record<string, string> = {};
  const open = first === null ? [] : namedIn(first.text, first.path);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (Object.hasOwn(found, at) || !fs.existsSync(at)) continue;
    const text = readText(at);
    found[at] = text;
    open.push(...namedIn(text, at));
  }
  return found;
}

interface Lines {
  readonly path: string;
  readonly text: string;
}

function firstOf({
  requirements,
  conda,
}: Extract<EnvironmentReference, { readonly kind: "inline" }>): Lines | null {
  if (requirements !== null || conda === null || conda.path === null) return requirements;
  const { dependencies } = (conda.content ?? {}) as { readonly dependencies?: unknown };
  const pip = Array.isArray(dependencies) ? dependencies.flatMap((each) => each?.pip ?? []) : [];
  return { path: conda.path, text: pip.map(String).join("\n") };
}

const NAMED_FILE = /^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(?:file:)?["']?([^\s#"']+)/gm;

function namedIn(text: string, file: string): string[] {
  return [...text.matchAll(NAMED_FILE)].map(([, name = ""]) =>
    path.resolve(path.dirname(file), name),
  );
}
