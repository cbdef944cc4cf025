// Which places of a project its pyproject.toml names to those who build it: what lies there is installed, under whatever
// name. Knows in which tables build tools are told of places, not what each of their keys means.

import fs from "node:fs";
import path from "node:path";
import { parse, TomlError } from "smol-toml";
import { textOrNull } from "../ports/read-file.ts";

/** Paths of files and folders that are there. */
export function packagedPlaces(folder: string): readonly string[] {
  const tool = toolsOf(textOrNull(path.join(folder, "pyproject.toml")) ?? "");
  const words = TABLES.flatMap((keys) => wordsIn(keys.reduce(field, tool)));
  const places = [...words, ...oldWords(folder)].flatMap((word) => placesOf(folder, word));
  const hooks = HOOKS.map((name) => path.join(folder, name)).filter((each) => fs.existsSync(each));
  return [...new Set([...places, ...hooks])].sort();
}

/** Programs that hatch and pdm run when they build, under names that need not be written anywhere. */
const HOOKS = ["hatch_build.py", "pdm_build.py"];

const TABLES: readonly (readonly string[])[] = [
  ["setuptools"],
  ["hatch", "build"],
  ["hatch", "version"],
  ["poetry", "packages"],
  ["poetry", "include"],
  ["poetry", "build"],
  ["pdm", "build"],
  ["pdm", "version"],
  ["flit"],
  ["maturin"],
  ["scikit-build"],
  ["uv", "build-backend"],
];

/** What is left out, what archives of sources have alone, and what packages say of themselves. */
const BESIDE = /exclude|^sdist$|^source-include|^(?:readme|license|description)/;
/** Of these tables the keys are places. */
const FROM_KEYS = /^(?:force-include|shared-data|shared-scripts|extra-metadata|sources)$/;

/** Of setuptools' older files: packages at the top, and the folders where they say that packages lie. */
function oldWords(folder: string): readonly string[] {
  const texts = ["setup.py", "setup.cfg"].flatMap(
    (name) => textOrNull(path.join(folder, name)) ?? [],
  );
  const said = texts.flatMap((text) => [...text.matchAll(PACKAGE_FOLDER)]);
  const words = said.flatMap(([, ...groups]) => groups.filter((word) => word !== undefined));
  return texts.length === 0 ? [] : ["*", ...words];
}

/** `package_dir={"": "python"}`, `find_packages("python")`; `=python` below `package_dir`, `where = python`. */
const PACKAGE_FOLDER =
  /package_dir\s*=\s*\{[^}]*?["'][\w.]*["']\s*:\s*["']([\w./-]+)["']|find_(?:namespace_)?packages\(\s*(?:where\s*=\s*)?["']([\w./-]+)["']|package_dir\s*=\s*\n\s+[\w.]*\s*=\s*([\w./-]+)|^where\s*=\s*([\w./-]+)/gm;

function toolsOf(text: string): unknown {
  try {
    return field(parse(text), "tool");
  } catch (error) {
    // Whoever reads the lock of the project says so.
    if (error instanceof TomlError) return undefined;
    throw error;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function wordsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== "object" || value === null || field(value, "format") === "sdist") return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (BESIDE.test(key)) return [];
    const isOfPlaces = FROM_KEYS.test(key) && typeof inner === "object" && inner !== null;
    return [...(isOfPlaces ? Object.keys(inner) : []), ...wordsIn(inner)];
  });
}

/** A path, a module or package by its name, or a pattern: up to its first sign that stands for others. */
function placesOf(folder: string, word: string): readonly string[] {
  const parts = path.posix
    .normalize(word.replace(/^\/+/, ""))
    .split("/")
    .filter((part) => part !== "");
  const sign = parts.findIndex((part) => /[*?[]/.test(part));
  const plain = sign < 0 ? parts : parts.slice(0, sign);
  const place = path.join(folder, ...plain);
  if (path.relative(folder, place) !== "") {
    const module = path.join(folder, ...word.split("."));
    return [place, `${place}.py`, module, `${module}.py`].filter((each) => fs.existsSync(each));
  }
  const isWanted = expression(parts[plain.length] ?? "*");
  return fs
    .readdirSync(folder)
    .filter((name) => isWanted.test(name) && !NO_PACKAGES.test(name))
    .map((name) => path.join(folder, name))
    .filter((each) => fs.existsSync(path.join(each, "__init__.py")));
}

/** Of one name with `*` and `?`. */
function expression(pattern: string): RegExp {
  const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll(/\*+/g, ".*").replaceAll("?", ".")}$`);
}

/** Folders of packages that setuptools takes for none of a project's own. */
const NO_PACKAGES =
  /^(?:tests?|docs?|documentation|examples?|scripts|tools|notebooks|benchmarks?|build|dist)$/;
