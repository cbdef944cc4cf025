// The theme "reading" of the storage contract: what is said of a file, whole and ranged reads, versions.

import { expect, it } from "vitest";
import {
  bytesIn,
  failing,
  manyBytes,
  openPlace,
  readAll,
  type StorageBackend,
  textAt,
} from "./storage-backend.ts";

export function storageReading(backend: StorageBackend): void {
  it("says size and time of a file, and null of one that is not there", async () => {
    const { storage, put } = await openPlace(backend);
    await put("folder/one.txt", "hello");
    const file = await storage.stat("folder/one.txt");
    expect(file).toMatchObject({ path: "folder/one.txt", sizeBytes: 5 });
    if (file?.modifiedAt !== null)
      expect(Math.abs(Date.now() - (file?.modifiedAt ?? 0))).toBeLessThan(3_600_000);
    expect(await storage.stat("folder/two.txt")).toBeNull();
    expect(await storage.stat("folder/one.txt/more")).toBeNull();
  });

  it("takes no folder for a file", async () => {
    const { storage, put } = await openPlace(backend);
    await put("folder/one.txt", "hello");
    expect(await storage.stat("folder")).toBeNull();
    await failing(readAll(storage, "folder"), "not_found");
  });

  it("reads a whole file, an empty one too", async () => {
    const { storage, put } = await openPlace(backend);
    const body = manyBytes(3_000_001);
    await put("many", body);
    await put("none", "");
    expect((await bytesIn(await storage.read("many"))).equals(body)).toBe(true);
    expect(await textAt(storage, "none")).toBe("");
    expect((await storage.stat("none"))?.sizeBytes).toBe(0);
  });

  it.each([
    [{ offset: 0, length: 3 }, "012"],
    [{ offset: 4, length: 3 }, "456"],
    [{ offset: 7 }, "789"],
    [{ length: 2 }, "01"],
    [{ offset: 8, length: 50 }, "89"],
    [{ offset: 10, length: 5 }, ""],
    [{ offset: 99 }, ""],
    [{ offset: 3, length: 0 }, ""],
  ])("reads the range %j of ten bytes", async (range, expected) => {
    const { storage, put } = await openPlace(backend);
    await put("digits", "0123456789");
    expect((await bytesIn(await storage.read("digits", range))).toString()).toBe(expected);
  });

  it.each([
    [{}, 10, "0123456789"],
    [{ offset: 4 }, 3, "456"],
    [{ offset: 8 }, 50, "89"],
    [{ offset: 10 }, 5, ""],
    [{ offset: 3 }, 0, ""],
  ])("reads from %j into a place of %i bytes, where it can", async (range, length, expected) => {
    const { storage, put } = await openPlace(backend);
    if (storage.readInto === undefined) return;
    await put("digits", "0123456789");
    const into = Buffer.alloc(length + 1, "-").subarray(0, length);
    const count = await storage.readInto("digits", into, range);
    expect(into.toString()).toBe(expected.padEnd(length, "-"));
    expect(count).toBe(expected.length);
  });

  it("reads many bytes into a place of their own, where it can, and fails as every read does", async () => {
    const { storage, put } = await openPlace(backend);
    const { readInto } = storage;
    if (readInto === undefined) return;
    const body = manyBytes(3_000_001);
    await put("many", body);
    const into = Buffer.alloc(body.byteLength);
    for (let at = 0; at < into.byteLength; ) {
      const count = await storage.readInto?.("many", into.subarray(at), { offset: at });
      at += count ?? 0;
      expect(count).toBeGreaterThan(0);
    }
    expect(into.equals(body)).toBe(true);
    await failing(readInto.call(storage, "none", into), "not_found");
    await failing(readInto.call(storage, "../many", into), "bad_path");
    const stopped = readInto.call(storage, "many", into, { signal: AbortSignal.abort("enough") });
    await expect(stopped).rejects.toBe("enough");
    if (!storage.capabilities.hasVersions) return;
    const version = (await storage.stat("many"))?.version ?? null;
    await put("many", "others");
    await failing(readInto.call(storage, "many", into, { version }), "changed");
  });

  it("reads a range of an empty file as nothing", async () => {
    const { storage, put } = await openPlace(backend);
    await put("none", "");
    expect(await bytesIn(await storage.read("none", { offset: 0, length: 10 }))).toHaveLength(0);
  });

  it("fails to read what is not there", async () => {
    const { storage, put } = await openPlace(backend);
    await put("here", "x");
    const error = await failing(readAll(storage, "gone/file.txt"), "not_found");
    expect(error.message).toContain("gone/file.txt");
    expect(error.message).toContain(storage.address);
    expect(error.mayPass).toBe(false);
  });

  it("has another version after each change, where it has versions", async () => {
    const { storage, put } = await openPlace(backend);
    await put("file", "one");
    const before = await storage.stat("file");
    await put("file", "two");
    const after = await storage.stat("file");
    if (!storage.capabilities.hasVersions) return;
    expect(before?.version).toEqual(expect.any(String));
    expect(after?.version).toEqual(expect.any(String));
    expect(after?.version).not.toBe(before?.version);
  });

  it("reads a version while it is that version, and fails when it is another", async () => {
    const { storage, put } = await openPlace(backend);
    await put("file", "one and more");
    const version = (await storage.stat("file"))?.version ?? null;
    const read = await storage.read("file", { version, offset: 4, length: 3 });
    expect((await bytesIn(read)).toString()).toBe("and");
    await put("file", "two and more");
    if (version === null) return;
    const error = await failing(readAll(storage, "file", version), "changed");
    expect(error.message).toContain("file");
    await failing(storage.read("file", { version, offset: 4, length: 3 }).then(bytesIn), "changed");
  });

  it("gives the bytes of one file or an error when the file is replaced while it is read", async () => {
    const { storage, put } = await openPlace(backend);
    const [old, young] = [manyBytes(8_000_000, 1), manyBytes(8_000_000, 2)];
    await put("file", old);
    const version = (await storage.stat("file"))?.version ?? null;
    const read = await storage.read("file", { version });
    const got: Uint8Array[] = [];
    try {
      for await (const piece of read) {
        if (got.length === 0) await put("file", young);
        got.push(piece);
      }
      expect(Buffer.concat(got).equals(old)).toBe(true);
    } catch (error) {
      await failing(Promise.reject(error), ["changed", "unreachable", "not_found"]);
    }
  });

  it("ends the transfer when the loop is left, and goes on with the next", async () => {
    const { storage, put } = await openPlace(backend);
    await put("many", manyBytes(4_000_000));
    for (let time = 0; time < 20; time += 1)
      for await (const piece of await storage.read("many")) {
        expect(piece.byteLength).toBeGreaterThan(0);
        break;
      }
    expect((await storage.stat("many"))?.sizeBytes).toBe(4_000_000);
  });

  it("stops reading when it is told to, and says why", async () => {
    const { storage, put } = await openPlace(backend);
    await put("many", manyBytes(8_000_000));
    const stop = new AbortController();
    const read = await storage.read("many", { signal: stop.signal });
    const reading = (async () => {
      for await (const _ of read) stop.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
    await expect(storage.read("many", { signal: stop.signal })).rejects.toThrow("enough");
  });
}
