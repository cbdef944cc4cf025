// The content id of source that is imported from where it is edited. Files are hashed once and recognised by their stamps
// afterwards. Knows which files of a source folder can be imported, not what they mean.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { digest } from "../core/digest.ts";
import { readText } from "../ports/read-file.ts";
import { buildDefinition } from "./build-definition.ts";
import { compiledSources } from "./compiled-sources.ts";
import { fileHashes } from "./file-hashes.ts";
import { packagedPlaces } from "./packaged-places.ts";
import type { EditableSource } from "./probe-python.ts";

/** Folders that are no source, wherever they lie. */
const SKIPPED = new Set(
  "__pycache__ .git .hg .svn .venv venv node_modules .stepwell .tox .nox .eggs mlruns".split(" "),
);
/** What building leaves behind, unless it holds modules: then it is a package of that name. */
const BUILT = new Set(["build", "dist"]);
/** Of a folder on sys.path: scripts and tests are no packages unless they say so, as setuptools sees it too. */
const NO_PACKAGES = new Set(
  "bin debian doc docs documentation test tests unit_test unit_tests example examples scripts tools notebooks benchmark benchmarks exercise exercises".split(
    " ",
  ),
);
/** Compiled, and what editors leave beside a file that is open. */
const NO_SOURCE = /\.pyc$|~$|^\.#|^#.*#$|^\..*\.sw[op]$/;
const CODE = /\.(?:py|pyi|pyx|pxd|so|pyd|dylib)$/;

interface SourceRoot {
  readonly path: string;
  /** As of an editable install; `compiled`: of the folder of a project count the files that its build compiles. */
  readonly kind: EditableSource["roots"][number]["kind"] | "compiled";
}

/**
 * Content of an editable install. A package counts with all its files; of a folder on sys.path count its modules, its
 * packages (folders with `__init__.py`), and the code in folders without one (namespace packages).
 */
export function editableContent(
  source: Readonly<{ name: string; roots: readonly SourceRoot[] }>,
  cacheFolder: string,
): string {
  const name = createHash("sha256").update(JSON.stringify(source)).digest("hex").slice(0, 32);
  const cacheFile = path.join(cacheFolder, "identities", `editable-${name}.json`);
  const hashes = fileHashes(cacheFile);
  const lines: string[] = [];
  const add = (file: string, label: string): void => {
    const id = hashes.of(file);
    if (id !== null) lines.push(`${label}\0${id}`);
  };
  for (const [index, root] of source.roots.entries()) {
    // A package is imported by the name of its folder; nobody sees what any other folder is called.
    const from = root.kind === "package" ? path.dirname(root.path) : root.path;
    for (const file of filesOf(root, source.name))
      add(file, `${index}/${path.relative(from, file)}`);
  }
  hashes.save();
  return digest(lines.sort().join("\n"));
}

/** Files beside the source and `pyproject.toml` that say how a project is built. */
const BUILD_FILES =
  "setup.py setup.cfg MANIFEST.in Cargo.toml Cargo.lock CMakeLists.txt meson.build".split(" ");

/** Content of the source of a project: how it is built and what it packages. */
export function projectContent(folder: string, name: string, cacheFolder: string): string {
  const source = path.join(folder, "src");
  const beside = path.join(folder, name.replaceAll("-", "_"));
  const usual: readonly SourceRoot[] = !fs.existsSync(source)
    ? [{ path: folder, kind: "search" }]
    : [source, beside].map((each) => ({ path: each, kind: "package" }));
  const others = packagedPlaces(folder).filter((each) => each !== source && each !== beside);
  const roots: SourceRoot[] = [
    ...usual,
    ...others.map((each) => ({ path: each, kind: "package" as const })),
    { path: folder, kind: "compiled" },
  ];
  const texts = [
    buildDefinition(textOf(path.join(folder, "pyproject.toml"))),
    ...BUILD_FILES.map((each) => textOf(path.join(folder, each))),
  ];
  return digest(`${texts.join("\0")}\0${editableContent({ name, roots }, cacheFolder)}`);
}

function textOf(file: string): string {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ? readText(file) : "";
}

function filesOf(root: SourceRoot, distribution: string): readonly string[] {
  if (root.kind === "package") return walk(root.path);
  if (root.kind === "compiled") return compiledSources(root.path);
  const own = distribution.replaceAll("-", "_");
  // The folder of a whole project holds steps and scripts too: its own packages are those of its name or with `__init__.py`.
  const isProject = ["pyproject.toml", "setup.py", "setup.cfg"].some((name) =>
    fs.existsSync(path.join(root.path, name)),
  );
  const isOwn = (name: string) => name === own || own.startsWith(`${name}_`);
  return importable(root.path, NAMESPACE_DEPTH, (name) => {
    if (isOwn(name)) return "modules";
    if (NO_PACKAGES.has(name)) return "nothing";
    return isProject ? "packages" : "modules";
  });
}

/** A folder on the path may be a whole home: namespaces (`company.area.team`) are not looked for deeper than this. */
const NAMESPACE_DEPTH = 4;

type Counted = "modules" | "packages" | "nothing";

/** Modules, packages with all their files, and of a folder without `__init__.py` what `counted` says of its name. */
function importable(
  folder: string,
  depth: number,
  counted: (name: string) => Counted,
  modules = true,
): string[] {
  return entries(folder).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (!isFolder(entry, full)) return modules && CODE.test(entry.name) ? [full] : [];
    // A name with another sign in it cannot be imported.
    if (isSkipped(entry.name) || !/^\w+$/.test(entry.name)) return [];
    if (fs.existsSync(path.join(full, "__init__.py"))) return walk(full);
    if (BUILT.has(entry.name)) return [];
    const what = counted(entry.name);
    if (depth === 0 || entry.isSymbolicLink() || what === "nothing") return [];
    return importable(full, depth - 1, () => what, what === "modules");
  });
}

/** All files of a package, also those of modules that a link leads to (to data, it may lead to terabytes). */
function walk(folder: string, above: readonly string[] = []): string[] {
  const stats = fs.statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (stats.isFile()) return [folder];
  const place = `${stats.dev}:${stats.ino}`;
  if (above.includes(place)) return [];
  return entries(folder).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (!isFolder(entry, full)) return NO_SOURCE.test(entry.name) ? [] : [full];
    const mustHoldModules = BUILT.has(entry.name) || entry.isSymbolicLink();
    if (isSkipped(entry.name) || (mustHoldModules && !holdsModules(full))) return [];
    return walk(full, [...above, place]);
  });
}

function holdsModules(folder: string): boolean {
  return entries(folder).some(({ name }) => CODE.test(name));
}

function isSkipped(name: string): boolean {
  return SKIPPED.has(name) || /\.(?:egg-info|dist-info)$|^\..*_cache$/.test(name);
}

function isFolder(entry: fs.Dirent, full: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return fs.statSync(full, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function entries(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
