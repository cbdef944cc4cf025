// The files that an environment's requirements name: with `-r` and `-c`, in a requirements file or below `pip` of a conda
// file, and archives in folders of links. Reads nothing else of them.

import fs from "node:fs";
import path from "node:path";
import { textOrNull } from "../../ports/read-file.ts";
import type { EnvironmentReference } from "../../spec/graph.ts";

/** Absolute path → text of those that are there; what they name is among them. */
export function requirementFiles(
  reference: EnvironmentReference | null,
): Readonly<Record<string, string>> {
  const first = reference?.kind === "inline" ? firstOf(reference) : null;
  const found: Record<string, string> = {};
  const open = first === null ? [] : namedIn(first.text, first.path);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    // What cannot be read as a file is told by whoever uses the environment.
    const text = Object.hasOwn(found, at) ? null : textOrNull(at);
    if (text === null) continue;
    found[at] = text;
    open.push(...namedIn(text, at));
  }
  return found;
}

/** Absolute paths of the wheels and archives in folders beside them that `--find-links` names. */
export function linkedArchives(reference: EnvironmentReference | null): readonly string[] {
  const first = reference?.kind === "inline" ? firstOf(reference) : null;
  if (first === null) return [];
  const texts = { ...requirementFiles(reference), [first.path]: first.text };
  return Object.entries(texts).flatMap(([file, text]) =>
    [...text.matchAll(LINKS)].flatMap(([, quoted, plain = ""]) => {
      const named = quoted ?? plain;
      // One that is named by its whole path is looked for there later, too.
      if (path.isAbsolute(named)) return [];
      const folder = path.resolve(path.dirname(file), named);
      const isFolder = fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
      const names = isFolder ? fs.readdirSync(folder) : [];
      return names.filter((name) => ARCHIVE.test(name)).map((name) => path.join(folder, name));
    }),
  );
}

const LINKS = /(?:^|\s)(?:-f|--find-links)[\s=]+(?:["']([^"'\n]+)["']|([^\s"'#]+))/g;
const ARCHIVE = /\.(?:whl|zip|tar\.(?:gz|bz2|xz)|tgz)$/;

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

const NAMED_FILE = /^[ \t]*(?:-r|--requirement|-c|--constraint)[\s=]*(?:file:)?["']?([^\s#"']+)/gm;

function namedIn(text: string, file: string): string[] {
  return [...text.matchAll(NAMED_FILE)].map(([, name = ""]) =>
    path.resolve(path.dirname(file), name),
  );
}
