// Who the interpreter of the shell is, tried on virtual environments that the test makes and changes.

import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { EnvironmentIdentity } from "../core/environment.ts";
import {
  environments,
  folder,
  identify,
  install,
  installEditable,
  site,
  useHostPython,
  venv,
} from "../testing/host-python.ts";
import { readDocument, writeDocument } from "./disk-cache.ts";

useHostPython();

describe("the identity of the shell's interpreter", () => {
  it("names version, platform and every distribution, and is the same again", async () => {
    install("Some_Package", "1.0");
    const identity = await identify();
    expect(identity).toMatchObject({
      kind: "host",
      label: "python of your shell",
      packages: { "some-package": "1.0" },
      lockId: null,
    });
    expect(identity.pythonVersion).toMatch(/^3\.\d+\.\d+/);
    expect(identity.platform).toMatch(/^(?:linux|darwin)-\w+/);
    expect(await identify()).toEqual(identity);
  });

  it("starts no process when nothing has changed", async () => {
    const program = path.join(venv, "bin", "python");
    const old = new Date(Date.now() - 60_000);
    fs.utimesSync(site, old, old);
    await identify();
    const cached = fs.readdirSync(path.join(folder, "cache", "identities"));
    const document = path.join(folder, "cache", "identities", cached[0] ?? "");
    const probe = readDocument<{ takenAt: number; facts: { packages: object } }>(document);
    if (probe === null) expect.unreachable("the identity is kept");
    // Made long ago, so that the racy rule has no say; then a fact that no interpreter would say.
    probe.takenAt = Date.now() + 60_000;
    probe.facts.packages = { kept: "1" };
    writeDocument(document, probe);
    expect((await identify()).packages).toEqual({ kept: "1" });
    // What the disk has altered is no fact either.
    const altered = fs.readFileSync(document, "utf8").replace("kept", "lost");
    fs.writeFileSync(document, altered);
    expect((await identify()).packages).not.toHaveProperty("lost");
    writeDocument(document, probe);
    fs.rmSync(program);
    fs.symlinkSync("/usr/bin/env", program);
    expect((await identify().catch(() => null))?.packages ?? {}).not.toEqual({ kept: "1" });
  });

  it("changes when a package is upgraded, and when one is added", async () => {
    const info = install("pkg", "1.0");
    const before = await identify();
    fs.rmSync(info, { recursive: true });
    install("pkg", "1.1");
    const upgraded = await identify();
    expect(upgraded.packages).toEqual({ ...before.packages, pkg: "1.1" });
    expect(upgraded.id).not.toBe(before.id);
    install("other", "1.0");
    expect((await identify()).id).not.toBe(upgraded.id);
  });

  it("changes with the source of an editable install, and not with what is no source", async () => {
    const source = path.join(folder, "project");
    fs.mkdirSync(path.join(source, "mypkg", "__pycache__"), { recursive: true });
    fs.mkdirSync(path.join(source, "data"));
    fs.writeFileSync(path.join(source, "mypkg", "__init__.py"), "");
    fs.writeFileSync(path.join(source, "mypkg", "model.py"), "x = 1\n");
    installEditable("mypkg", source);
    const before = await identify();
    expect(Object.keys(before.editable)).toEqual(["mypkg"]);
    fs.writeFileSync(path.join(source, "README.md"), "new");
    fs.writeFileSync(path.join(source, "data", "big.csv"), "new");
    for (const name of ["__pycache__/x.pyc", ".model.py.swp", ".#model.py", "model.py~"])
      fs.writeFileSync(path.join(source, "mypkg", name), "new");
    expect(await identify()).toEqual(before);
    fs.writeFileSync(path.join(source, "mypkg", "model.py"), "x = 2\n");
    const edited = await identify();
    expect(edited.editable.mypkg).not.toBe(before.editable.mypkg);
    expect(edited.id).not.toBe(before.id);
    fs.writeFileSync(path.join(source, "mypkg", "model.py"), "x = 1\n");
    expect((await identify()).id).toBe(before.id);
  });

  it("counts modules that somebody copied into site-packages, and none that a distribution brought", async () => {
    install("pkg", "1.0", { RECORD: "pkg/__init__.py,,\nmod.py,,\n" });
    fs.mkdirSync(path.join(site, "pkg"));
    fs.mkdirSync(path.join(site, "copied"));
    const write = (name: string, text: string) => fs.writeFileSync(path.join(site, name), text);
    for (const name of ["pkg/__init__.py", "mod.py", "copied/__init__.py", "_virtualenv.py"])
      write(name, "");
    write("sitecustomize.py", "");
    const before = await identify();
    expect(Object.keys(before.editable)).toEqual([
      "site-packages/copied",
      "site-packages/sitecustomize.py",
    ]);
    write("mod.py", "A = 2");
    expect((await identify()).id).toBe(before.id);
    write("copied/more.py", "A = 2");
    expect((await identify()).id).not.toBe(before.id);
    install("silent", "1.0");
    expect((await identify()).editable).toEqual({});
  });

  it("counts packages called build, and what links in a package lead to", async () => {
    const source = path.join(folder, "src");
    const write = (name: string, text: string) => {
      const file = path.join(folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    };
    for (const name of ["src/mine/__init__.py", "src/mine/build/__init__.py", "src/build/x.txt"])
      write(name, "");
    write("shared/m.py", "A = 1");
    fs.symlinkSync("../../shared", path.join(source, "mine", "shared"));
    write("data/x.csv", "1");
    fs.symlinkSync("../../data", path.join(source, "mine", "data"));
    fs.symlinkSync(".", path.join(source, "mine", "itself"));
    installEditable("mine", source);
    const seen = [(await identify()).id];
    const counts = async () => {
      seen.push((await identify()).id);
      return seen.at(-1) !== seen.at(-2);
    };
    expect(await counts()).toBe(false);
    write("src/mine/build/steps.py", "A = 1");
    expect(await counts()).toBe(true);
    write("shared/m.py", "A = 2");
    expect(await counts()).toBe(true);
    write("src/build/lib/mine/old.py", "A = 1");
    write("src/mine/dist/mine.whl", "bytes");
    write("data/x.csv", "2");
    expect(await counts()).toBe(false);
  });

  it("counts a folder that a .pth file puts on the path", async () => {
    const source = path.join(folder, "lib");
    fs.mkdirSync(source);
    fs.writeFileSync(path.join(source, "helper.py"), "x = 1\n");
    fs.writeFileSync(path.join(site, "mine.pth"), `${source}\n`);
    const before = await identify();
    fs.writeFileSync(path.join(source, "helper.py"), "x = 2\n");
    expect((await identify()).id).not.toBe(before.id);
  });

  it("counts namespace packages on the path, and no scripts or tests beside them", async () => {
    const source = path.join(folder, "src");
    for (const each of ["company/tool", "pure/deep", "scripts", "data"])
      fs.mkdirSync(path.join(source, each), { recursive: true });
    const write = (file: string, text: string) => fs.writeFileSync(path.join(source, file), text);
    write("company/tool/__init__.py", "x = 1\n");
    write("pure/deep/mod.py", "x = 1\n");
    installEditable("company-tool", source);
    const before = await identify();
    write("scripts/try.py", "x = 2\n");
    write("data/big.csv", "2\n");
    expect(await identify()).toEqual(before);
    write("company/tool/__init__.py", "x = 2\n");
    const edited = await identify();
    expect(edited.id).not.toBe(before.id);
    write("pure/deep/mod.py", "x = 2\n");
    expect((await identify()).id).not.toBe(edited.id);
  });

  it("counts of a project's whole folder its packages, and no steps that lie beside them", async () => {
    const source = path.join(folder, "project");
    const write = (file: string, text: string) => {
      fs.mkdirSync(path.dirname(path.join(source, file)), { recursive: true });
      fs.writeFileSync(path.join(source, file), text);
    };
    write("pyproject.toml", "");
    for (const each of ["steps/train.py", "acme/core/mod.py", "other/deep/__init__.py"])
      write(each, "x = 1\n");
    installEditable("acme-core", source);
    const before = await identify();
    write("steps/train.py", "x = 2\n");
    expect(await identify()).toEqual(before);
    write("acme/core/mod.py", "x = 2\n");
    const edited = await identify();
    expect(edited.id).not.toBe(before.id);
    write("other/deep/__init__.py", "x = 2\n");
    expect((await identify()).id).not.toBe(edited.id);
  });

  it("tells other bytes under the same version when they came from a folder or a repository", async () => {
    const files = (url: object, record: string) => ({
      "direct_url.json": JSON.stringify(url),
      RECORD: `${record}pkg/__pycache__/a.pyc,,\n`,
    });
    const again = async (...words: Parameters<typeof files>): Promise<EnvironmentIdentity> => {
      install("pkg", "1.0", files(...words));
      const identity = await identify();
      fs.rmSync(path.join(site, "pkg-1.0.dist-info"), { recursive: true });
      return identity;
    };
    const local = { url: "file:///src/pkg", dir_info: {} };
    const first = await again(local, "pkg/a.py,sha256=one,3\n");
    expect((await again(local, "pkg/a.py,sha256=one,3\n")).id).toBe(first.id);
    expect((await again(local, "pkg/a.py,sha256=two,3\n")).id).not.toBe(first.id);
    const git = (commit_id: string) => ({
      url: "https://h/r",
      vcs_info: { vcs: "git", commit_id },
    });
    const at = await again(git("0123456789abcdef"), "pkg/a.py,sha256=one,3\n");
    expect(at.packages.pkg).toBe("1.0 (commit 0123456789ab)");
    expect((await again(git("f123456789abcdef"), "")).packages.pkg).not.toBe(at.packages.pkg);
  });

  it("counts other programs only for commands that call them", async () => {
    expect((await identify("node report.mjs")).programs.node).toMatch(/^(?:\d+\.\d+|missing)/);
    expect((await identify("python node.py")).programs).toEqual({});
    expect((await identify("Rscript no.R")).id).not.toBe((await identify("python a.py")).id);
  });

  it("has no packages where there is no Python", async () => {
    const found = await environments({ PATH: folder }).identify(null, "echo hi", false);
    expect(found).toMatchObject({ ok: true, value: { pythonVersion: null, packages: {} } });
    if (found.ok)
      expect(await environments({ PATH: folder }).build(found.value)).toMatchObject({ ok: true });
  });
});
