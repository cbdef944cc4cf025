// Translates the dependencies of a conda file into pip's words. Pure; knows names and versions, not where packages come
// from. Channels are ignored: what is not a Python package is said by name.

import { own } from "../spec/own-keys.ts";
import { bringerOf } from "./conda-libraries.ts";

export interface CondaPackages {
  /** `3.8` or `3.8.12`, or null when the file leaves it open. */
  readonly python: string | null;
  /** Which others it allows, as a marker; empty where it names one. */
  readonly pythons: string;
  /** Requirements, and option lines of the pip part (`--extra-index-url …`), in pip's syntax. */
  readonly requirements: readonly string[];
  /** What brings it → libraries for which nothing is installed, as they stand there. */
  readonly brought: ReadonlyMap<string, readonly string[]>;
  /** Dependencies that are no Python packages, or whose version cannot be said in pip's words. */
  readonly unsupported: readonly string[];
}

/** Reads a parsed conda file: `{name, channels, dependencies: ["numpy=1.2", {pip: [...]}]}`. */
export function condaPackages(content: unknown): CondaPackages {
  const listed = field(content, "dependencies");
  const dependencies: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const asked = new Set(dependencies.flatMap(pipNames));
  const requirements: string[] = [];
  const brought = new Map<string, string[]>();
  const unsupported: string[] = [];
  let python: string | null = null;
  let pythons = "";
  for (const dependency of dependencies) {
    if (typeof dependency !== "string") {
      requirements.push(...pipLines(dependency));
      continue;
    }
    const { name, version } = split(dependency);
    const bringer = bringerOf(name, asked);
    if (name === "python") {
      python = pythonVersion(version);
      pythons = pythonRange(version);
    } else if (DROPPED.has(name)) continue;
    else if (bringer !== null)
      brought.set(bringer, [...(brought.get(bringer) ?? []), dependency.trim()]);
    else {
      const specifier = isNotPython(name) ? null : versionSpecifier(version);
      if (specifier === null) unsupported.push(dependency.trim());
      else requirements.push(`${own(PIP_NAMES, name) ?? name}${specifier}`);
    }
  }
  const lines = requirements.filter((line) => line !== "");
  return { python, pythons, requirements: lines, brought, unsupported };
}

function pipLines(dependency: unknown): readonly string[] {
  const pip = field(dependency, "pip");
  // A single line without a dash is what people write too.
  const lines = typeof pip === "string" ? pip.split("\n") : pip;
  return Array.isArray(lines) ? lines.map((line) => String(line).trim()) : [];
}

/** The packages that a dependency asks for, in PyPI's names. */
function pipNames(dependency: unknown): string[] {
  if (typeof dependency === "string") {
    const { name } = split(dependency);
    return [own(PIP_NAMES, name) ?? name];
  }
  return pipLines(dependency).map((line) => /^[\w.-]*/.exec(line)?.[0].toLowerCase() ?? "");
}

/** What activating it would set: `variables: {NAME: value}`. A name that no process can have is left out. */
export function condaVariables(content: unknown): Readonly<Record<string, string>> {
  const variables = field(content, "variables");
  if (typeof variables !== "object" || variables === null) return {};
  const pairs = Object.entries(variables).filter(
    ([name, value]) => /^[^=\0]+$/.test(name) && SIMPLE.has(typeof value),
  );
  return Object.fromEntries(pairs.map(([name, value]) => [name, asPython(value)]));
}

const SIMPLE = new Set(["string", "number", "boolean"]);

/** Conda writes them as Python's `str` does. */
function asPython(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

/** Names that differ on PyPI. */
const PIP_NAMES: Readonly<Record<string, string>> = {
  "dask-core": "dask",
  "importlib-metadata": "importlib-metadata",
  "jupyter-client": "jupyter-client",
  "matplotlib-base": "matplotlib",
  "msgpack-python": "msgpack",
  "numpy-base": "numpy",
  opencv: "opencv-python",
  "pandas-base": "pandas",
  prompt_toolkit: "prompt-toolkit",
  "py-lightgbm": "lightgbm",
  "py-opencv": "opencv-python",
  "py-xgboost": "xgboost",
  "py-xgboost-cpu": "xgboost",
  "py-xgboost-gpu": "xgboost",
  pytables: "tables",
  "python-duckdb": "duckdb",
  "python-graphviz": "graphviz",
  "python-snappy": "python-snappy",
  pytorch: "torch",
  "pytorch-cpu": "torch",
  "pytorch-gpu": "torch",
  "ray-core": "ray",
  "ray-default": "ray[default]",
  "ray-tune": "ray[tune]",
  snappy: "python-snappy",
  "tensorflow-base": "tensorflow",
  "tensorflow-gpu": "tensorflow",
};

/** Tools of conda itself, and switches that mean nothing outside it. */
const DROPPED = new Set([
  "pip",
  "wheel",
  "conda",
  "cpuonly",
  "nomkl",
  "blas",
  "pybind11-global",
  "python_abi",
]);

/** Python packages whose names look like libraries. */
const LIKE_LIBRARIES = /^lib(?:rosa|cst|sass|tmux|clang|pysal|usb1|virt-python|archive-c)$/;

/** Of which nothing else that is asked for brings them. */
const NOT_PYTHON = new RegExp(
  `^(?:${[
    "_.*|r|r-.*|cudatoolkit.*|cuda|cuda-.*|cudnn|nccl|pytorch-cuda|pytorch-mutex|openjdk|java-.*|nodejs",
    "gcc.*|gxx.*|gfortran.*|clang.*|llvm-openmp|lib.*|make|ninja-base|git|ffmpeg|openmpi|mpich|mpi|glib",
    "gdal|geos|proj|hdf5|curl|wget|unzip|perl|ruby|julia|rust|go|c-compiler|cxx-compiler|fortran-compiler",
    // Packages of these names on PyPI are other ones, or none.
    "compilers|mamba|micromamba|poppler|unixodbc|tesseract|imagemagick|ghostscript|boost|boost-cpp|eigen",
    "gsl|fftw|cairo|pango|openslide|sox|zeromq|bazel|doxygen|vim|tmux|htop",
  ].join("|")})$`,
);

function isNotPython(name: string): boolean {
  return NOT_PYTHON.test(name) && !LIKE_LIBRARIES.test(name);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** `channel::name[version='>=1']`, `name =1.2=build`, `name>=1,<2`, `name 1.2`. */
function split(dependency: string): { name: string; version: string } {
  const text = dependency
    .replace(/#.*$/, "")
    .trim()
    .replace(/^[^\s=<>!~[]*::/, "");
  const match = /^([\w.-]+)\s*(.*)$/s.exec(text);
  const name = (match?.[1] ?? text).toLowerCase();
  const rest = match?.[2] ?? "";
  const bracket = /^\[.*?version\s*=\s*['"]?([^'"\]]*)['"]?.*\]$/.exec(rest);
  return { name, version: (bracket?.[1] ?? rest).trim() };
}

/** Conda's version in pip's words, or null where there are none. */
function versionSpecifier(version: string): string | null {
  // Any version, perhaps of a build that only conda has: `*`, `=*`, `=*=*mkl`.
  if (/^(?:={0,2}\s*\*(?:[=\s]\s*\S+)?)?$/.test(version)) return "";
  if (version.includes("|")) return null;
  const parts = version.split(",").map((part) => oneSpecifier(part.trim()));
  return parts.includes(null) ? null : parts.join(",");
}

function oneSpecifier(part: string): string | null {
  const exact = /^==\s*([^=\s]+)(?:(?:=|\s+)\S+)?$/.exec(part);
  if (exact) return `==${exact[1]}`;
  const other = /^!=\s*(\S+)$/.exec(part);
  if (other) return `!=${other[1]}`;
  const compared = /^(>=|<=|~=|>|<)\s*(\S+)$/.exec(part);
  if (compared) return `${compared[1]}${compared[2]?.replace(/\.\*$/, "")}`;
  // `=1.2` means "any 1.2"; a third part is a build, which only conda has. A bare `1.2` is exact.
  const fuzzy = /^(=?)\s*([\w.!+-]+?)(\.?\*)?(?:(?:=|\s+)\S+)?$/.exec(part);
  if (!fuzzy) return null;
  return fuzzy[1] === "=" || fuzzy[3] ? `==${fuzzy[2]}.*` : `==${fuzzy[2]}`;
}

/** Of a range its upper end when that is in it, else its lower end. */
function pythonVersion(version: string): string | null {
  const found =
    /(?:^|,)\s*={1,2}\s*(\d+\.\d+(?:\.\d+)?)/.exec(version) ??
    /<=\s*(\d+\.\d+(?:\.\d+)?)/.exec(version) ??
    /(?:>=|~=)\s*(\d+\.\d+(?:\.\d+)?)/.exec(version) ??
    /^(\d+\.\d+(?:\.\d+)?)/.exec(version);
  return found?.[1] ?? minorBelow(version);
}

/** Of `>=3.9,<3.12` both ends; nothing of `=3.9`, or of what cannot be said so. */
function pythonRange(version: string): string {
  const parts = version.split(",").map((part) => /^\s*([<>]=?|!=)\s*(\d+(?:\.\d+)?)/.exec(part));
  if (parts.includes(null) || version.includes("|")) return "";
  return parts.map((part) => `python_version ${part?.[1]} "${part?.[2]}"`).join(" and ");
}

/** `<3.10` alone: 3.9. */
function minorBelow(version: string): string | null {
  const minor = /<\s*3\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? null : `3.${Number(minor) - 1}`;
}
