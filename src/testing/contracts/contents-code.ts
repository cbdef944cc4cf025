// What contents promise about code: snapshots, ignore files, and the folders that an attempt is given.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { ContentId } from "../../core/content.ts";
import type { ContentsBench } from "./contents-bench.ts";

export function snapshots(bench: () => ContentsBench): void {
  it("stores a code folder once and lists its parts", async () => {
    bench().write("code/train.py", "import helper\n");
    bench().write("code/pkg/helper.py", "x = 1\n");
    const one = await bench().snapshot();
    const two = await bench().snapshot();
    expect(two).toEqual(one);
    expect(Object.keys(one.parts).sort()).toEqual(["pkg/helper.py", "train.py"]);
    expect(one).toMatchObject({ files: 2, sizeBytes: 20 });
    expect(await bench().contents.snapshotText(one.snapshotId, "pkg/helper.py")).toBe("x = 1\n");
    expect(
      await bench().contents.snapshotText(one.snapshotId, "../../../code/train.py"),
    ).toBeNull();
  });

  it("gives the same code the same id wherever it lies, other code another", async () => {
    bench().write("code/a.py", "1");
    bench().write("moved/here/a.py", "1");
    const one = await bench().snapshot();
    const moved = await bench().snapshot({ path: bench().path("moved/here") });
    expect(moved.id).toBe(one.id);
    bench().write("code/a.py", "2");
    expect((await bench().snapshot()).id).not.toBe(one.id);
  });

  it("leaves definition files out of the identity, not out of the snapshot", async () => {
    bench().write("code/a.py", "1");
    const definition = bench().write("code/pipeline.yml", "one");
    const one = await bench().snapshot({ definitionFiles: [definition] });
    bench().write("code/pipeline.yml", "two");
    const two = await bench().snapshot({ definitionFiles: [definition] });
    expect(two.id).toBe(one.id);
    expect(two.snapshotId).not.toBe(one.snapshotId);
    expect(Object.keys(two.parts)).toEqual(["a.py"]);
    expect(await bench().contents.snapshotText(two.snapshotId, "pipeline.yml")).toBe("two");
  });

  it("leaves definition files of included folders out of the identity too", async () => {
    bench().write("code/a.py", "1");
    const includes = [bench().path("shared"), bench().write("one.yml", "one")];
    const definitionFiles = [
      bench().write("shared/parts/train.yml", "one"),
      bench().path("one.yml"),
    ];
    const one = await bench().snapshot({ includes, definitionFiles });
    expect(Object.keys(one.parts)).toEqual(["a.py"]);
    bench().write("shared/parts/train.yml", "two");
    bench().write("one.yml", "two");
    const two = await bench().snapshot({ includes, definitionFiles });
    expect(two.id).toBe(one.id);
    expect(two.snapshotId).not.toBe(one.snapshotId);
  });

  it("lays additional includes beside the code, under their own names", async () => {
    bench().write("code/a.py", "1");
    bench().write("shared/lib/util.py", "2");
    const file = bench().write("other/one.py", "3");
    const snapshot = await bench().snapshot({ includes: [bench().path("shared/lib"), file] });
    expect(Object.keys(snapshot.parts).sort()).toEqual(["a.py", "lib/util.py", "one.py"]);
    const staged = await bench().stage("s1", {}, snapshot.snapshotId);
    expect(readFileSync(join(staged.workFolder, "lib/util.py"), "utf8")).toBe("2");
  });

  it("refuses an additional include that would replace code", async () => {
    bench().write("code/a.py", "1");
    const include = bench().write("other/a.py", "2");
    const failure = await bench().failure(bench().take({ includes: [include] }));
    expect(failure.message).toContain(include);
  });

  it("takes a single file as code", async () => {
    const file = bench().write("code/only.py", "1");
    bench().write("code/other.py", "2");
    const snapshot = await bench().snapshot({ path: file });
    expect(Object.keys(snapshot.parts)).toEqual(["only.py"]);
  });

  it("refuses code that is missing, or a link that leaves it", async () => {
    const missing = await bench().failure(bench().take({ path: bench().path("none") }));
    expect(missing.code).toBe("missing_path");
    bench().write("code/a.py", "1");
    bench().write("secret", "s");
    symlinkSync("../secret", bench().path("code/link"));
    const leaving = await bench().failure(bench().take({}));
    expect(leaving.code).toBe("link_leaves_folder");
    expect(leaving.message).toContain("code/link");
    expect(leaving.hint).toContain("additional_includes");
  });

  it("takes a link that names code by its whole path for one inside the snapshot", async () => {
    const file = bench().write("code/a.py", "1");
    mkdirSync(bench().path("code/deep"));
    symlinkSync(file, bench().path("code/deep/whole"));
    symlinkSync("../../code/a.py", bench().path("code/deep/around"));
    const { parts } = await bench().snapshot();
    expect(parts["deep/whole"]).toBe("link:../a.py");
    expect(parts["deep/around"]).toBe("link:../a.py");
  });

  it("warns about a code folder that is really data, naming what is large", async () => {
    for (let index = 0; index < 2001; index += 1) bench().write(`code/images/${index}`, "");
    bench().write("code/a.py", "1");
    const outcome = await bench().take({});
    expect(outcome.ok && outcome.warnings.join()).toContain("images (2001 files)");
  });

  it("repairs a damaged snapshot from the code", async () => {
    bench().write("code/a.py", "whole");
    const { snapshotId } = await bench().snapshot();
    const stored = bench().path(`.stepwell/code/${snapshotId.slice(7)}/a.py`);
    rmSync(stored, { force: true });
    writeFileSync(stored, "dam");
    await bench().snapshot();
    const staged = await bench().stage("s1", {}, snapshotId);
    expect(readFileSync(join(staged.workFolder, "a.py"), "utf8")).toBe("whole");
  });

  it.each([0, 60])(
    "never hands out a snapshot whose bytes are not those of its name, and makes it anew (%i more files)",
    async (more) => {
      bench().write("code/a.py", "whole");
      for (let index = 0; index < more; index += 1) bench().write(`code/more/${index}`, "");
      const { snapshotId } = await bench().snapshot();
      const stored = bench().path(`.stepwell/code/${snapshotId.slice(7)}/a.py`);
      rmSync(stored, { force: true });
      writeFileSync(stored, "EVIL!");
      const order = { attemptId: "s1", snapshotId, outputs: {} };
      expect((await bench().failure(bench().contents.stage(order))).code).toBe("missing_path");
      await bench().snapshot();
      const staged = await bench().stage("s2", {}, snapshotId);
      expect(readFileSync(join(staged.workFolder, "a.py"), "utf8")).toBe("whole");
    },
  );
}

export function ignoring(bench: () => ContentsBench): void {
  it("takes no links to packages or environments that lie elsewhere, and no `.git` of a worktree", async () => {
    bench().write("code/a.py", "1");
    bench().write("code/.git", "gitdir: elsewhere");
    bench().write("shared/m", "1");
    for (const name of ["node_modules", ".venv"])
      symlinkSync(bench().path("shared"), bench().path(`code/${name}`));
    expect(Object.keys((await bench().snapshot()).parts)).toEqual(["a.py"]);
  });

  it("holds what is included to the code's own ignore file, as if it lay there", async () => {
    bench().write("code/.gitignore", "*.env\n/lib/data/\nlib\n!keep.env\nextra.env\n");
    bench().write("code/a.py", "1");
    for (const file of ["x.py", "a.env", "keep.env", "data/d", "deep/data/d", "deep/b.env"])
      bench().write(`lib/${file}`, "1");
    const includes = [bench().path("lib"), bench().write("extra.env", "named by itself")];
    const { parts } = await bench().snapshot({ includes });
    const taken = Object.keys(parts).filter((path) => !path.includes(".gitignore"));
    const expected = ["a.py", "extra.env", "lib/deep/data/d", "lib/keep.env", "lib/x.py"];
    expect(taken.sort()).toEqual(expected);
    const code = { path: bench().path("code"), includes, definitionFiles: [] };
    expect(bench().contents.ignored(code, "lib/deep/b.env")).toMatchObject({
      rule: "*.env",
      line: 1,
    });
    expect(bench().contents.ignored(code, "lib/keep.env")).toBeNull();
    bench().write("code/.amlignore", "x.*\n");
    const { parts: others } = await bench().snapshot({ includes });
    expect(others).not.toHaveProperty(["lib/x.py"]);
    expect(others).toHaveProperty(["lib/a.env"]);
  });

  it("names the line of the ignore file that left a file out", async () => {
    const code = {
      path: bench().path("code"),
      includes: [bench().path("lib")],
      definitionFiles: [],
    };
    const rule = (path: string): string | null => {
      const found = bench().contents.ignored(code, path);
      const file = found?.file?.slice(bench().path("").length + 1) ?? "built in";
      return found && `${found.rule} ${file}:${found.line}`;
    };
    bench().write("code/.gitignore", "*.csv\n!keep.csv\ndata/\n");
    bench().write("code/sub/.gitignore", "/a.txt\n!b.csv\n");
    bench().write("lib/.amlignore", "x*\n!node_modules/\n");
    for (const file of ["a.csv", "keep.csv", "data/deep/x", "sub/a.txt", "sub/b.csv", "sub/c.csv"])
      bench().write(`code/${file}`, "1");
    for (const file of [
      "code/mlruns/m",
      "lib/x.py",
      "lib/y.py",
      "lib/mlruns/m",
      "lib/node_modules/n",
    ])
      bench().write(file, "1");
    expect(rule("a.csv")).toBe("*.csv code/.gitignore:1");
    expect(rule("./keep.csv")).toBeNull();
    expect(rule("data/deep/x")).toBe("data/ code/.gitignore:3");
    expect(rule("data")).toBe("data/ code/.gitignore:3");
    expect(rule("sub/a.txt")).toBe("/a.txt code/sub/.gitignore:1");
    expect(rule("sub/b.csv")).toBeNull();
    expect(rule("sub/c.csv")).toBe("*.csv code/.gitignore:1");
    expect(rule("mlruns/m")).toBe("mlruns/ built in:null");
    expect(rule("lib/x.py")).toBe("x* lib/.amlignore:1");
    expect(rule("lib/y.py")).toBeNull();
    expect(rule("lib/mlruns/m")).toBe("mlruns/ built in:null");
    expect(rule("lib/node_modules/n")).toBeNull();
    const odd = ["a.csv/x", "x".repeat(5000), "a\0b"];
    for (const path of ["none.csv", "lib", "", "../code/a.csv", ...odd])
      expect(rule(path)).toBeNull();
    const expected = (kind: "file" | "folder"): string | null =>
      bench().contents.ignored({ ...code, includes: [] }, "sub/data", kind)?.rule ?? null;
    expect([expected("file"), expected("folder")]).toEqual([null, "data/"]);
    // What it says is what the snapshot does.
    const { parts } = await bench().snapshot({ includes: code.includes });
    const kept = ["keep.csv", "sub/b.csv", "lib/y.py", "lib/node_modules/n"];
    expect(Object.keys(parts)).toEqual(expect.arrayContaining(kept));
    for (const path of ["a.csv", "data/deep/x", "sub/a.txt", "sub/c.csv", "mlruns/m", "lib/x.py"])
      expect(parts).not.toHaveProperty([path]);
  });

  const partsOf = async (): Promise<string[]> =>
    Object.keys((await bench().snapshot()).parts).sort();

  it("never takes what tools leave in a code folder", async () => {
    const tools = [
      ".git/HEAD",
      "__pycache__/a.pyc",
      "x.pyc",
      ".venv/bin/python",
      "node_modules/m/i.js",
      "mlruns/0/meta.yaml",
      ".DS_Store",
      ".stepwell/db",
      "stepwell.lock.d/sklearn-0123456789ab.txt",
      ".ipynb_checkpoints/n",
      "pkg/__pycache__/b.pyc",
      ".pytest_cache/v/lastfailed",
      ".mypy_cache/3.11/a.json",
      ".ruff_cache/x",
      ".idea/workspace.xml",
      ".vscode/settings.json",
      "pkg/.a.py.swp",
      "pkg/.#a.py",
      "pkg/#a.py#",
      "pkg/a.py~",
    ];
    for (const path of tools) bench().write(`code/${path}`, "x");
    bench().write("code/pkg/a.py", "1");
    expect(await partsOf()).toEqual(["pkg/a.py"]);
  });

  it("reads .gitignore as git does: nested, with negation, anchored", async () => {
    bench().write("code/.gitignore", "*.log\n/build/\n!keep.log\n");
    bench().write("code/sub/.gitignore", "!deep.log\nlocal\n");
    const files = [
      "a.py",
      "x.log",
      "keep.log",
      "build/out",
      "sub/build/out",
      "sub/deep.log",
      "sub/y.log",
      "sub/local",
    ];
    for (const path of files) bench().write(`code/${path}`, "x");
    execFileSync("git", ["init", "-q"], { cwd: bench().path("code") });
    const listed = execFileSync("git", ["ls-files", "-o", "--exclude-standard"], {
      cwd: bench().path("code"),
      encoding: "utf8",
    });
    expect(await partsOf()).toEqual(listed.trim().split("\n").sort());
  });

  it("takes the files of a folder that a nested .gitignore takes back, and letters as they are", async () => {
    bench().write("code/.gitignore", "data/\n*.CSV\n");
    bench().write("code/sub/.gitignore", "!data/\n");
    bench().write("code/sub/data/x.csv", "x");
    bench().write("code/data/y.csv", "y");
    expect(await partsOf()).toEqual([".gitignore", "sub/.gitignore", "sub/data/x.csv"]);
  });

  it("leaves the rules of a nested .gitignore behind when it leaves its folder", async () => {
    bench().write("code/a/.gitignore", "*.txt\n");
    for (const path of ["a/x.txt", "a/deep/z.txt", "ab/x.txt", "b/x.txt"])
      bench().write(`code/${path}`, "x");
    expect(await partsOf()).toEqual(["a/.gitignore", "ab/x.txt", "b/x.txt"]);
  });

  it("reads .amlignore alone where there is one", async () => {
    bench().write("code/.gitignore", "*.py\n");
    bench().write("code/.amlignore", "*.csv\n");
    for (const path of ["a.py", "b.csv"]) bench().write(`code/${path}`, "x");
    expect(await partsOf()).toEqual([".amlignore", ".gitignore", "a.py"]);
  });

  it("never minds the name of what is ignored, in whatever encoding", async () => {
    bench().write("code/.amlignore", "*.csv\nraw-*/\n");
    bench().write("code/a.py", "x");
    const named = (name: string): Buffer =>
      Buffer.concat([Buffer.from(`${bench().path("code")}/`), Buffer.from(name, "latin1")]);
    writeFileSync(named("caf\u00e9.csv"), "x");
    mkdirSync(named("raw-\u00e9"));
    expect(await partsOf()).toEqual([".amlignore", "a.py"]);
    writeFileSync(named("caf\u00e9.txt"), "x");
    expect((await bench().failure(bench().take({}))).message).toContain("UTF-8");
  });

  it("takes back what is never code when an ignore file says so", async () => {
    bench().write("code/.gitignore", "!node_modules/\n");
    bench().write("code/node_modules/m.js", "x");
    expect(await partsOf()).toEqual([".gitignore", "node_modules/m.js"]);
  });

  it("leaves out folders in which nothing is taken", async () => {
    bench().write("code/a.py", "1");
    const before = await bench().snapshot();
    bench().write("code/cache/__pycache__/x.pyc", "x");
    mkdirSync(bench().path("code/empty"));
    expect((await bench().snapshot()).id).toBe(before.id);
  });
}

export function staging(bench: () => ContentsBench): void {
  it("gives an attempt its folders and a copy of the code that it may alter", async () => {
    chmodSync(bench().write("code/run.sh", "echo"), 0o555);
    chmodSync(bench().write("code/pkg/a.py", "1"), 0o444);
    symlinkSync("pkg/a.py", bench().path("code/link.py"));
    chmodSync(bench().path("code/pkg"), 0o555);
    const { snapshotId } = await bench().snapshot();
    const outputs = { file: "uri_file", folder: "uri_folder" } as const;
    const staged = await bench().stage("s1", outputs, snapshotId);
    const work = staged.workFolder;
    expect(statSync(join(work, "run.sh")).mode & 0o777).toBe(0o755);
    expect(statSync(join(work, "pkg/a.py")).mode & 0o777).toBe(0o644);
    expect(lstatSync(join(work, "link.py")).isSymbolicLink()).toBe(true);
    writeFileSync(join(work, "pkg/new"), "");
    expect(readdirSync(staged.folder)).toEqual([]);
    expect([readdirSync(join(work, "outputs")), readdirSync(join(work, "logs"))]).toEqual([[], []]);
    expect(existsSync(staged.outputs.file as string)).toBe(false);
    expect(statSync(dirname(staged.outputs.file as string)).isDirectory()).toBe(true);
    expect(readdirSync(staged.outputs.folder as string)).toEqual([]);
    chmodSync(bench().path("code/pkg"), 0o755);
  });

  it("protects the snapshot from what an attempt does to its copy", async () => {
    for (let index = 0; index < 80; index += 1) bench().write(`code/f${index}`, "x");
    const { snapshotId } = await bench().snapshot();
    const one = await bench().stage("s1", {}, snapshotId);
    writeFileSync(join(one.workFolder, "f1"), "altered");
    const two = await bench().stage("s2", {}, snapshotId);
    expect(readFileSync(join(two.workFolder, "f1"), "utf8")).toBe("x");
    expect(readdirSync(two.workFolder)).toHaveLength(82);
  });

  it("gives an attempt without code an empty folder", async () => {
    const staged = await bench().stage("s1", {}, null);
    expect(readdirSync(staged.workFolder).sort()).toEqual(["logs", "outputs"]);
  });

  it("stages code that brings folders called outputs and logs", async () => {
    bench().write("code/outputs/keep", "x");
    const { snapshotId } = await bench().snapshot();
    const staged = await bench().stage("s1", {}, snapshotId);
    expect(existsSync(join(staged.workFolder, "outputs/keep"))).toBe(true);
  });

  it("says that a snapshot is missing", async () => {
    const snapshotId = `sha256:${"1".repeat(64)}` as ContentId;
    const order = { attemptId: "s1", snapshotId, outputs: {} };
    expect((await bench().failure(bench().contents.stage(order))).code).toBe("missing_path");
  });
}
