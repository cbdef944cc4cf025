// A project with pyproject.toml and uv.lock: its lock is taken exactly as it stands. Knows uv's files, installs nothing.

import fs from "node:fs";
import path from "node:path";
import { digest } from "../core/digest.ts";
import type { EnvironmentFailure } from "../ports/environments.ts";
import { textOrNull } from "../ports/read-file.ts";

export interface ProjectLock {
  /** Digest of the uv.lock. */
  readonly id: string;
  /** Folder of the uv.lock: of a workspace's member that of the workspace. Relative sources are below it. */
  readonly folder: string;
  readonly name: string;
  /** Pythons that the project takes, as a marker, and the lowest of them: `3.9`. */
  readonly pythons: { readonly marker: string; readonly lowest: string | null };
  /** What the file `.python-version` says. */
  readonly pinnedPython: string | null;
  readonly packages: Readonly<Record<string, string>>;
  /** True when the project itself is to be installed (it says how it is built). */
  readonly isPackage: boolean;
  /** Folders that the project depends on: name → absolute path. */
  readonly sources: Readonly<Record<string, string>>;
  /** Dependencies of pyproject.toml that the uv.lock does not have. */
  readonly missing: readonly string[];
}

/** Reads the project's own lock, or says what is missing. */
export function readProjectLock(project: string): ProjectLock | EnvironmentFailure {
  const definition = textOf(path.join(project, "pyproject.toml"));
  if (definition === null)
    return missing(project, "pyproject.toml", "Name the folder that holds it.");
  const folder = lockFolder(project);
  const lock = folder === null ? null : textOf(path.join(folder, "uv.lock"));
  if (folder === null || lock === null)
    return missing(project, "uv.lock", `Make it: uv lock --project ${project}`);
  if (/^(?:<{7}|={7}|>{7})/m.test(lock))
    return {
      code: "environment_build_failed",
      message: `The uv.lock of the project ${project} has conflict markers of git in it.`,
      hint: `Take one side, then make it anew: git checkout --theirs uv.lock; uv lock --project ${project}`,
    };
  const table = sectionOf(definition, "project");
  const name = (/^name\s*=\s*["']([^"']+)["']/m.exec(table)?.[1] ?? path.basename(project))
    .toLowerCase()
    .replace(/[-_.]+/g, "-");
  const blocks = readBlocks(lock);
  const builds = /^\[build-system\]/m.test(definition) || /^package\s*=\s*true/m.test(definition);
  const range = /^requires-python\s*=\s*"([^"]*)"/m.exec(lock)?.[1] ?? "";
  return {
    // Which groups are installed stands in the definition.
    id: digest(`${lock}\0${definition}`),
    folder,
    name,
    pythons: {
      marker: range
        .split(",")
        .flatMap((part) => {
          const match = /^\s*([<>=!~]+)\s*([\d.*]+)\s*$/.exec(part);
          return match === null ? [] : [`python_full_version ${match[1]} "${match[2]}"`];
        })
        .join(" and "),
      lowest: /^[^\d]*(\d+\.\d+)/.exec(range)?.[1] ?? null,
    },
    pinnedPython:
      /^(\d+\.\d+(?:\.\d+)?)\s*$/m.exec(
        textOf(path.join(project, ".python-version")) ??
          textOf(path.join(folder, ".python-version")) ??
          "",
      )?.[1] ?? null,
    packages: lockedVersions(blocks),
    isPackage: builds && !/^package\s*=\s*false/m.test(definition),
    sources: sourcesOf(name, blocks, folder),
    missing: missingOf(
      table,
      blocks.find((each) => each.name === name),
    ),
  };
}

function missing(project: string, file: string, hint: string): EnvironmentFailure {
  const message = `The project ${project} has no ${file}.`;
  return { code: "environment_build_failed", message, hint };
}

/** The folder itself, or the workspace above it that it is a member of. */
function lockFolder(project: string): string | null {
  if (fs.existsSync(path.join(project, "uv.lock"))) return project;
  for (let above = path.dirname(project); ; above = path.dirname(above)) {
    const definition = textOf(path.join(above, "pyproject.toml"));
    if (definition !== null && /^\[tool\.uv\.workspace\]/m.test(definition))
      return fs.existsSync(path.join(above, "uv.lock")) ? above : null;
    if (above === path.dirname(above)) return null;
  }
}

/** What stands under `[name]` until the next table. */
function sectionOf(definition: string, name: string): string {
  const start = definition.search(new RegExp(`^\\[${name}\\]\\s*$`, "m"));
  if (start < 0) return "";
  const rest = definition.slice(start).replace(/^.*\n?/, "");
  const end = rest.search(/^\[[^\]"']+\]\s*(?:#.*)?$/m);
  return end < 0 ? rest : rest.slice(0, end);
}

interface Block {
  readonly name: string;
  readonly version: string | null;
  /** `editable`, `directory`, `virtual`, and where; null when it comes from elsewhere. */
  readonly local: { readonly kind: string; readonly path: string } | null;
  readonly text: string;
}

function readBlocks(lock: string): readonly Block[] {
  return lock
    .split(/^\[\[package\]\]$/m)
    .slice(1)
    .flatMap((text) => {
      const name = /^name = "([^"]+)"/m.exec(text)?.[1];
      const local = /^source = \{ (editable|directory|virtual) = "([^"]*)"/m.exec(text);
      const version = /^version = "([^"]+)"/m.exec(text)?.[1] ?? null;
      if (name === undefined) return [];
      const where = local ? { kind: local[1] ?? "", path: local[2] ?? "" } : null;
      return [{ name, version, local: where, text }];
    });
}

function lockedVersions(blocks: readonly Block[]): Record<string, string> {
  return Object.fromEntries(
    blocks.flatMap(({ name, version, local }) =>
      version === null || local !== null ? [] : [[name, version]],
    ),
  );
}

/** Folders that `name` needs, through whatever it needs. Groups count too: more than is installed, never less. */
function sourcesOf(name: string, blocks: readonly Block[], folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const seen = new Set([name]);
  for (const each of seen)
    for (const block of blocks.filter((one) => one.name === each)) {
      const [needs = ""] = block.text.split(/^\[package\.metadata\]/m);
      for (const [, other = ""] of needs.matchAll(/^ {4}\{ name = "([^"]+)"/gm)) seen.add(other);
      const { local } = block;
      if (each !== name && local !== null && local.kind !== "virtual")
        found[each] = path.resolve(folder, local.path);
    }
  return found;
}

/** Dependencies whose name, or plain version, the lock was not made for. */
function missingOf(table: string, block: Block | undefined): string[] {
  const from = table.search(/^dependencies\s*=\s*\[/m);
  if (from < 0 || block === undefined) return [];
  const locked = /requires-dist = \[(.*?)\]$/ms.exec(block.text)?.[1] ?? "";
  const known = new Map<string, string[]>();
  for (const [, name = "", rest = ""] of locked.matchAll(/\{ name = "([^"]+)"([^}]*)\}/g))
    known.set(name, [
      ...(known.get(name) ?? []),
      specifier(/specifier = "([^"]*)"/.exec(rest)?.[1]),
    ]);
  const list = /^dependencies\s*=\s*\[((?:[^\]"'#]|#.*|"[^"]*"|'[^']*')*)\]/m.exec(
    table.slice(from),
  );
  const written = (list?.[1] ?? "").replace(/^((?:[^"'#]|"[^"]*"|'[^']*')*)#.*$/gm, "$1");
  return [...written.matchAll(/"([^"]*)"|'([^']*)'/g)]
    .map((each) => (each[1] ?? each[2] ?? "").trim())
    .filter((wanted) => {
      const parts = /^([\w.-]+)\s*(?:\[[^\]]*\])?\s*(.*)$/.exec(wanted);
      const specifiers = known.get((parts?.[1] ?? "").toLowerCase().replace(/[-_.]+/g, "-"));
      if (specifiers === undefined) return parts !== null;
      const plain = /^(?:[<>=!~]=?\s*\d[\d.]*(?:\.\*)?\s*,?\s*)*$/.test(parts?.[2] ?? "");
      return plain && !specifiers.includes(specifier(parts?.[2]));
    });
}

/** The same in whatever order and with whatever blanks. */
function specifier(text = ""): string {
  return text.replace(/\s+/g, "").split(",").filter(Boolean).sort().join(",");
}

function textOf(file: string): string | null {
  return textOrNull(file)?.replaceAll("\r\n", "\n") ?? null;
}
