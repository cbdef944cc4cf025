// The theme "writing" of the storage contract: whole files that are seen whole or not at all, copies, removal.

import { expect, it } from "vitest";
import type { Bytes } from "../../ports/storage.ts";
import {
  bytesIn,
  failing,
  idOf,
  manyBytes,
  opened,
  openPlace,
  pathsBelow,
  pieces,
  type StorageBackend,
  statLike,
  textAt,
  writeText,
} from "./storage-backend.ts";
import { killedWriter } from "./storage-killed-writer.ts";

export function storageWriting(backend: StorageBackend): void {
  it("writes a file and says what it now is", async () => {
    const { storage } = await openPlace(backend);
    const body = manyBytes(2_500_000);
    const written = await writeText(storage, "deep/er/file.bin", body);
    expect(written).toMatchObject({ path: "deep/er/file.bin", sizeBytes: 2_500_000 });
    expect(written).toEqual(await statLike(storage, written));
    expect((await bytesIn(await storage.read("deep/er/file.bin"))).equals(body)).toBe(true);
  });

  it("takes a body in odd pieces, empty ones too", async () => {
    const { storage } = await openPlace(backend);
    async function* odd(): Bytes & AsyncGenerator {
      yield Buffer.alloc(0);
      for (const word of ["a", "bc", "", "def", "g".repeat(70_000)]) yield Buffer.from(word);
    }
    await storage.write("odd", odd(), { sizeBytes: 70_006, sha256: null });
    expect(await textAt(storage, "odd")).toBe(`abcdef${"g".repeat(70_000)}`);
  });

  it("takes several files in one call where it is said to", async () => {
    const { storage } = await openPlace(backend);
    const takesSeveral = backend.takesSeveral === true;
    expect(storage.writeTogether !== undefined).toBe(takesSeveral);
    expect(storage.copyTogether !== undefined).toBe(takesSeveral);
  });

  it("writes an empty file", async () => {
    const { storage } = await openPlace(backend);
    const written = await writeText(storage, "none", "", { sha256: idOf("") });
    expect(written.sizeBytes).toBe(0);
    expect(await pathsBelow(storage, "")).toEqual(["none"]);
  });

  it("replaces a file, and its old checksum is not said of the new bytes", async () => {
    const { storage } = await openPlace(backend);
    await writeText(storage, "file", "one", { sha256: idOf("one") });
    const { sha256 } = (await storage.stat("file")) ?? {};
    expect([idOf("one"), null]).toContain(sha256);
    await writeText(storage, "file", "two!");
    expect(await textAt(storage, "file")).toBe("two!");
    expect([idOf("two!"), null]).toContain((await storage.stat("file"))?.sha256);
  });

  it("refuses bytes that are not those of the checksum, and nothing is seen of them", async () => {
    const { storage } = await openPlace(backend);
    await writeText(storage, "file", "old");
    await failing(writeText(storage, "file", "new", { sha256: idOf("other") }), "corrupt");
    const big = manyBytes(300_000);
    await failing(writeText(storage, "fresh", big, { sha256: idOf("other") }), "corrupt");
    expect(await textAt(storage, "file")).toBe("old");
    expect(await pathsBelow(storage, "")).toEqual(["file"]);
  });

  it.each([
    ["fewer", 100_001],
    ["more", 99_999],
  ])(
    "refuses a body of %s bytes than announced, and nothing is seen of it",
    async (_, sizeBytes) => {
      const { storage } = await openPlace(backend);
      await writeText(storage, "file", "old");
      const body = manyBytes(100_000);
      const write = (path: string) =>
        storage.write(path, pieces(body), { sizeBytes, sha256: null });
      const error = await failing(write("file"), "corrupt");
      expect(error.message).toContain(String(sizeBytes));
      await failing(write("fresh"), "corrupt");
      expect(await textAt(storage, "file")).toBe("old");
      expect(await pathsBelow(storage, "")).toEqual(["file"]);
    },
  );

  it("hands on the error of a body that breaks, and nothing is seen of it", async () => {
    const { storage } = await openPlace(backend);
    await writeText(storage, "file", "old");
    const broken = new Error("the source broke");
    async function* breaking(): Bytes & AsyncGenerator {
      yield manyBytes(200_000);
      throw broken;
    }
    const write = (path: string) =>
      storage.write(path, breaking(), { sizeBytes: 400_000, sha256: null });
    await expect(write("file")).rejects.toBe(broken);
    await expect(write("fresh")).rejects.toBe(broken);
    expect(await textAt(storage, "file")).toBe("old");
    expect(await pathsBelow(storage, "")).toEqual(["file"]);
  });

  it("shows what was there before until the last byte has come", async () => {
    const { storage } = await openPlace(backend);
    await writeText(storage, "file", "old");
    const seen: string[] = [];
    async function* slow(): Bytes & AsyncGenerator {
      yield manyBytes(200_000);
      seen.push(await textAt(storage, "file"), ...(await pathsBelow(storage, "")));
      yield manyBytes(200_000);
    }
    await storage.write("file", slow(), { sizeBytes: 400_000, sha256: null });
    expect(seen).toEqual(["old", "file"]);
    expect((await storage.stat("file"))?.sizeBytes).toBe(400_000);
  });

  it("shows nothing of what a killed writer wrote", async () => {
    const { storage, place } = await openPlace(backend);
    await writeText(storage, "file", "old");
    await killedWriter(place.definition, "file");
    await killedWriter(place.definition, "fresh");
    expect(await textAt(storage, "file")).toBe("old");
    expect(await pathsBelow(storage, "")).toEqual(["file"]);
    await writeText(storage, "fresh", "after all");
    expect(await textAt(storage, "fresh")).toBe("after all");
  });

  it("stops writing when it is told to, and nothing is seen of it", async () => {
    const { storage } = await openPlace(backend);
    const stop = new AbortController();
    async function* endless(): Bytes & AsyncGenerator {
      yield manyBytes(200_000);
      stop.abort(new Error("enough"));
      await new Promise(() => {});
    }
    const options = { sizeBytes: 400_000, sha256: null, signal: stop.signal };
    await expect(storage.write("fresh", endless(), options)).rejects.toThrow("enough");
    await expect(storage.write("fresh", pieces("x"), options)).rejects.toThrow("enough");
    expect(await pathsBelow(storage, "")).toEqual([]);
  });

  it("does not replace a file that must be absent", async () => {
    const { storage } = await openPlace(backend);
    await writeText(storage, "file", "first", { ifAbsent: true });
    const error = await failing(writeText(storage, "file", "second", { ifAbsent: true }), "exists");
    expect(error.message).toContain("file");
    expect(await textAt(storage, "file")).toBe("first");
  });

  it("lets one of two writers win a name that must be absent", async () => {
    const { storage, place } = await openPlace(backend);
    if (!storage.capabilities.ifAbsentIsAtomic) return;
    const other = await opened(place.definition);
    for (let round = 0; round < 5; round += 1) {
      const path = `race/${round}`;
      const ends = await Promise.allSettled(
        [storage, other, storage, other].map((one, at) =>
          writeText(one, path, manyBytes(50_000 + at, at), { ifAbsent: true }),
        ),
      );
      const won = ends.flatMap((end, at) => (end.status === "fulfilled" ? [at] : []));
      expect(won).toHaveLength(1);
      for (const end of ends)
        if (end.status === "rejected") await failing(Promise.reject(end.reason), "exists");
      const at = won[0] ?? 0;
      const bytes = await bytesIn(await storage.read(path));
      expect(bytes.equals(manyBytes(50_000 + at, at))).toBe(true);
    }
  });

  it("copies a file in place, or says that it cannot", async () => {
    const { storage } = await openPlace(backend);
    const body = manyBytes(400_000);
    await writeText(storage, "a b/from ü.bin", body, { sha256: idOf(body) });
    const copy = (options = {}) => storage.copy("a b/from ü.bin", "to/copy+1%.bin", options);
    if (!storage.capabilities.copiesInPlace) {
      await failing(copy(), "unsupported");
      return;
    }
    const copied = await copy();
    expect(copied).toEqual(await statLike(storage, copied));
    expect((await bytesIn(await storage.read("to/copy+1%.bin"))).equals(body)).toBe(true);
    expect([idOf(body), null]).toContain(copied.sha256);
    await failing(storage.copy("not there", "to/x"), "not_found");
    await failing(copy({ ifAbsent: true }), "exists");
    expect(await storage.stat("to/x")).toBeNull();
  });

  it("removes a file once, and does not mind a second time", async () => {
    const { storage } = await openPlace(backend);
    await writeText(storage, "folder/file", "x");
    await writeText(storage, "folder/other", "y");
    await storage.delete("folder/file");
    expect(await storage.stat("folder/file")).toBeNull();
    await storage.delete("folder/file");
    expect(await pathsBelow(storage, "")).toEqual(["folder/other"]);
  });
}
