// Reads lines of a requirements file: follows `-r` and `-c`, keeps options of indexes, refuses what has no fixed content.
// Knows pip's file syntax, not packages.

import fs from "node:fs";
import path from "node:path";

export type Requirements =
  | {
      readonly ok: true;
      readonly requirements: readonly string[];
      readonly constraints: readonly string[];
      readonly options: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

interface Found {
  readonly requirements: string[];
  readonly constraints: string[];
  readonly options: string[];
  readonly files: Set<string>;
}

class Unusable extends Error {}

/** Reads `lines`; relative files are below `base` (null: there is no folder). */
export function readRequirements(lines: readonly string[], base: string | null): Requirements {
  const found: Found = { requirements: [], constraints: [], options: [], files: new Set() };
  try {
    collect(lines, base, found, "requirements");
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    return {
      ok: false,
      message: error.message,
      hint: "List packages with versions; a project of your own is `environment: {project: .}` with a uv.lock.",
    };
  }
  const { requirements, constraints, options } = found;
  return { ok: true, requirements, constraints, options };
}

const INDEX_OPTION =
  /^(?:-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host|--no-index|--pre|--prefer-binary|--no-binary|--only-binary)\b/;

function collect(
  lines: readonly string[],
  base: string | null,
  found: Found,
  into: "requirements" | "constraints",
): void {
  for (const line of joined(lines)) {
    const file = /^(-r|--requirement|-c|--constraint)[\s=]*(.+)$/.exec(line);
    if (file) {
      const kind = file[1] === "-c" || file[1] === "--constraint" ? "constraints" : into;
      include(file[2] ?? "", base, found, kind);
    } else if (INDEX_OPTION.test(line)) found.options.push(line);
    else if (/^(?:-e|--editable)\b/.test(line) || /^(?:\.{1,2}(?:\/|$)|\/|file:)/.test(line))
      throw new Unusable(`The requirement \`${line}\` is a folder or file of this machine.`);
    else if (line.startsWith("-")) throw new Unusable(`The option \`${line}\` is not supported.`);
    else found[into].push(line.replace(/\s+--hash=\S+/g, ""));
  }
}

function include(
  name: string,
  base: string | null,
  found: Found,
  into: Parameters<typeof collect>[3],
): void {
  const file = path.resolve(base ?? "/", name.trim());
  if (base === null || !fs.existsSync(file))
    throw new Unusable(`The requirements name a file that does not exist: ${name.trim()}.`);
  if (found.files.has(file)) return;
  found.files.add(file);
  collect(fs.readFileSync(file, "utf8").split("\n"), path.dirname(file), found, into);
}

/** Without comments and empty lines; continued lines as one. */
function joined(lines: readonly string[]): string[] {
  return lines
    .join("\n")
    .replace(/\\\r?\n/g, " ")
    .split("\n")
    .map((line) => line.replace(/(?:^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}
