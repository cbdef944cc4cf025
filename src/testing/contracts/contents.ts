// What every store of contents promises, as tests on real files. Knows only the port and the folders that it documents.

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Content, ContentId } from "../../core/content.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { ContentFailure, Contents, Outcome, StagedAttempt } from "../../ports/contents.ts";
import type { CodeReference, DataType } from "../../spec/graph.ts";

export function contentsContract(name: string, make: (workspaceFolder: string) => Contents): void {
  describe(`contents contract: ${name}`, () => {
    let bench: Bench;
    beforeEach(() => {
      bench = new Bench(make);
    });
    afterEach(() => bench.clear());

    identities(() => bench);
    inputLinks(() => bench);
    caching(() => bench);
    snapshots(() => bench);
    ignoring(() => bench);
    staging(() => bench);
    capturing(() => bench);
    hostileOutputs(() => bench);
    verifying(() => bench);
    publishing(() => bench);
    discarding(() => bench);
  });
}

function identities(bench: () => Bench): void {
  it("names a file by the sha256 of its bytes", async () => {
    const path = bench().write("data.csv", "hello\n");
    expect(await bench().content(path, "uri_file")).toMatchObject({
      kind: "file",
      id: "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
      sizeBytes: 6,
      files: 1,
    });
  });

  it("names a big file as a small one", async () => {
    const path = bench().write("big.bin", Buffer.alloc(3_500_000, 7));
    const { id } = await bench().content(path, "uri_file");
    const sum = execFileSync("sha256sum", [path], { encoding: "utf8" }).split(" ")[0];
    expect(id).toBe(`sha256:${sum}`);
  });

  it("names a folder by names, kinds, executable bits and bytes, wherever it lies", async () => {
    const fill = (folder: string): string => {
      bench().write(`${folder}/b.txt`, "bytes");
      bench().write(`${folder}/a/inner.txt`, "inner");
      mkdirSync(bench().path(`${folder}/empty`));
      chmodSync(bench().write(`${folder}/run.sh`, "echo"), 0o755);
      return bench().path(folder);
    };
    const one = await bench().content(fill("one"), "uri_folder");
    const two = await bench().content(fill("two/deeper"), "uri_folder");
    expect(one).toMatchObject({ kind: "folder", files: 3, sizeBytes: 14 });
    expect(two.id).toBe(one.id);
    expect(two.seal).not.toBe(one.seal);
  });

  const changes: [string, (folder: string) => void][] = [
    ["a byte", (folder) => writeFileSync(join(folder, "a"), "A")],
    ["a name", (folder) => renameSync(join(folder, "a"), join(folder, "c"))],
    ["an executable bit", (folder) => chmodSync(join(folder, "a"), 0o755)],
    ["an empty folder more", (folder) => mkdirSync(join(folder, "empty"))],
    ["a file less", (folder) => unlinkSync(join(folder, "a"))],
    ["a link's target", (folder) => relink(join(folder, "link"), "sub/b")],
    ["a file that became a folder", (folder) => intoFolder(join(folder, "a"))],
  ];
  for (const [what, change] of changes) {
    it(`gives a folder another id when it differs by ${what}`, async () => {
      bench().write("data/a", "a");
      bench().write("data/sub/b", "a");
      const folder = bench().path("data");
      symlinkSync("a", join(folder, "link"));
      const before = await bench().content(folder, "uri_folder");
      change(folder);
      expect((await bench().content(folder, "uri_folder")).id).not.toBe(before.id);
    });
  }

  it("does not count times, owners or write permissions", async () => {
    const file = bench().write("data/a", "a");
    const before = await bench().content(bench().path("data"), "uri_folder");
    utimesSync(file, 1, 1);
    chmodSync(file, 0o400);
    expect((await bench().content(bench().path("data"), "uri_folder")).id).toBe(before.id);
  });

  it("keeps the list of what a folder holds, sorted by bytes", async () => {
    for (const name of ["b", "a/x", "a-b", "Z", "ü", "\ufb01", "🦉"])
      bench().write(`d/${name}`, "x");
    const { id } = await bench().content(bench().path("d"), "uri_folder");
    const manifest = await bench().contents.manifest(id);
    expect(manifest?.entries.map((entry) => entry.path)).toEqual([
      "Z",
      "a-b",
      "a/x",
      "b",
      "ü",
      "\ufb01",
      "🦉",
    ]);
    expect(await bench().contents.manifest(`sha256:${"0".repeat(64)}` as ContentId)).toBeNull();
  });

  it("identifies many files as it identifies few", async () => {
    for (let index = 0; index < 300; index += 1)
      bench().write(`many/${index % 7}/f${index}`, `${index}`);
    const folder = bench().path("many");
    const whole = await bench().content(folder, "uri_folder");
    expect(whole.files).toBe(300);
    const again = await bench().reopened().identify(folder, "uri_folder");
    expect(again).toMatchObject({ ok: true, value: { id: whole.id } });
  });

  it("takes a file where a folder is asked for, and says so", async () => {
    const path = bench().write("model.bin", "m");
    expect(await bench().content(path, "custom_model")).toMatchObject({ kind: "file" });
  });

  const refused: [string, DataType, ContentFailure["code"], (folder: string) => string][] = [
    ["a path that does not exist", "uri_file", "missing_path", (folder) => join(folder, "gone")],
    ["a folder where a file is expected", "uri_file", "wrong_kind", (folder) => folder],
    ["a pipe", "uri_file", "special_file", (folder) => fifo(join(folder, "pipe"))],
    [
      "a folder that holds a pipe",
      "uri_folder",
      "special_file",
      (folder) => dirname(fifo(join(folder, "pipe"))),
    ],
  ];
  for (const [what, type, code, lay] of refused) {
    it(`refuses ${what} by name`, async () => {
      mkdirSync(bench().path("odd"));
      const path = lay(bench().path("odd"));
      const failure = await bench().failure(bench().contents.identify(path, type));
      expect(failure.code).toBe(code);
      expect(failure.message).toContain(path);
    });
  }

  it("refuses a name that is not valid UTF-8", async () => {
    mkdirSync(bench().path("odd"));
    writeFileSync(Buffer.concat([Buffer.from(`${bench().path("odd")}/`), Buffer.from([0xff])]), "");
    const failure = await bench().failure(
      bench().contents.identify(bench().path("odd"), "uri_folder"),
    );
    expect(failure.message).toContain("UTF-8");
  });

  it("says which file cannot be read", async (context) => {
    if (process.getuid?.() === 0) {
      console.warn("skipped: root may read everything");
      context.skip();
    }
    const path = bench().write("secret/file", "x");
    chmodSync(path, 0);
    const failure = await bench().failure(
      bench().contents.identify(bench().path("secret"), "uri_folder"),
    );
    expect(failure).toMatchObject({ code: "unreadable" });
    expect(failure.message).toContain(path);
  });
}

function inputLinks(bench: () => Bench): void {
  it("counts the bytes behind a link that leaves an input folder", async () => {
    const outside = bench().write("elsewhere/data", "one");
    mkdirSync(bench().path("input"));
    symlinkSync(outside, bench().path("input/data"));
    const before = await bench().content(bench().path("input"), "uri_folder");
    writeFileSync(outside, "two");
    const after = await bench().content(bench().path("input"), "uri_folder");
    expect(after.id).not.toBe(before.id);
    expect(after.sizeBytes).toBe(3);
  });

  it("counts a folder behind a link as if it lay there", async () => {
    bench().write("elsewhere/folder/f", "x");
    mkdirSync(bench().path("input"));
    symlinkSync(bench().path("elsewhere/folder"), bench().path("input/folder"));
    bench().write("plain/folder/f", "x");
    const linked = await bench().content(bench().path("input"), "uri_folder");
    expect(linked.id).toBe((await bench().content(bench().path("plain"), "uri_folder")).id);
  });

  it("refuses a link to a folder that it lies in", async () => {
    bench().write("input/f", "x");
    symlinkSync(bench().folder, bench().path("input/up"));
    const failure = await bench().failure(
      bench().contents.identify(bench().path("input"), "uri_folder"),
    );
    expect(failure.message).toContain("input/up");
  });

  it("keeps a link that leads nowhere as a link", async () => {
    mkdirSync(bench().path("input"));
    symlinkSync("nowhere", bench().path("input/link"));
    const { id } = await bench().content(bench().path("input"), "uri_folder");
    expect((await bench().contents.manifest(id))?.entries).toEqual([
      { type: "link", path: "link", target: "nowhere" },
    ]);
  });
}

function caching(bench: () => Bench): void {
  /** Older than the racy rule's two seconds, by the clock of the file system. */
  const settled = async () => delay(2100);

  it("sees every change of a file that it has just hashed", async () => {
    const path = bench().write("fast", "a");
    const seen = new Set<string>();
    for (const content of ["b", "c", "d", "e"]) {
      writeFileSync(path, content);
      seen.add((await bench().content(path, "uri_file")).id);
    }
    expect(seen.size).toBe(4);
  });

  it("does not read an unchanged file again, nor an unchanged folder", async () => {
    const file = bench().write("files/one", "1");
    const folder = bench().path("folder");
    for (let index = 0; index < 5; index += 1) bench().write(`folder/f${index}`, `${index}`);
    await settled();
    const before = [
      await bench().content(file, "uri_file"),
      await bench().content(folder, "uri_folder"),
    ];
    const other = bench().reopened();
    // Nobody notices a change of bytes that leaves size, times and inode alone: so nothing was read.
    tamper(file, "2");
    tamper(join(folder, "f0"), "9");
    const after = [
      await other.identify(file, "uri_file"),
      await other.identify(folder, "uri_folder"),
    ];
    expect(after.map((outcome) => outcome.ok && outcome.value.id)).toEqual(
      before.map(({ id }) => id),
    );
  });

  it("hashes only what changed in a folder", async () => {
    for (const name of ["a", "b", "c"]) bench().write(`folder/${name}`, name);
    const folder = bench().path("folder");
    await settled();
    await bench().content(folder, "uri_folder");
    writeFileSync(join(folder, "b"), "changed");
    const changed = await bench().content(folder, "uri_folder");
    const manifest = await bench().contents.manifest(changed.id);
    const b = manifest?.entries.find((entry) => entry.path === "b");
    expect(b).toMatchObject({ size: 7 });
  });

  it("only costs time when the cache is damaged", async () => {
    const folder = bench().path("folder");
    bench().write("folder/a", "a");
    await settled();
    const before = await bench().content(folder, "uri_folder");
    await bench().contents.close();
    const cache = bench().path(".stepwell/hash-cache");
    for (const name of readdirSync(cache))
      writeFileSync(join(cache, name), "stepwell hashes 1\n{\n\0");
    const again = await bench().reopened().identify(folder, "uri_folder");
    expect(again).toMatchObject({ ok: true, value: { id: before.id } });
  });
}

function snapshots(bench: () => Bench): void {
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

  it("never hands out a snapshot whose bytes are not those of its name", async () => {
    bench().write("code/a.py", "whole");
    const { snapshotId } = await bench().snapshot();
    const stored = bench().path(`.stepwell/code/${snapshotId.slice(7)}/a.py`);
    rmSync(stored, { force: true });
    writeFileSync(stored, "EVIL!");
    const order = { attemptId: "s1", snapshotId, outputs: {} };
    expect((await bench().failure(bench().contents.stage(order))).code).toBe("missing_path");
  });
}

function ignoring(bench: () => Bench): void {
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
      ".ipynb_checkpoints/n",
      "pkg/__pycache__/b.pyc",
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

function staging(bench: () => Bench): void {
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

function capturing(bench: () => Bench): void {
  it("moves outputs to the folder of run, step and port, immutable and identified", async () => {
    const outputs = { model: "uri_file", data: "uri_folder" } as const;
    const staged = await bench().stage("c1", outputs);
    writeFileSync(staged.outputs.model as string, "model");
    mkdirSync(join(staged.outputs.data as string, "deep"));
    writeFileSync(join(staged.outputs.data as string, "deep/tool"), "#!", { mode: 0o755 });
    symlinkSync("deep/tool", join(staged.outputs.data as string, "link"));
    const captured = await bench().capture("c1", outputs);
    const base = bench().path(".stepwell/store/azureml/run-1/outer/train");
    expect(captured.outputs.model).toMatchObject({
      path: `${base}/model/model`,
      type: "uri_file",
      sizeBytes: 5,
    });
    expect(captured.outputs.data).toMatchObject({ path: `${base}/data`, kind: "folder", files: 1 });
    expect(statSync(`${base}/model/model`).mode & 0o777).toBe(0o444);
    expect(statSync(`${base}/data/deep/tool`).mode & 0o777).toBe(0o555);
    const again = await bench().content(`${base}/data`, "uri_folder");
    expect(again.id).toBe(captured.outputs.data?.id);
    expect(existsSync(bench().path(".stepwell/store/.attempts/c1"))).toBe(false);
  });

  it("uses _ for the step of a standalone job", async () => {
    const staged = await bench().stage("c1", { o: "uri_file" });
    writeFileSync(staged.outputs.o as string, "x");
    const captured = await bench().captured(bench().contents.capture({ ...CAPTURE, step: "." }));
    expect(captured.outputs.o?.path).toBe(bench().path(".stepwell/store/azureml/run-1/_/o/o"));
  });

  it("keeps what lies in ./outputs and ./logs as the artifacts", async () => {
    const staged = await bench().stage("c1", {});
    writeFileSync(join(staged.workFolder, "outputs/plot.png"), "p");
    const captured = await bench().capture("c1", {});
    expect(captured.artifacts).toMatchObject({ files: 1, kind: "folder" });
    expect(readdirSync(captured.artifacts?.path as string)).toEqual(["outputs"]);
  });

  it("has no artifacts where both are empty or nobody asked", async () => {
    await bench().stage("c1", {});
    expect((await bench().capture("c1", {})).artifacts).toBeNull();
    const staged = await bench().stage("c2", {});
    writeFileSync(join(staged.workFolder, "logs/l"), "x");
    const order = { ...CAPTURE, attemptId: "c2", outputs: {}, captureArtifacts: false };
    expect((await bench().captured(bench().contents.capture(order))).artifacts).toBeNull();
  });

  it("fails by name when a file was not written", async () => {
    await bench().stage("c1", { model: "uri_file" });
    const failure = await bench().failure(
      bench().contents.capture({ ...CAPTURE, outputs: { model: "uri_file" } }),
    );
    expect(failure.code).toBe("missing_output");
    expect(failure.message).toContain("model");
  });

  it("warns when a folder stayed empty", async () => {
    await bench().stage("c1", { data: "uri_folder" });
    const outcome = await bench().contents.capture({ ...CAPTURE, outputs: { data: "uri_folder" } });
    expect(outcome).toMatchObject({ ok: true, value: { outputs: { data: { files: 0 } } } });
    expect(outcome.ok && outcome.warnings.join()).toContain("data");
  });

  it("fails when the command removed the folder of an output", async () => {
    const staged = await bench().stage("c1", { data: "uri_folder" });
    rmSync(staged.outputs.data as string, { recursive: true });
    const order = { ...CAPTURE, outputs: { data: "uri_folder" as const } };
    expect((await bench().failure(bench().contents.capture(order))).code).toBe("missing_output");
  });

  it("takes a model that is one file", async () => {
    const staged = await bench().stage("c1", { m: "custom_model" });
    rmSync(staged.outputs.m as string, { recursive: true });
    writeFileSync(staged.outputs.m as string, "weights");
    const captured = await bench().capture("c1", { m: "custom_model" });
    expect(captured.outputs.m).toMatchObject({ kind: "file", sizeBytes: 7 });
    expect(readFileSync(captured.outputs.m?.path as string, "utf8")).toBe("weights");
  });

  it("leaves what lies beside a file output out of the record, and says where it went", async () => {
    const staged = await bench().stage("c1", { o: "uri_file" });
    writeFileSync(staged.outputs.o as string, "x");
    writeFileSync(`${staged.outputs.o}.tmp`, "rest");
    const outcome = await bench().contents.capture({ ...CAPTURE, outputs: { o: "uri_file" } });
    expect(outcome.ok && outcome.warnings.join()).toContain("o.tmp");
    const folder = dirname((outcome.ok && outcome.value.outputs.o?.path) as string);
    expect(readdirSync(folder)).toEqual(["o"]);
  });

  it("replaces what a crash left in the final folder", async () => {
    for (const attempt of ["c1", "c2"]) {
      const staged = await bench().stage(attempt, { o: "uri_folder" });
      writeFileSync(join(staged.outputs.o as string, `by-${attempt}`), attempt);
      await bench().capture(attempt, { o: "uri_folder" });
    }
    const folder = bench().path(".stepwell/store/azureml/run-1/outer/train/o");
    expect(readdirSync(folder)).toEqual(["by-c2"]);
  });

  it("captures a folder of thousands of files", async () => {
    const staged = await bench().stage("c1", { o: "uri_folder" });
    for (let index = 0; index < 3000; index += 1)
      writeFileSync(join(staged.outputs.o as string, `f${index}`), `${index}`);
    const captured = await bench().capture("c1", { o: "uri_folder" });
    expect(captured.outputs.o?.files).toBe(3000);
    await bench().contents.makeDurable();
    expect(await bench().contents.verify(captured.outputs.o as OutputRecord)).toBe(true);
  });

  it("makes what it captured durable", async () => {
    const staged = await bench().stage("c1", { o: "uri_file" });
    writeFileSync(staged.outputs.o as string, "x");
    await bench().capture("c1", { o: "uri_file" });
    await expect(bench().contents.makeDurable()).resolves.toBeUndefined();
    await expect(bench().contents.makeDurable()).resolves.toBeUndefined();
  });
}

function hostileOutputs(bench: () => Bench): void {
  const shapes: [string, DataType, ContentFailure["code"], (path: string) => void][] = [
    [
      "a link to an absolute path",
      "uri_folder",
      "link_leaves_folder",
      (path) => symlinkSync("/etc/passwd", join(path, "l")),
    ],
    [
      "a link upwards",
      "uri_folder",
      "link_leaves_folder",
      (path) => symlinkSync("../../x", join(path, "l")),
    ],
    [
      "a link through a link",
      "uri_folder",
      "link_leaves_folder",
      (path) => {
        symlinkSync(".", join(path, "a"));
        symlinkSync("a/../../..", join(path, "b"));
      },
    ],
    [
      "a folder that is a link",
      "uri_folder",
      "wrong_kind",
      (path) => {
        rmSync(path, { recursive: true });
        symlinkSync("/etc", path);
      },
    ],
    ["a pipe", "uri_folder", "special_file", (path) => fifo(join(path, "p"))],
    [
      "a file that is a link",
      "uri_file",
      "link_leaves_folder",
      (path) => symlinkSync("/etc/passwd", path),
    ],
    ["a folder instead of a file", "uri_file", "wrong_kind", (path) => mkdirSync(path)],
    ["a pipe instead of a file", "uri_file", "wrong_kind", (path) => fifo(path)],
  ];
  for (const [what, type, code, lay] of shapes) {
    it(`refuses an output that holds ${what}`, async () => {
      const staged = await bench().stage("c1", { o: type });
      lay(staged.outputs.o as string);
      const failure = await bench().failure(
        bench().contents.capture({ ...CAPTURE, outputs: { o: type } }),
      );
      expect(failure.code).toBe(code);
      expect(failure.message).toMatch(/\bo\b/);
      expect(existsSync(bench().path(".stepwell/store/azureml/run-1/outer/train"))).toBe(false);
    });
  }

  it("keeps a link inside the output, also one that is absolute", async () => {
    const staged = await bench().stage("c1", { o: "uri_folder" });
    const folder = staged.outputs.o as string;
    writeFileSync(join(folder, "real"), "x");
    symlinkSync("real", join(folder, "link"));
    const captured = await bench().capture("c1", { o: "uri_folder" });
    expect(captured.outputs.o).toMatchObject({ files: 1 });
    expect(readFileSync(join(captured.outputs.o?.path as string, "link"), "utf8")).toBe("x");
  });

  it("gives a hard link bytes of its own", async () => {
    const input = bench().write("input", "shared");
    const staged = await bench().stage("c1", { o: "uri_file" });
    linkSync(input, staged.outputs.o as string);
    const captured = await bench().capture("c1", { o: "uri_file" });
    writeFileSync(input, "altered");
    expect(readFileSync(captured.outputs.o?.path as string, "utf8")).toBe("shared");
    expect(statSync(captured.outputs.o?.path as string).nlink).toBe(1);
    expect(await bench().contents.verify(captured.outputs.o as OutputRecord)).toBe(true);
  });
}

function verifying(bench: () => Bench): void {
  const make = async (): Promise<{ file: OutputRecord; folder: OutputRecord }> => {
    const outputs = { f: "uri_file", d: "uri_folder" } as const;
    const staged = await bench().stage("c1", outputs);
    writeFileSync(staged.outputs.f as string, "file");
    writeFileSync(join(staged.outputs.d as string, "a"), "inner");
    const captured = await bench().capture("c1", outputs);
    return { file: captured.outputs.f as OutputRecord, folder: captured.outputs.d as OutputRecord };
  };
  const isWhole = async (records: { file: OutputRecord; folder: OutputRecord }) => [
    await bench().contents.verify(records.file),
    await bench().contents.verify(records.folder),
  ];

  it("knows recorded bytes that are still there", async () => {
    expect(await isWhole(await make())).toEqual([true, true]);
  });

  it("looks at the bytes when only the times have changed", async () => {
    const records = await make();
    for (const path of [records.file.path, join(records.folder.path, "a")]) utimesSync(path, 1, 1);
    expect(await isWhole(records)).toEqual([true, true]);
  });

  const damages: [string, (path: string) => void][] = [
    ["altered", (path) => overwrite(path, (text) => text.toUpperCase())],
    ["cut short", (path) => overwrite(path, (text) => text.slice(1))],
    ["added to", (path) => overwrite(path, (text) => `${text}!`)],
    ["removed", (path) => unlinkSync(path)],
    ["replaced by a folder", (path) => intoFolder(path)],
  ];
  for (const [what, damage] of damages) {
    it(`notices bytes that were ${what}`, async () => {
      const records = await make();
      damage(records.file.path);
      damage(join(records.folder.path, "a"));
      expect(await isWhole(records)).toEqual([false, false]);
    });
  }

  it("notices a file more in a folder, and a folder that is gone", async () => {
    const records = await make();
    writeFileSync(join(records.folder.path, "more"), "");
    expect(await bench().contents.verify(records.folder)).toBe(false);
    rmSync(records.folder.path, { recursive: true });
    expect(await bench().contents.verify(records.folder)).toBe(false);
  });

  it("notices a change that keeps size and modification time", async () => {
    const { file } = await make();
    tamper(file.path, "FILE");
    expect(await bench().contents.verify(file)).toBe(false);
  });
}

function publishing(bench: () => Bench): void {
  const make = async (): Promise<{ file: OutputRecord; folder: OutputRecord }> => {
    const outputs = { f: "uri_file", d: "uri_folder" } as const;
    const staged = await bench().stage("c1", outputs);
    writeFileSync(staged.outputs.f as string, "file");
    writeFileSync(join(staged.outputs.d as string, "tool"), "#!", { mode: 0o755 });
    const captured = await bench().capture("c1", outputs);
    return { file: captured.outputs.f as OutputRecord, folder: captured.outputs.d as OutputRecord };
  };

  it("copies a file and a folder, writable and executable as they were", async () => {
    const { file, folder } = await make();
    const to = bench().path("published/deep");
    expect(await bench().contents.publish(file, join(to, "f.bin"))).toMatchObject({ ok: true });
    expect(await bench().contents.publish(folder, join(to, "d"))).toMatchObject({ ok: true });
    expect(statSync(join(to, "f.bin")).mode & 0o777).toBe(0o644);
    expect(statSync(join(to, "d/tool")).mode & 0o777).toBe(0o755);
    expect(readdirSync(to).sort()).toEqual(["d", "f.bin"]);
    expect(statSync(file.path).mode & 0o777).toBe(0o444);
  });

  it("replaces what was there, whatever it was", async () => {
    const { file, folder } = await make();
    bench().write("to/d/old", "old");
    bench().write("to/f/old", "a folder where the file goes");
    await bench().contents.publish(folder, bench().path("to/d"));
    await bench().contents.publish(file, bench().path("to/f"));
    expect(readdirSync(bench().path("to/d"))).toEqual(["tool"]);
    expect(readFileSync(bench().path("to/f"), "utf8")).toBe("file");
    expect(readdirSync(bench().path("to")).sort()).toEqual(["d", "f"]);
  });

  it("leaves alone what is the same already", async () => {
    const { folder } = await make();
    await bench().contents.publish(folder, bench().path("to"));
    const before = statSync(bench().path("to/tool"));
    await bench().contents.publish(folder, bench().path("to"));
    expect(statSync(bench().path("to/tool")).ino).toBe(before.ino);
  });

  it("fails where it may not write, and leaves nothing half done", async () => {
    const { file } = await make();
    const wall = bench().write("wall", "a file");
    const outcome = await bench().contents.publish(file, join(wall, "f"));
    expect(outcome.ok).toBe(false);
    expect(readFileSync(wall, "utf8")).toBe("a file");
  });
}

function discarding(bench: () => Bench): void {
  it("takes a work folder away at once", async () => {
    const staged = await bench().stage("d1", {});
    bench().contents.discard("d1", false);
    expect(existsSync(staged.workFolder)).toBe(false);
    expect(existsSync(staged.folder)).toBe(true);
    await bench().contents.close();
  });

  it("keeps the newest ten of those that are to be kept", async () => {
    for (let index = 0; index < 13; index += 1) {
      const id = `d${index}`;
      const staged = await bench().stage(id, {});
      appendFileSync(join(staged.workFolder, "note"), id);
      bench().contents.discard(id, true);
      const mark = bench().path(`.stepwell/work/.kept/${id}`);
      utimesSync(mark, 1000 + index, 1000 + index);
    }
    const kept = readdirSync(bench().path(".stepwell/work")).filter((name) => name !== ".kept");
    expect(kept).toHaveLength(10);
    expect(kept).toContain("d12");
    expect(kept).not.toContain("d0");
  });
}

const CAPTURE = {
  attemptId: "c1",
  run: "run-1",
  step: "outer.train",
  outputs: { o: "uri_file" } as Readonly<Record<string, DataType>>,
  captureArtifacts: true,
};

/** A workspace in a folder of its own. */
class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "stepwell contents ü-"));
  readonly contents: Contents;
  readonly #make: (workspaceFolder: string) => Contents;
  #others: Contents[] = [];

  constructor(make: (workspaceFolder: string) => Contents) {
    this.#make = make;
    this.contents = make(this.folder);
  }

  /** Another process's view of the same workspace. */
  reopened(): Contents {
    void this.contents.close();
    const other = this.#make(this.folder);
    this.#others.push(other);
    return other;
  }

  path(relative: string): string {
    return join(this.folder, relative);
  }

  write(relative: string, content: string | Buffer): string {
    const path = this.path(relative);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  async content(path: string, type: DataType): Promise<Content> {
    return this.captured(this.contents.identify(path, type));
  }

  take(fields: Partial<CodeReference>): ReturnType<Contents["snapshot"]> {
    const code = { path: this.path("code"), includes: [], definitionFiles: [], ...fields };
    return this.contents.snapshot(code);
  }

  snapshot(fields: Partial<CodeReference> = {}) {
    return this.captured(this.take(fields));
  }

  stage(
    attemptId: string,
    outputs: Readonly<Record<string, DataType>>,
    snapshotId: ContentId | null = null,
  ): Promise<StagedAttempt> {
    return this.captured(this.contents.stage({ attemptId, snapshotId, outputs }));
  }

  capture(attemptId: string, outputs: Readonly<Record<string, DataType>>) {
    return this.captured(this.contents.capture({ ...CAPTURE, attemptId, outputs }));
  }

  async captured<T>(outcome: Promise<Outcome<T>>): Promise<T> {
    const got = await outcome;
    if (!got.ok) throw new Error(`${got.failure.code}: ${got.failure.message}`);
    return got.value;
  }

  async failure<T>(outcome: Promise<Outcome<T>>): Promise<ContentFailure> {
    const got = await outcome;
    if (got.ok) throw new Error("it was expected to fail");
    return got.failure;
  }

  async clear(): Promise<void> {
    await this.contents.close();
    for (const other of this.#others) await other.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}

function relink(path: string, target: string): void {
  unlinkSync(path);
  symlinkSync(target, path);
}

function intoFolder(path: string): void {
  unlinkSync(path);
  mkdirSync(path);
}

function fifo(path: string): string {
  execFileSync("mkfifo", [path]);
  return path;
}

function overwrite(path: string, change: (text: string) => string): void {
  const text = readFileSync(path, "utf8");
  chmodSync(path, 0o644);
  writeFileSync(path, change(text));
}

/** Other bytes of the same length with the same modification time. */
function tamper(path: string, content: string): void {
  const { atime, mtime } = statSync(path);
  chmodSync(path, statSync(path).mode | 0o200);
  writeFileSync(path, content);
  utimesSync(path, atime, mtime);
}
