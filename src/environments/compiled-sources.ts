// Which files of a project are compiled when it is built, wherever they lie: C, CUDA, Cython, Rust and the like, and what
// tells compilers of them. Knows these by their names; it starts no build.

import fs from "node:fs";
import path from "node:path";
import { textOrNull } from "../ports/read-file.ts";

/** Empty for a project whose build compiles nothing: its folder, which may hold data, is not walked. */
export function compiledSources(folder: string): readonly string[] {
  return compiles(folder) ? below(folder) : [];
}

function compiles(folder: string): boolean {
  const has = (name: string): boolean => fs.existsSync(path.join(folder, name));
  const says = (name: string, what: RegExp): boolean =>
    what.test(textOrNull(path.join(folder, name)) ?? "");
  return (
    ["CMakeLists.txt", "meson.build", "Cargo.toml"].some(has) ||
    says("setup.py", /extension|ext_modules|cython|cffi|rust|cmake|distutils/i) ||
    says("pyproject.toml", /ext-modules|cython|maturin|scikit-build|poetry\.build|^build\s*=/im)
  );
}

const SOURCE =
  /\.(?:c|cc|cpp|cxx|c\+\+|cu|cuh|h|hh|hpp|hxx|h\+\+|inc|inl|ipp|tpp|pyx|pxd|pxi|rs|f|for|f90|f95|f03|f08|s|asm|m|mm|go|zig|proto|cmake)$/i;
const BUILD_NAMES = new Set(
  "CMakeLists.txt meson.build meson.options meson_options.txt Cargo.toml Cargo.lock".split(" "),
);
/** Folders that hold no source, or what builds leave behind. */
const NO_SOURCES = /^(?:\..*|__pycache__|build|dist|target|venv|node_modules|mlruns|.*\.egg-info)$/;

function below(folder: string): readonly string[] {
  return entries(folder).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return NO_SOURCES.test(entry.name) ? [] : below(full);
    return SOURCE.test(entry.name) || BUILD_NAMES.has(entry.name) ? [full] : [];
  });
}

function entries(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
