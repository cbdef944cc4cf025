// What contents promise about identifying inputs: ids, links, and a cache that never lies.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import type { ContentId } from "../../core/content.ts";
import type { ContentFailure } from "../../ports/contents.ts";
import type { DataType } from "../../spec/graph.ts";
import { age, type ContentsBench, fifo, intoFolder, relink, tamper } from "./contents-bench.ts";

export function identities(bench: () => ContentsBench): void {
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

  it("tells the first of seen files that has another size, another time, or is gone", () => {
    const seen = ["one", "two"].map((name) => {
      const path = bench().write(name, "bytes");
      return { path, sizeBytes: 5, mtimeMs: statSync(path).mtimeMs };
    });
    const [one, two] = seen as [(typeof seen)[0], (typeof seen)[0]];
    const folder = { path: bench().path("."), sizeBytes: null };
    const listed = { ...folder, mtimeMs: statSync(folder.path).mtimeMs };
    const { contents } = bench();
    expect(contents.firstChanged([one, two, listed])).toBeNull();
    expect(contents.firstChanged([one, { ...two, sizeBytes: 6 }])?.path).toBe(two.path);
    expect(contents.firstChanged([{ ...one, mtimeMs: 1 }, two])?.path).toBe(one.path);
    expect(contents.firstChanged([{ ...listed, path: one.path }])?.path).toBe(one.path);
    unlinkSync(two.path);
    expect(contents.firstChanged([one, two])?.path).toBe(two.path);
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

export function inputLinks(bench: () => ContentsBench): void {
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

export function caching(bench: () => ContentsBench): void {
  it("sees every change of a file that it has just hashed", async () => {
    const path = bench().write("fast", "a");
    const seen = new Set<string>();
    for (const content of ["b", "c", "d", "e"]) {
      writeFileSync(path, content);
      seen.add((await bench().content(path, "uri_file")).id);
    }
    expect(seen.size).toBe(4);
  });

  it("sees a change of files that it remembers, also one that keeps size and modification time", async () => {
    const file = bench().write("files/one", "1");
    const folder = bench().path("folder");
    age(file);
    for (const name of ["a", "b", "c"]) age(bench().write(`folder/${name}`, "1"));
    // Older than the racy rule's two seconds, by the clock of the file system.
    await delay(2100);
    const before = [
      await bench().content(file, "uri_file"),
      await bench().content(folder, "uri_folder"),
    ];
    // What one look tells is told at once.
    expect(bench().contents.identify(file, "uri_file")).toMatchObject({ value: before[0] });
    tamper(file, "2");
    tamper(join(folder, "b"), "2");
    expect((await bench().content(file, "uri_file")).id).not.toBe(before[0]?.id);
    const changed = await bench().content(folder, "uri_folder");
    expect(changed.id).not.toBe(before[1]?.id);
    const ids = (await bench().contents.manifest(changed.id))?.entries.map(
      (entry) => entry.type === "file" && entry.id,
    );
    expect(ids?.[0]).toBe(ids?.[2]);
    expect(ids?.[1]).not.toBe(ids?.[0]);
    await onlyCostsTimeWhenDamaged(folder, changed.id);
  });

  const onlyCostsTimeWhenDamaged = async (folder: string, id: string): Promise<void> => {
    await bench().contents.close();
    const cache = bench().path(".stepwell/hash-cache");
    for (const name of readdirSync(cache))
      writeFileSync(join(cache, name), "stepwell hashes 1\n{\n\0");
    const again = await bench().reopened().identify(folder, "uri_folder");
    expect(again).toMatchObject({ ok: true, value: { id } });
  };
}
