import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packagedPlaces } from "./packaged-places.ts";

let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-places-"));
  const files =
    "src/x.py core_lib/__init__.py core_lib/sub/__init__.py core_more/__init__.py tests/__init__.py conf/a.yml lib/mine/m.py alone.py README.md data/big VERSION";
  for (const file of files.split(" ")) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), "");
  }
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function places(toml: string): readonly string[] {
  fs.writeFileSync(path.join(folder, "pyproject.toml"), toml);
  return packagedPlaces(folder).map((place) => path.relative(folder, place));
}

describe("the places that a project names to those who build it", () => {
  it.each([
    ["hatch", '[tool.hatch.build.targets.wheel]\npackages = ["core_lib"]', ["core_lib"]],
    ["hatch, from elsewhere", '[tool.hatch.build.force-include]\n"conf" = "core_lib/c"', ["conf"]],
    ["hatch, a pattern", '[tool.hatch.build]\ninclude = ["/conf/**/*.yml"]', ["conf"]],
    ["setuptools, by name", '[tool.setuptools]\npackages = ["core_lib.sub"]', ["core_lib/sub"]],
    ["setuptools, modules", '[tool.setuptools]\npy-modules = ["alone"]', ["alone.py"]],
    ["setuptools, a folder", '[tool.setuptools.package-dir]\n"" = "lib"', ["lib"]],
    [
      "setuptools, found",
      '[tool.setuptools.packages.find]\nwhere = ["."]\ninclude = ["core*"]',
      ["core_lib", "core_more"],
    ],
    [
      "setuptools, what a version is read of",
      "[tool.setuptools.dynamic]\nversion = {file = 'VERSION'}",
      ["VERSION"],
    ],
    ["poetry", '[tool.poetry]\npackages = [{include = "mine", from = "lib"}]', ["lib"]],
    ["flit", '[tool.flit.module]\nname = "core_lib"', ["core_lib"]],
  ])("are those of %s", (_, toml, expected) => {
    expect(places(toml)).toEqual(expected);
  });

  it.each([
    [
      "what is left out",
      '[tool.setuptools.packages.find]\nwhere = ["src"]\nexclude = ["data", "core*"]',
    ],
    ["archives of sources", '[tool.hatch.build.targets.sdist]\ninclude = ["tests", "data"]'],
    ["texts about it", "[tool.setuptools.dynamic]\nreadme = {file = ['README.md']}"],
    ["other tools", '[tool.pytest.ini_options]\ntestpaths = ["tests"]'],
    ["a file that is no TOML", "[tool"],
  ])("are not those of %s", (_, toml) => {
    expect(places(toml).filter((place) => place !== "src")).toEqual([]);
  });

  it.each([
    ["setup.py", 'setup(package_dir={"": "lib"}, packages=find_packages("lib"))'],
    ["setup.py", "setup(packages=setuptools.find_namespace_packages(where='lib'))"],
    ["setup.cfg", "[options]\npackage_dir =\n    = lib\n"],
    ["setup.cfg", "[options.packages.find]\nwhere = lib\nexclude =\n    data\n"],
  ])("are those that a %s says: %s", (name, text) => {
    fs.writeFileSync(path.join(folder, name), text);
    const found = places("");
    fs.rmSync(path.join(folder, name));
    expect(found).toEqual(["core_lib", "core_more", "lib"]);
  });
});
