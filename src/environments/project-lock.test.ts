import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readProjectLock } from "./project-lock.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-project-"));
  write("pyproject.toml", ROOT);
  write("member/pyproject.toml", '[project]\nname = "Member.One"\ndependencies = ["six>=1, <2"]\n');
  write("uv.lock", LOCK);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.writeFileSync(path.join(folder, file), text);
}

const ROOT = `[project]
name = "root"
dependencies = [
    "member-one",  # "not-a-dependency"
    'outside[x] ; python_version > "3.8"',
]
[build-system]
requires = ["hatchling"]
[tool.uv.workspace]
members = ["member"]
`;

const LOCK = `version = 1
requires-python = ">=3.9, <3.12"

[[package]]
name = "root"
version = "1"
source = { editable = "." }
dependencies = [
    { name = "member-one" },
    { name = "outside" },
]

[package.metadata]
requires-dist = [
    { name = "member-one", editable = "member" },
    { name = "outside", extras = ["x"], marker = "python_full_version >= '3.9'", directory = "../out" },
]

[[package]]
name = "member-one"
version = "1"
source = { editable = "member" }
dependencies = [
    { name = "six" },
]

[package.metadata]
requires-dist = [{ name = "six", specifier = ">=1,<2" }]

[[package]]
name = "outside"
version = "2"
source = { directory = "../out" }

[[package]]
name = "not-needed"
version = "2"
source = { editable = "other" }

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://e.example" }
`;

describe("readProjectLock", () => {
  it("names the folders that a project needs, and the versions of the rest", () => {
    expect(readProjectLock(folder)).toMatchObject({
      name: "root",
      folder,
      isPackage: true,
      packages: { six: "1.17.0" },
      sources: { "member-one": path.join(folder, "member"), outside: path.join(folder, "../out") },
      missing: [],
    });
    expect(readProjectLock(folder)).not.toHaveProperty("sources.not-needed");
  });

  it("takes for a member the lock of its workspace", () => {
    expect(readProjectLock(path.join(folder, "member"))).toMatchObject({
      name: "member-one",
      folder,
      isPackage: false,
      sources: {},
      missing: [],
    });
  });

  it("names dependencies that the lock was not made for", () => {
    write("pyproject.toml", ROOT.replace('"member-one",', '"member-one", "numpy>=2",'));
    expect(readProjectLock(folder)).toMatchObject({ missing: ["numpy>=2"] });
    write(
      "member/pyproject.toml",
      '[project]\nname = "member-one"\ndependencies = ["six>=1.18"]\n',
    );
    expect(readProjectLock(path.join(folder, "member"))).toMatchObject({ missing: ["six>=1.18"] });
  });

  it("says which Pythons it takes, and which one it is pinned to", () => {
    expect(readProjectLock(folder)).toMatchObject({
      pythons: {
        marker: 'python_full_version >= "3.9" and python_full_version < "3.12"',
        lowest: "3.9",
      },
      pinnedPython: null,
    });
    write(".python-version", "3.10\n");
    expect(readProjectLock(path.join(folder, "member"))).toMatchObject({ pinnedPython: "3.10" });
  });

  it.each([
    ["uv.lock", "", "uv lock --project"],
    ["pyproject.toml", "", "Name the folder"],
    ["uv.lock", `<<<<<<< ours\n${LOCK}`, "git checkout"],
  ])(
    "refuses a project whose %s is missing or in conflict, with the way out",
    (file, text, hint) => {
      if (text === "") fs.rmSync(path.join(folder, file));
      else write(file, text);
      expect(readProjectLock(folder)).toMatchObject({
        code: "environment_build_failed",
        hint: expect.stringContaining(hint),
      });
    },
  );
});
