import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loopDisk } from "../testing/loop-disk.ts";
import { sync, syncCopy, syncEverything } from "./durable.ts";
import { createFileSystemSync, type FileSystemSync } from "./file-system-sync.ts";

let folder: string;
let fileSystem: FileSystemSync;
beforeEach(() => {
  fileSystem = createFileSystemSync("python3");
  folder = mkdtempSync(join(tmpdir(), "stepwell-durable-"));
});
afterEach(async () => {
  await fileSystem.close();
  rmSync(folder, { recursive: true });
});

it("syncs a few paths and a whole tree, and knows nothing to do", async () => {
  mkdirSync(join(folder, "tree/deep"), { recursive: true });
  for (let index = 0; index < 20; index += 1)
    writeFileSync(join(folder, `tree/deep/${index}`), "x");
  const file = join(folder, "file");
  writeFileSync(file, "x");
  await sync({ paths: [file, folder], trees: [] }, folder, fileSystem);
  await sync({ paths: [file], trees: [join(folder, "tree")] }, folder, fileSystem);
  await sync({ paths: [], trees: [] }, folder, fileSystem);
});

it("syncs path by path where no Python can do it at once", async () => {
  const nobody = createFileSystemSync(join(folder, "no-python"));
  expect(await nobody.sync(folder)).toBe(false);
  mkdirSync(join(folder, "tree"));
  writeFileSync(join(folder, "tree/file"), "x");
  await sync({ paths: [], trees: [join(folder, "tree")] }, folder, nobody);
  expect(await createFileSystemSync(null).sync(folder)).toBe(false);
});

it("syncs what nobody knows the paths of, with Python and without", async () => {
  await syncEverything(folder, fileSystem);
  await syncEverything(folder, createFileSystemSync(null));
});

it("answers each of many syncs at once, and not for a folder that is gone", async (context) => {
  if (process.platform !== "linux") return context.skip("one sync of a file system needs Linux");
  const asked = [folder, join(folder, "gone"), folder].map((path) => fileSystem.sync(path));
  expect(await Promise.all(asked)).toEqual([true, false, true]);
});

it("says so when what should be durable is gone", async () => {
  await expect(
    sync({ paths: [join(folder, "gone")], trees: [] }, folder, fileSystem),
  ).rejects.toThrow("gone");
});

it("leaves a copy alone that somebody has taken away already", async () => {
  await syncCopy(join(folder, "gone"), null, fileSystem);
  await syncCopy(join(folder, "gone/deeper"), [], fileSystem);
});

it("keeps what was synced through a power cut", async (context) => {
  const disk = loopDisk(32);
  if (disk === null) return context.skip();
  try {
    const store = join(disk.folder, "store");
    mkdirSync(join(store, "tree"), { recursive: true });
    for (let index = 0; index < 20; index += 1)
      writeFileSync(join(store, `tree/${index}`), `${index}`);
    await sync({ paths: [store, disk.folder], trees: [join(store, "tree")] }, store, fileSystem);
    // Another program's `sync` may come in between: then the cut is tried again.
    let there: readonly string[] = ["unsynced"];
    for (let cuts = 0; cuts < 5 && there.includes("unsynced"); cuts += 1) {
      writeFileSync(join(disk.folder, "unsynced"), "lost");
      disk.cutPower();
      disk.comeBack();
      there = readdirSync(disk.folder).sort();
      rmSync(join(disk.folder, "unsynced"), { force: true });
    }
    expect(there).toEqual(["lost+found", "store"]);
    expect(readdirSync(join(store, "tree"))).toHaveLength(20);
    expect(readFileSync(join(store, "tree/7"), "utf8")).toBe("7");
  } finally {
    disk.remove();
  }
});
