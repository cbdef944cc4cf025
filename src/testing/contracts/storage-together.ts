// The theme "several files in one call" of the storage contract, for storages that have one: each file is as if it had been
// written or copied alone, and what cannot be done is left out.

import { expect, it } from "vitest";
import type { SmallCopy, SmallFile, Storage, StoredFile } from "../../ports/storage.ts";
import {
  failing,
  opened,
  openPlace,
  pathsBelow,
  type StorageBackend,
  textAt,
  writeText,
} from "./storage-backend.ts";

const files = (texts: Readonly<Record<string, string>>): SmallFile[] =>
  Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));

async function place(backend: StorageBackend) {
  const { storage, ...rest } = await openPlace(backend);
  if (storage.writeTogether === undefined || storage.copyTogether === undefined)
    throw new Error("it has no such call");
  return {
    ...rest,
    storage,
    write: storage.writeTogether.bind(storage),
    copy: storage.copyTogether.bind(storage),
  };
}

async function statOf(storage: Storage, path: string): Promise<StoredFile> {
  const file = await storage.stat(path);
  if (file === null) throw new Error(`${path} is not there`);
  return file;
}

export function storageTogether(backend: StorageBackend): void {
  it("writes many files into folders that are there and new ones, and says what each is", async () => {
    const at = await place(backend);
    await at.put("old/there", "before");
    const texts: Record<string, string> = {
      top: "1",
      "old/there": "after",
      "old/more": "",
      a: "2",
    };
    for (let index = 0; index < 300; index += 1) texts[`new/deep/${index}`] = `text ${index}`;
    for (const name of ["new/b", "new/deep/er/c", "x/1/y", "x/2/y", "x/y"]) texts[name] = name;
    const done = await at.write(files(texts));
    expect([...done.keys()].sort()).toEqual(Object.keys(texts).sort());
    expect(await pathsBelow(at.storage, "")).toHaveLength(Object.keys(texts).length);
    for (const [path, file] of done) {
      expect(file).toEqual(await at.storage.stat(path));
      expect(await textAt(at.storage, path)).toBe(texts[path]);
    }
  });

  it("leaves out what cannot be there, and does the rest", async () => {
    const at = await place(backend);
    await at.put("file", "x");
    await at.put("folder/file", "x");
    const wanted = { "../out": "1", "a//b": "2", "file/below": "3", folder: "4", good: "5" };
    expect([...(await at.write(files(wanted))).keys()]).toEqual(["good"]);
    expect(await pathsBelow(at.storage, "")).toEqual(["file", "folder/file", "good"]);
  });

  it("leaves what is there where it is told to, by whichever way it came", async () => {
    const at = await place(backend);
    await at.put("folder/taken", "before");
    const wanted = files({ "folder/taken": "after", "folder/free": "new", "fresh/one": "new" });
    const done = await at.write(wanted, { ifAbsent: true });
    expect([...done.keys()].sort()).toEqual(["folder/free", "fresh/one"]);
    expect(await textAt(at.storage, "folder/taken")).toBe("before");
    expect((await at.write(wanted, { ifAbsent: true })).size).toBe(0);
  });

  it("lets exactly one of several writers at once have a free name", async () => {
    const at = await place(backend);
    const all = await Promise.all(
      ["one", "two", "three", "four"].map(async (who) => {
        const texts = Object.fromEntries(Array.from("abcdefgh", (name) => [`new/${name}`, who]));
        return { who, done: await at.write(files(texts), { ifAbsent: true }) };
      }),
    );
    for (const name of "abcdefgh") {
      const winners = all.filter(({ done }) => done.has(`new/${name}`)).map(({ who }) => who);
      expect(winners).toEqual([await textAt(at.storage, `new/${name}`)]);
    }
    expect(await pathsBelow(at.storage, "")).toHaveLength(8);
  });

  it("copies many files, and leaves out those that are others by now or are gone", async () => {
    const at = await place(backend);
    const copies: SmallCopy[] = [];
    for (const name of ["from/a", "from/b", "from/c/d", "changed", "gone"]) {
      await at.put(name, `text of ${name}`);
      copies.push({ from: await statOf(at.storage, name), to: `to/${name}` });
    }
    await at.put("changed", "another text than it was before");
    await at.storage.delete("gone");
    const done = await at.copy(copies);
    expect([...done.keys()].sort()).toEqual(["to/from/a", "to/from/b", "to/from/c/d"]);
    for (const [path, file] of done) {
      expect(file).toEqual(await at.storage.stat(path));
      expect(await textAt(at.storage, path)).toBe(`text of ${path.slice(3)}`);
    }
  });

  it("does nothing when it is told to stop, or with nothing", async () => {
    const at = await place(backend);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(at.write(files({ a: "1" }), { signal })).rejects.toThrow("enough");
    expect((await at.write([])).size).toBe(0);
    expect(await pathsBelow(at.storage, "")).toEqual([]);
  });

  it("does nothing in a place that is gone, which the write of one file then names", async () => {
    const at = await place(backend);
    if (at.place.noSuchPlace === null) throw new Error("there is always a place that is gone");
    const storage = await opened(at.place.noSuchPlace);
    expect((await storage.writeTogether?.(files({ a: "1", "b/c": "2" })))?.size).toBe(0);
    await failing(writeText(storage, "a", "1"), "no_such_place");
  });
}
