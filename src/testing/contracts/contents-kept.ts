// What contents promise about copies of the user's data: the same bytes once, never other bytes, and a stand-in only where
// the original is not what was recorded.

import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { type ContentsBench, overwrite } from "./contents-bench.ts";

export function keeping(bench: () => ContentsBench): void {
  const recorded = async (path: string) => ({
    path,
    content: await bench().content(path, "uri_folder"),
  });
  const copies = (): number => {
    const folder = bench().path(".stepwell/store/.kept");
    if (!existsSync(folder)) return 0;
    return readdirSync(folder).flatMap((part) => readdirSync(join(folder, part))).length;
  };

  it("keeps a file and a folder, read-only, and knows what it kept", async () => {
    chmodSync(bench().write("data/run.sh", "echo"), 0o755);
    symlinkSync("run.sh", bench().path("data/link"));
    const folder = await recorded(bench().path("data"));
    const file = await recorded(bench().write("a.csv", "a"));
    expect(await bench().contents.keep([folder, file, file])).toMatchObject({ ok: true });
    expect(await bench().contents.kept(folder.content.id)).toMatchObject({ kind: "folder" });
    expect(await bench().contents.kept(file.content.id)).toMatchObject({ kind: "file" });
    expect(copies()).toBe(2);
  });

  it("keeps nothing twice, and needs no original of what it has", async () => {
    const file = await recorded(bench().write("a.csv", "a"));
    await bench().contents.keep([file]);
    const gone = { ...file, path: bench().path("gone.csv") };
    expect(await bench().contents.keep([gone])).toMatchObject({ ok: true });
    expect(copies()).toBe(1);
  });

  it("refuses bytes that are not the recorded ones any more", async () => {
    const file = await recorded(bench().write("a.csv", "a"));
    bench().write("a.csv", "b");
    const failure = await bench().failure(bench().contents.keep([file]));
    expect(failure).toMatchObject({ code: "changed_while_read" });
    expect(await bench().contents.kept(file.content.id)).toBeNull();
    expect(copies()).toBe(0);
  });

  it("hands the original out while it is unaltered, else a copy of the same name", async () => {
    const file = await recorded(bench().write("a.csv", "a"));
    await bench().contents.keep([file]);
    await bench().stage("k1", {});
    expect(await bench().contents.inputPath("k1", "in", file)).toBe(file.path);
    bench().write("a.csv", "other");
    expect(await bench().contents.inputHeld("k1", "in", file)).toBe("changed");
    const path = (await bench().contents.inputPath("k1", "in", file)) as string;
    expect([basename(path), readFileSync(path, "utf8")]).toEqual(["a.csv", "a"]);
    expect(statSync(path).mode & 0o222).toBe(0);
    expect(await bench().contents.inputHeld("k1", "in", file)).toBe("held");
    overwrite(path, () => "spoilt");
    expect(await bench().contents.inputHeld("k1", "in", file)).toBe("changed");
  });

  it("hands a folder's copy out, and nothing where a copy was spoilt", async () => {
    const file = bench().write("data/a.txt", "a");
    const folder = await recorded(bench().path("data"));
    await bench().contents.keep([folder]);
    await bench().stage("k1", {});
    overwrite(file, () => "b");
    const path = (await bench().contents.inputPath("k1", "in", folder)) as string;
    expect(readFileSync(join(path, "a.txt"), "utf8")).toBe("a");
    expect(await bench().contents.inputHeld("k1", "in", folder)).toBe("held");
    overwrite(join(path, "a.txt"), () => "spoilt");
    expect(await bench().contents.inputPath("k1", "in", folder)).toBeNull();
  });

  it("tells an input that was written to and is the same again from one that nobody touched", async () => {
    const data = await recorded(bench().write("data/a.csv", "a"));
    const folder = await recorded(bench().path("data"));
    // Between the record and the attempt it may be written as often as it likes.
    overwrite(data.path, () => "b");
    overwrite(data.path, () => "a");
    await bench().stage("k1", {});
    for (const one of [data, folder]) {
      expect(await bench().contents.inputPath("k1", "in", one)).toBe(one.path);
      expect(await bench().contents.inputHeld("k1", "in", one)).toBe("held");
    }
    overwrite(data.path, () => "b");
    overwrite(data.path, () => "a");
    for (const one of [data, folder])
      expect(await bench().contents.inputHeld("k1", "in", one)).toBe("written");
  });
}
