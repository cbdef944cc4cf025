import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { projectContent } from "./editable-content.ts";

it("counts a package beside `src` that the project installs, and not what lies there otherwise", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-content-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  };
  const content = () => projectContent(folder, "ml-project", path.join(folder, ".cache"));
  const table = "[tool.hatch.build.targets.wheel]";
  write("pyproject.toml", `[project]\nname = "ml-project"\n${table}\npackages = ["core_lib"]\n`);
  for (const file of ["src/step.py", "core_lib/__init__.py", "steps/__init__.py"]) write(file, "");
  const before = content();
  write("steps/__init__.py", "x = 1\n");
  expect(content()).toBe(before);
  write("core_lib/__init__.py", "x = 1\n");
  expect(content()).not.toBe(before);
});

it.each([
  ["with its packages at the top", "setup.py", "m/__init__.py"],
  ["with what it compiles", "Cargo.toml", "src/m/lib.rs"],
])("is the same of a project %s whose folder has another name", (_, definition, source) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-content-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const [old, renamed] = [path.join(folder, "old"), path.join(folder, "renamed")];
  for (const file of ["pyproject.toml", definition, source]) {
    fs.mkdirSync(path.dirname(path.join(old, file)), { recursive: true });
    fs.writeFileSync(path.join(old, file), "");
  }
  const content = (of: string) => projectContent(of, "m", path.join(folder, ".cache"));
  const before = content(old);
  fs.renameSync(old, renamed);
  expect(content(renamed)).toBe(before);
});

it.each([
  ["a C extension", "setup.py", "ext_modules=[Extension('m._c', ['csrc/x.c'])]", "csrc/v.h"],
  ["one that pyproject.toml names", "pyproject.toml", "ext-modules = []", "native/inner/k.cu"],
  ["a crate", "Cargo.toml", "", "crates/core/src/lib.rs"],
  ["a CMake project", "CMakeLists.txt", "", "cpp/flags.cmake"],
  ["a hook of hatch", "pyproject.toml", "", "hatch_build.py"],
])("counts what is compiled or run when %s is built", (_, definition, text, source) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-content-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const write = (file: string, content: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), content);
  };
  const content = () => projectContent(folder, "m", path.join(folder, ".cache"));
  for (const file of ["pyproject.toml", "src/m/__init__.py", source]) write(file, "");
  write(definition, text);
  const before = content();
  write("data/notes.txt", "x");
  write("build/temp/x.c", "x");
  expect(content()).toBe(before);
  write(source, "x");
  expect(content()).not.toBe(before);
});

it("counts of a pyproject.toml what may matter to a build, not how it is written nor what tools beside it are told", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-content-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const of = (toml: string) => {
    fs.writeFileSync(path.join(folder, "pyproject.toml"), toml);
    return projectContent(folder, "app", path.join(folder, ".cache"));
  };
  const project = '[project]\nname = "app"\nversion = "1"\n';
  const before = of(project);
  expect(of(`# a note\n[project]\nversion = '1'\nname = "app"\n`)).toBe(before);
  expect(of(`${project}[dependency-groups]\ndev = ["ruff"]\n`)).toBe(before);
  expect(of(`${project}[tool.ruff]\nline-length = 100\n`)).toBe(before);
  expect(of(`${project}[tool.uv]\ndev-dependencies = ["ruff"]\n`)).toBe(before);
  expect(of(`${project}[tool.uv.build-backend]\nmodule-name = "other"\n`)).not.toBe(before);
  expect(of(`${project}[tool.own]\nx = 1\n`)).not.toBe(before);
  expect(of(`${project}[project.scripts]\ngo = "app:go"\n`)).not.toBe(before);
  expect(of("[project")).not.toBe(of("[projec"));
});
