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
      packages: [{ name: "six", version: "1.17.0", markers: [] }],
      sources: { "member-one": path.join(folder, "member"), outside: path.join(folder, "../out") },
      stale: [],
    });
    expect(readProjectLock(folder)).not.toHaveProperty("sources.not-needed");
  });

  it("takes for a member the lock of its workspace", () => {
    expect(readProjectLock(path.join(folder, "member"))).toMatchObject({
      name: "member-one",
      folder,
      isPackage: false,
      sources: {},
      stale: [],
    });
  });

  it("names dependencies that the lock was not made for", () => {
    write("pyproject.toml", ROOT.replace('"member-one",', '"member-one", "numpy>=2",'));
    expect(readProjectLock(folder)).toMatchObject({ stale: ["has no numpy>=2"] });
    write(
      "member/pyproject.toml",
      '[project]\nname = "member-one"\ndependencies = ["six>=1.18"]\n',
    );
    expect(readProjectLock(path.join(folder, "member"))).toMatchObject({
      stale: ["has six>=1,<2, not six>=1.18"],
    });
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

  it("says what the lock still has, and that it is for other Pythons", () => {
    write("pyproject.toml", ROOT.replace('"member-one",', "").replace(/\[tool[\s\S]*/, ""));
    expect(readProjectLock(folder)).toMatchObject({ stale: ["still has member-one"] });
    const python = 'name = "root"\nrequires-python = ">= 3.11,<3.12"';
    write("pyproject.toml", ROOT.replace('name = "root"', python).replace(/\[tool[\s\S]*/, ""));
    expect(readProjectLock(folder)).toMatchObject({
      stale: ["is for Python >=3.9, <3.12, not >= 3.11,<3.12"],
    });
    // Of a workspace the lock is for the Pythons of all its members.
    write("pyproject.toml", ROOT.replace('name = "root"', python));
    expect(readProjectLock(folder)).toMatchObject({ stale: [] });
    write("pyproject.toml", ROOT.replace('name = "root"', 'name = "Other"'));
    expect(readProjectLock(folder)).toMatchObject({ stale: ["has no Other"] });
  });

  describe("has an id", () => {
    const lockId = () => {
      const lock = readProjectLock(folder);
      return "code" in lock ? lock.message : lock.id;
    };
    const effect = (file: string, from: string | RegExp, to: string) => {
      const before = lockId();
      const text = fs.readFileSync(path.join(folder, file), "utf8");
      const changed = text.replace(from, to);
      expect(changed).not.toBe(text);
      write(file, changed);
      return lockId() === before ? "the same" : "another";
    };

    it.each([
      [
        "pyproject.toml",
        /$/,
        '[tool.ruff]\nline-length = 100\n[dependency-groups]\ndev = ["ruff"]',
      ],
      ["uv.lock", 'version = "1"\nsource = { editable = "." }', 'source = { editable = "." }'],
      ["uv.lock", 'name = "not-needed"\nversion = "2"', 'name = "not-needed"\nversion = "3"'],
      ["uv.lock", "version = 1", "version = 1\nrevision = 5"],
    ])("that %s keeps when %s becomes %s", (file, from, to) => {
      expect(effect(file, from, to)).toBe("the same");
    });

    it.each([
      ["uv.lock", "1.17.0", "1.17.1"],
      ["uv.lock", 'registry = "https://e.example"', 'registry = "https://f.example"'],
      ["uv.lock", '{ name = "six" }', '{ name = "six", marker = "os_name == \'nt\'" }'],
      ["uv.lock", '{ name = "outside" }', '{ name = "outside", extra = ["x"] }'],
      ["uv.lock", '{ name = "outside" },\n', ""],
      ["uv.lock", "requires-python", 'resolution-markers = ["a"]\nrequires-python'],
      ["pyproject.toml", '"root"', '"renamed"'],
    ])("that another %s changes: %s becomes %s", (file, from, to) => {
      expect(effect(file, from, to)).toBe("another");
    });

    it("that counts the groups which are installed, and no others", () => {
      const groups = `[package.dev-dependencies]\ndev = [{ name = "six" }]\ndocs = [{ name = "not-needed" }]\n`;
      write("uv.lock", LOCK.replace("[package.metadata]", `${groups}\n[package.metadata]`));
      expect(readProjectLock(folder)).not.toHaveProperty("sources.not-needed");
      expect(effect("pyproject.toml", /$/, '[tool.uv]\ndefault-groups = ["dev"]\n')).toBe(
        "the same",
      );
      expect(effect("pyproject.toml", '["dev"]', '"all"')).toBe("another");
      expect(readProjectLock(folder)).toHaveProperty("sources.not-needed");
      expect(effect("uv.lock", '"not-needed"\nversion = "2"', '"not-needed"\nversion = "3"')).toBe(
        "another",
      );
      expect(effect("pyproject.toml", '"all"', "3")).toBe("another");
      expect(readProjectLock(folder)).not.toHaveProperty("sources.not-needed");
    });
  });

  it("gives each of several versions with what it is for", () => {
    const numpy = (version: string, marker: string) =>
      `\n[[package]]\nname = "numpy"\nversion = "${version}"\nsource = { registry = "e" }\nresolution-markers = ["${marker}"]\n`;
    const both = `${numpy("1.26", "python_full_version < '3.10'")}${numpy("2.2", "python_full_version >= '3.10'")}`;
    write("uv.lock", `${LOCK.replace('{ name = "six" }', '{ name = "numpy" }')}${both}`);
    expect(readProjectLock(folder)).toMatchObject({
      packages: [
        { name: "numpy", version: "1.26", markers: ["python_full_version < '3.10'"] },
        { name: "numpy", version: "2.2", markers: ["python_full_version >= '3.10'"] },
      ],
    });
  });

  it("takes all of a lock that does not know the project by name", () => {
    write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["member"]\n');
    expect(readProjectLock(folder)).toMatchObject({
      packages: [{ name: "six" }],
      sources: { "not-needed": path.join(folder, "other") },
      isPackage: false,
      stale: [],
    });
  });

  it.each([
    ["pyproject.toml", "[project]\nname = root\n", "pyproject.toml:2:8: "],
    ["uv.lock", `${LOCK}\n[[package]\n`, "uv.lock:45:11: "],
    ["uv.lock", 'package = "six"\n', "is not a lock of uv"],
    ["uv.lock", "requires-python = 3.9\n", "is not a lock of uv"],
  ])("says where %s is not what it should be", (file, text, message) => {
    write(file, text);
    expect(readProjectLock(folder)).toMatchObject({
      code: "environment_build_failed",
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ["[project]\nname = 3\ndependencies = 'six'\nrequires-python = 3"],
    ["project = 3\ntool = [1]"],
    ["[project]\ndependencies = [1, {a = 2}]\n[tool]\nuv = 4"],
    ["[tool.uv]\npackage = 'no'\ndefault-groups = {a = 1}"],
  ])("reads what is right of %s", (text) => {
    write("pyproject.toml", text);
    expect(readProjectLock(folder)).toMatchObject({ folder, isPackage: false });
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
