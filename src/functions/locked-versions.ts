// Which version and integrity of a package the project has: from its package.json and the nearest lock file. Reads npm's,
// pnpm's and Yarn's files by their text; knows no registry.

import fs from "node:fs";
import path from "node:path";
import type { LockedPackage } from "./function-site.ts";
import { readText } from "./read-module.ts";

/** Folders of installed packages, with all that they depend on, by their place under the project's node_modules. */
export function lockedPackages(
  projectFolder: string,
  folders: Iterable<string>,
): {
  readonly packages: Readonly<Record<string, LockedPackage>>;
  readonly read: readonly string[];
} {
  const found = new Map<string, LockedPackage>();
  const read = new Set<string>();
  const open = [...folders];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const name = packagePlace(projectFolder, folder);
    const manifest = readManifest(folder);
    if (manifest === null || found.has(name)) continue;
    read.add(path.join(folder, "package.json"));
    const lock = nearestLock(folder);
    if (lock !== null) read.add(lock);
    const version = String(manifest.version ?? "");
    found.set(name, { version, integrity: lock && integrityIn(lock, folder, manifest) });
    open.push(...dependencyFolders(folder, manifest));
  }
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return { packages: Object.fromEntries(sorted), read: [...read] };
}

/** `sharp`, or `a/node_modules/sharp` where another package has its own. */
function packagePlace(projectFolder: string, folder: string): string {
  const marker = `node_modules${path.sep}`;
  const relative = path.relative(projectFolder, folder);
  return relative
    .slice(relative.indexOf(marker) + marker.length)
    .split(path.sep)
    .join("/");
}

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export function readManifest(folder: string): Manifest | null {
  const text = readText(path.join(folder, "package.json"));
  if (text === null) return null;
  try {
    return JSON.parse(text) as Manifest;
  } catch {
    return null;
  }
}

/**
 * What an external package loads in turn. An optional one with an exact version is fixed by the package that names it,
 * and differs between machines: it does not count.
 */
function dependencyFolders(folder: string, manifest: Manifest): readonly string[] {
  const optional = manifest.optionalDependencies ?? {};
  const names = [
    ...Object.keys(manifest.dependencies ?? {}).filter((name) => !(name in optional)),
    ...Object.keys(optional).filter((name) => !/^\d/.test(optional[name] ?? "")),
  ];
  return names
    .map((name) => installedFolder(folder, name))
    .filter((found): found is string => found !== null);
}

export function installedFolder(from: string, name: string): string | null {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (fs.existsSync(path.join(candidate, "package.json"))) return fs.realpathSync(candidate);
    if (folder === path.dirname(folder)) return null;
  }
}

const LOCKS = ["npm-shrinkwrap.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"];

/** Of the folder whose node_modules it lies in, or of a folder above. */
function nearestLock(folder: string): string | null {
  const marker = `${path.sep}node_modules${path.sep}`;
  let at = folder.slice(0, folder.indexOf(marker));
  for (; ; at = path.dirname(at)) {
    const found = LOCKS.map((name) => path.join(at, name)).find((file) => fs.existsSync(file));
    if (found !== undefined) return found;
    if (at === path.dirname(at)) return null;
  }
}

function integrityIn(lock: string, folder: string, manifest: Manifest): string | null {
  const text = readText(lock) ?? "";
  const { name = "", version = "" } = manifest;
  if (lock.endsWith(".json")) return npmIntegrity(lock, text, folder);
  const escaped = `${name}@${version}`.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  if (lock.endsWith(".yaml"))
    return firstOf(text, `^ {2}'?/?${escaped}[^\\n]*:\\n\\s+resolution: \\{integrity: ([^,}\\s]+)`);
  const entry = name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const head = `^"?${entry}@[^\\n]*:\\n\\s+version:? "?${version.replace(/\./g, "\\.")}"?\\n`;
  return firstOf(text, `${head}(?:\\s+[^\\n]*\\n)*?\\s+(?:integrity|checksum:) ([^\\s]+)`);
}

function firstOf(text: string, pattern: string): string | null {
  return new RegExp(pattern, "m").exec(text)?.[1] ?? null;
}

function npmIntegrity(lock: string, text: string, folder: string): string | null {
  const place = path.relative(path.dirname(lock), folder).split(path.sep).join("/");
  try {
    const { packages } = JSON.parse(text) as {
      packages?: Record<string, { integrity?: string } | undefined>;
    };
    return packages?.[place]?.integrity ?? null;
  } catch {
    return null;
  }
}
