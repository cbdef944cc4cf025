// The theme "names and lists" of the storage contract: every name that a file may have, and what a prefix means.

import { expect, it } from "vitest";
import type { Storage } from "../../ports/storage.ts";
import {
  failing,
  openPlace,
  pathsBelow,
  pieces,
  readAll,
  type StorageBackend,
  statLike,
  textAt,
} from "./storage-backend.ts";

const ODD_NAMES = [
  "with space/and  two.txt",
  "ünïcödé/日本語/🙂.txt",
  "#hash?query=1&other=2%20%2F+plus.txt",
  "quotes'\"`<>|*;:$(x).txt",
  "~tilde/-dash/.hidden",
  "a=b,c@d!e^f{g}[h].txt",
  "…/trailing. ./x",
  "line\nbreak\ttab",
  `${"long".repeat(50)}/${"n".repeat(255)}`,
  "%2e%2e/x",
  "UPPER/lower",
];

const BAD_PATHS = [
  "",
  "/absolute",
  "../up",
  "a/../../b",
  "a/..",
  "./a",
  "a//b",
  "a/",
  "nul\0byte",
  "half \ud800 a pair",
  "x".repeat(5000),
];

export function storageNames(backend: StorageBackend): void {
  it.for(ODD_NAMES.map(named))("keeps a file named %s", async ([, path], { skip }) => {
    skip(backend.unnameable?.test(path) === true, "the server of the test cannot have it");
    const { storage, put } = await openPlace(backend);
    await put(path, `this is ${path}`);
    await put(`${path}.other`.slice(-250), "x");
    expect(await textAt(storage, path)).toBe(`this is ${path}`);
    expect((await storage.stat(path))?.path).toBe(path);
    if (!storage.capabilities.canList) return;
    expect(await pathsBelow(storage, "")).toContain(path);
    expect(await pathsBelow(storage, path)).toEqual([path]);
  });

  it.each(BAD_PATHS.map(named))("refuses the path %s everywhere", async (_, path) => {
    const { storage } = await openPlace(backend);
    const options = { sizeBytes: 1, sha256: null };
    await failing(storage.stat(path), "bad_path");
    await failing(readAll(storage, path), "bad_path");
    if (!storage.capabilities.canWrite) return;
    await failing(storage.write(path, pieces("x"), options), "bad_path");
    await failing(storage.delete(path), "bad_path");
    if (path !== "") await failing(pathsBelow(storage, path), "bad_path");
    if (storage.capabilities.parts !== null)
      await failing(storage.startUpload(path, { ...options, partBytes: 1 }), "bad_path");
    if (storage.capabilities.copiesInPlace) await failing(storage.copy("x", path), "bad_path");
  });

  it("lists what is named by a prefix or lies below it, and no neighbours", async () => {
    const { storage, put } = await openPlace(backend);
    const paths = ["a/1", "a/b/2", "a.txt", "ab/3", "a b/4", "b/a/5"];
    for (const path of paths) await put(path, path);
    if (!storage.capabilities.canList) {
      await failing(pathsBelow(storage, "a"), "unsupported");
      return;
    }
    expect([...(await pathsBelow(storage, ""))].sort()).toEqual([...paths].sort());
    expect(await pathsBelow(storage, "a")).toEqual(["a/1", "a/b/2"]);
    expect(await pathsBelow(storage, "a/b")).toEqual(["a/b/2"]);
    expect(await pathsBelow(storage, "a.txt")).toEqual(["a.txt"]);
    expect(await pathsBelow(storage, "a/b/2")).toEqual(["a/b/2"]);
    expect(await pathsBelow(storage, "nothing")).toEqual([]);
  });

  it("lists 1,200 files page by page, each once, as stat describes them", async () => {
    const { storage, put } = await openPlace(backend);
    if (!storage.capabilities.canList) return;
    const paths = Array.from({ length: 1200 }, (_, at) => `many/${at % 3}/file ${at}.txt`);
    await inTurns(paths, (path) => put(path, path));
    const sizes = new Map<string, number>();
    for await (const file of storage.list("many")) {
      expect(sizes.has(file.path)).toBe(false);
      sizes.set(file.path, file.sizeBytes);
    }
    expect([...sizes.keys()].sort()).toEqual([...paths].sort());
    for (const [path, size] of sizes) expect(size).toBe(path.length);
    await sameAsStat(storage, "many/1/file 1.txt");
    expect(await firstOf(storage, "many")).toBeDefined();
  });
}

/** With what the test is called. */
function named(path: string): [string, string] {
  const shown = JSON.stringify(path);
  return [shown.length < 60 ? shown : `${shown.slice(0, 60)}…`, path];
}

async function sameAsStat(storage: Storage, path: string): Promise<void> {
  for await (const file of storage.list(path))
    expect({ ...file, sha256: null }).toEqual({ ...(await statLike(storage, file)), sha256: null });
}

/** The loop is left on the first page. */
async function firstOf(storage: Storage, prefix: string): Promise<string | undefined> {
  for await (const { path } of storage.list(prefix)) return path;
  return undefined;
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const drain = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, drain));
}
