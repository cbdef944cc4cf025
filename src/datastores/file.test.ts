import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import type { Storage } from "../ports/storage.ts";
import { storageContract } from "../testing/contracts/storage.ts";
import {
  bytesIn,
  failing,
  manyBytes,
  pathsBelow,
  pieces,
  type StorageBackend,
  textAt,
  writeText,
} from "../testing/contracts/storage-backend.ts";
import { layLeftFiles } from "../testing/left-files.ts";
import { smallDisk } from "../testing/small-disk.ts";
import { openStorage } from "./open-storage.ts";

const all = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-file-"));
afterAll(() => fs.rmSync(all, { recursive: true, force: true }));

function newFolder(): string {
  return fs.mkdtempSync(path.join(all, "root-"));
}

const backend: StorageBackend = {
  name: "a folder",
  canWrite: true,
  takesSeveral: true,
  place: async () => {
    const folder = newFolder();
    return {
      definition: { type: "file", path: folder },
      noSuchPlace: { type: "file", path: `${folder}-not` },
      unreachable: null,
      refused: {},
      disappear: async () => fs.rmSync(folder, { recursive: true }),
      put: null,
    };
  },
};

storageContract(backend);

async function rootWith(): Promise<{ readonly root: string; readonly storage: Storage }> {
  const root = newFolder();
  return { root, storage: await openStorage({ type: "file", path: root }) };
}

describe("a folder as a storage", () => {
  it("makes folders that a group can write in where it shares the one above, whatever the umask", async () => {
    const { root, storage } = await rootWith();
    const before = process.umask(0o022);
    onTestFinished(() => void process.umask(before));
    await writeText(storage, "own/a", "x");
    fs.chmodSync(root, 0o2775);
    await writeText(storage, "shared/deep/a", "x");
    const modes = ["own", "shared", "shared/deep"].map(
      (name) => fs.statSync(path.join(root, name)).mode & 0o7777,
    );
    expect(modes).toEqual([0o755, 0o2775, 0o2775]);
  });

  it("follows links that stay inside, and refuses those that lead out", async () => {
    const { root, storage } = await rootWith();
    const outside = newFolder();
    fs.writeFileSync(path.join(outside, "secret"), "not yours");
    await writeText(storage, "real/file", "inside");
    fs.symlinkSync("real/file", path.join(root, "link"));
    expect(await textAt(storage, "link")).toBe("inside");
    expect(await pathsBelow(storage, "")).toEqual(["link", "real/file"]);
    fs.symlinkSync(outside, path.join(root, "out"));
    fs.symlinkSync(path.join(outside, "secret"), path.join(root, "out-file"));
    for (const name of ["out/secret", "out-file"]) {
      const error = await failing(storage.read(name).then(bytesIn), "bad_path");
      expect(error.message).toContain("points out of");
    }
    await failing(writeText(storage, "out/new", "x"), "bad_path");
    await failing(writeText(storage, "out/new/deeper/still", "x"), "bad_path");
    await failing(storage.delete("out/secret"), "bad_path");
    await failing(pathsBelow(storage, ""), "bad_path");
    expect(fs.readdirSync(outside)).toEqual(["secret"]);
  });

  it("refuses a link to nothing on the way of a new file, wherever it points", async () => {
    const { root, storage } = await rootWith();
    const outside = newFolder();
    fs.symlinkSync(path.join(outside, "later"), path.join(root, "way"));
    await failing(writeText(storage, "way/file", "x"), "bad_path");
    expect(fs.readdirSync(outside)).toEqual([]);
    expect(await pathsBelow(storage, "")).toEqual([]);
  });

  it("lets the owner write to the copy of a file that nobody may write", async () => {
    const { root, storage } = await rootWith();
    await writeText(storage, "tool", "#!/bin/sh");
    fs.chmodSync(path.join(root, "tool"), 0o555);
    await storage.copy("tool", "copy");
    expect(fs.statSync(path.join(root, "copy")).mode & 0o777).toBe(0o755);
  });

  it("follows no link with many files at once: each by itself says what is wrong with it", async () => {
    const { root, storage } = await rootWith();
    const outside = newFolder();
    fs.writeFileSync(path.join(outside, "secret"), "x");
    await writeText(storage, "tool", "#!/bin/sh");
    fs.chmodSync(path.join(root, "tool"), 0o555);
    for (const name of ["out", "out-file"])
      fs.symlinkSync(path.join(outside, name === "out" ? "" : "secret"), path.join(root, name));
    fs.symlinkSync(path.join(outside, "later"), path.join(root, "nothing"));
    const bytes = Buffer.from("new");
    const places = ["out/new", "out/new/deeper", "nothing/new", "good/new"];
    const written = await storage.writeTogether?.(places.map((at) => ({ path: at, bytes })));
    expect([...(written?.keys() ?? [])]).toEqual(["good/new"]);
    const { mtimeMs, size } = fs.statSync(path.join(outside, "secret"));
    const times = { sizeBytes: size, modifiedAt: Math.trunc(mtimeMs), version: null, sha256: null };
    const tool = await storage.stat("tool");
    const copied = await storage.copyTogether?.([
      { from: { path: "out/secret", ...times }, to: "one" },
      { from: { path: "out-file", ...times }, to: "two" },
      ...(tool === null ? [] : [{ from: tool, to: "three" }]),
    ]);
    expect([...(copied?.keys() ?? [])]).toEqual(["three"]);
    expect(fs.statSync(path.join(root, "three")).mode & 0o777).toBe(0o755);
    expect(fs.readdirSync(outside)).toEqual(["secret"]);
    expect(fs.readdirSync(root).sort()).toEqual([
      "good",
      "nothing",
      "out",
      "out-file",
      "three",
      "tool",
    ]);
  });

  it("leaves nothing of many files for which the disk has no room", async ({ skip }) => {
    const disk = smallDisk({ megabytes: 4, inodes: 100 });
    if (disk === null) return skip("a disk of its own needs root on Linux");
    onTestFinished(disk.remove);
    const storage = await openStorage({ type: "file", path: disk.folder });
    onTestFinished(() => storage.close());
    const many = Array.from({ length: 300 }, (_, index) => ({
      path: `d${index % 3}/${index}`,
      bytes: manyBytes(10_000),
    }));
    const done = await storage.writeTogether?.(many);
    expect(done?.size).toBeGreaterThan(10);
    expect(done?.size).toBeLessThan(100);
    const there = await pathsBelow(storage, "");
    expect([...there].sort()).toEqual([...(done?.keys() ?? [])].sort());
    const all = fs.readdirSync(disk.folder, { recursive: true, encoding: "utf8" });
    expect(all.filter((name) => name.includes(".stepwell-tmp-"))).toEqual([]);
  });

  it("names a link that leads in circles", async () => {
    const { root, storage } = await rootWith();
    fs.mkdirSync(path.join(root, "a"));
    fs.symlinkSync("..", path.join(root, "a", "up"));
    const error = await failing(pathsBelow(storage, ""), "bad_path");
    expect(error.message).toContain("a/up");
  });

  it("names a file whose name is no UTF-8", async () => {
    const { root, storage } = await rootWith();
    fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), "x");
    const error = await failing(pathsBelow(storage, ""), "bad_path");
    expect(error.message).toContain("café");
    expect(error.message).toContain("rename");
  });

  it("never lists what is unfinished, and lets nobody name it", async () => {
    const { root, storage } = await rootWith();
    const options = { sizeBytes: 10, sha256: null, partBytes: 5 };
    await storage.startUpload("folder/file", options);
    expect(fs.readdirSync(path.join(root, "folder"))).toHaveLength(2);
    expect(await pathsBelow(storage, "")).toEqual([]);
    const [name] = fs.readdirSync(path.join(root, "folder"));
    await failing(storage.stat(`folder/${name}`), "bad_path");
  });

  it("removes what killed writers left beside a new file, and nothing that may go on", async () => {
    const { root, storage } = await rootWith();
    const stays = layLeftFiles(root);
    await writeText(storage, "file", "whole");
    expect(fs.readdirSync(root).sort()).toEqual([...stays, "file"].sort());
  });

  it("leaves nothing beside a file that is written, uploaded, refused or given up", async () => {
    const { root, storage } = await rootWith();
    const body = manyBytes(10);
    const options = { sizeBytes: 10, sha256: null, partBytes: 5 };
    await writeText(storage, "file", body);
    await failing(writeText(storage, "file", body, { ifAbsent: true }), "exists");
    await failing(storage.write("file", pieces(body), { sizeBytes: 9, sha256: null }), "corrupt");
    await storage.copy("file", "copy");
    const upload = await storage.startUpload("uploaded", options);
    const parts = [
      await storage.uploadPart(upload, 2, body.subarray(5)),
      await storage.uploadPart(upload, 1, body.subarray(0, 5)),
    ];
    await storage.finishUpload(upload, parts);
    await storage.abandonUpload(await storage.startUpload("given-up", options));
    expect(fs.readdirSync(root).sort()).toEqual(["copy", "file", "uploaded"]);
  });

  it("believes a journal up to the line that a crash cut off", async () => {
    const { root, storage } = await rootWith();
    const upload = await storage.startUpload("file", { sizeBytes: 10, sha256: null, partBytes: 5 });
    const first = await storage.uploadPart(upload, 1, Buffer.from("01234"));
    const journal = fs.readdirSync(root).find((name) => name.endsWith("-parts")) ?? "";
    fs.appendFileSync(path.join(root, journal), '\n{"number":2,"siz');
    expect(await storage.uploadedParts(upload)).toEqual([first]);
    const second = await storage.uploadPart(upload, 2, Buffer.from("56789"));
    expect(await storage.uploadedParts(upload)).toEqual([first, second]);
    await storage.finishUpload(upload, [first, second]);
    expect(await textAt(storage, "file")).toBe("0123456789");
  });

  it("says that a file was changed in place while it was read", async () => {
    const { root, storage } = await rootWith();
    await writeText(storage, "file", manyBytes(2_000_000));
    const reading = (async () => {
      for await (const _ of await storage.read("file"))
        fs.appendFileSync(path.join(root, "file"), "more");
    })();
    await failing(reading, "changed");
  });

  it("says what stands in the way of a file: a file for a folder, a folder for a file", async () => {
    const { storage } = await rootWith();
    await writeText(storage, "file", "x");
    await writeText(storage, "folder/file", "x");
    await failing(writeText(storage, "file/below", "x"), "bad_path");
    await failing(writeText(storage, "folder", "x"), "bad_path");
    await failing(writeText(storage, "folder", "x", { ifAbsent: true }), "bad_path");
    expect(await pathsBelow(storage, "")).toEqual(["file", "folder/file"]);
  });

  it("says that the disk is full, and leaves nothing of the file behind", async ({ skip }) => {
    const disk = smallDisk({ megabytes: 4, inodes: 100 });
    if (disk === null) return skip("a disk of its own needs root on Linux");
    onTestFinished(disk.remove);
    const storage = await openStorage({ type: "file", path: disk.folder });
    await writeText(storage, "small", "x");
    const body = manyBytes(6_000_000);
    const error = await failing(writeText(storage, "big", body), "full");
    expect(error.message).toContain("big");
    const upload = await storage.startUpload("parts", {
      sizeBytes: body.byteLength,
      sha256: null,
      partBytes: body.byteLength,
    });
    await failing(storage.uploadPart(upload, 1, body), "full");
    await storage.abandonUpload(upload);
    expect(fs.readdirSync(disk.folder)).toEqual(["small"]);
  });

  it("refuses the id of an upload that could be a path", async () => {
    const { storage } = await rootWith();
    const upload = { path: "x", id: "../../etc", sizeBytes: 1, partBytes: 1, sha256: null };
    await failing(storage.uploadPart(upload, 1, Buffer.from("x")), "not_found");
    await failing(storage.abandonUpload(upload), "not_found");
  });
});
