import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  expectSame,
  fakePorts,
  fill,
  large,
  MEBIBYTE,
  mover,
  PARTS,
  source,
  target,
} from "../testing/transfer-bench.ts";

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "transfer-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
const move = mover(() => folder);

describe("a transfer", () => {
  it("moves a folder, says what it was, and leaves no journal", async () => {
    const [from, to] = [source(), target()];
    fill(from, 50);
    const outcome = await move(from, to, { wantManifest: true });
    expectSame(from, to);
    expect(outcome).toMatchObject({ ok: true, value: { files: 50, skipped: 0 } });
    const manifest = outcome.ok ? outcome.value.manifest : null;
    expect(manifest?.entries.map((entry) => entry.path)).toEqual(from.paths());
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it("moves one file to another name and gives its sha256", async () => {
    const [from, to] = [source(), target()];
    const { sha256 } = from.put("a/b.csv", "x,y\n1,2\n");
    const outcome = await move(from, to, {
      from: { storage: from, path: "a/b.csv" },
      to: { storage: to, path: "c/d.csv" },
      kind: "file",
    });
    expect(outcome).toMatchObject({ ok: true, value: { files: 1, bytes: 8, sha256 } });
    expect(to.bytesAt("c/d.csv")?.toString()).toBe("x,y\n1,2\n");
  });

  it("moves what lies below a folder to below another, and nothing beside it", async () => {
    const [from, to] = [source(), target()];
    for (const name of ["a/x", "a/b/y", "ab", "a-b/z"]) from.put(name, name);
    await move(from, to, {
      from: { storage: from, path: "a" },
      to: { storage: to, path: "out/here" },
    });
    expect(to.paths()).toEqual(["out/here/b/y", "out/here/x"]);
  });

  it("moves a large file in parts, several at once", async () => {
    const [from, to] = [source(), target({ parts: PARTS })];
    from.put("big", large(50 * MEBIBYTE + 17));
    const outcome = await move(from, to);
    expectSame(from, to);
    expect(to.count("uploadPart")).toBe(7);
    expect(outcome.ok).toBe(true);
  });

  it("streams a large file where the target takes no parts", async () => {
    const [from, to] = [source(), target()];
    from.put("big", large(20 * MEBIBYTE));
    await move(from, to);
    expectSame(from, to);
    expect(to.count("write")).toBe(1);
  });

  it("moves empty files, and an empty root", async () => {
    const [from, to] = [source(), target({ parts: PARTS })];
    expect(await move(from, to)).toMatchObject({ ok: true, value: { files: 0 } });
    from.put("empty", "");
    await move(from, to);
    expectSame(from, to);
  });

  it("copies in place within one storage", async () => {
    const both = source({ copiesInPlace: true });
    fill(both, 10);
    const outcome = await move(both, both, {
      from: { storage: both, path: "d1" },
      to: { storage: both, path: "copy" },
    });
    expect(outcome.ok).toBe(true);
    expect(both.count("read")).toBe(0);
    expect(both.paths().filter((name) => name.startsWith("copy/"))).toEqual([
      "copy/file-1.txt",
      "copy/file-8.txt",
    ]);
  });

  it("refuses to move a folder into itself", async () => {
    const both = source({ copiesInPlace: true });
    fill(both, 3);
    const outcome = await move(both, both, { to: { storage: both, path: "inner" } });
    expect(outcome).toMatchObject({ ok: false, failure: { code: "bad_path" } });
    expect(both.paths().length).toBe(3);
  });

  it("does not move what is there with the same bytes, where both sides know", async () => {
    const [from, to] = [source(), target()];
    fill(from, 10);
    await move(from, to);
    from.put("d1/file-1.txt", "changed");
    const outcome = await move(from, to);
    expect(outcome).toMatchObject({ ok: true, value: { files: 10, skipped: 9 } });
    expectSame(from, to);
  });

  it.each([true, false])(
    "sees all conflicts before it moves anything (sorted: %s)",
    async (sorted) => {
      const [from, to] = [source({ sorted }), target({ sorted })];
      fill(from, 20);
      for (const name of ["d3/file-3.txt", "d6/file-6.txt", "zz", "0"]) to.put(name, "theirs");
      const outcome = await move(from, to, { mode: "fail_if_conflict" });
      const failure = outcome.ok ? null : outcome.failure;
      expect(failure?.code).toBe("conflict");
      expect(failure?.message).toContain("nothing was moved");
      for (const name of ["d3/file-3.txt", "d6/file-6.txt", "are there already"])
        expect(failure?.message).toContain(name);
      expect(to.count("write")).toBe(0);
    },
  );

  it("looks each file up where the target cannot list", async () => {
    const [from, to] = [source(), target({ canList: false })];
    fill(from, 40);
    to.put("d3/file-3.txt", "theirs");
    const outcome = await move(from, to, { mode: "fail_if_conflict" });
    expect(outcome).toMatchObject({ ok: false, failure: { code: "conflict" } });
    expect(to.count("stat")).toBe(40);
  });

  it("does not write over what came between the look and the write", async () => {
    const from = source();
    fill(from, 3);
    const to = target({
      before: ({ method, path: at }) => {
        if (method === "write" && to.bytesAt(at) === null) to.put(at, "theirs");
      },
    });
    const outcome = await move(from, to, { mode: "fail_if_conflict" });
    expect(outcome).toMatchObject({ ok: false, failure: { code: "conflict" } });
    for (const name of to.paths()) expect(to.bytesAt(name)?.toString()).toBe("theirs");
  });

  it.each(["../escape", "/absolute", "a/../../b", "nul\0", "bad\ufffdname"])(
    "moves nothing when a name is %j",
    async (name) => {
      const [from, to] = [source(), target()];
      fill(from, 5);
      from.put(name, "hostile");
      const outcome = await move(from, to);
      expect(outcome).toMatchObject({ ok: false, failure: { code: "bad_path" } });
      expect(to.paths()).toEqual([]);
    },
  );

  it("moves nothing when two names are one at the target", async () => {
    const [from, to] = [source(), target()];
    from.put("Data.csv", "1");
    from.put("data.csv", "2");
    const names = { ignoresCase: true, maxPartBytes: null, maxPathBytes: null };
    const outcome = await move(from, to, { to: { storage: to, path: "", names } });
    expect(outcome).toMatchObject({ ok: false, failure: { code: "case_clash" } });
    expect(to.paths()).toEqual([]);
    expect((await move(from, to)).ok).toBe(true);
  });

  it("says that there is no such file or folder", async () => {
    const [from, to] = [source(), target()];
    from.put("a", "1");
    for (const kind of ["file", "folder"] as const) {
      const outcome = await move(from, to, { kind, from: { storage: from, path: "b" } });
      expect(outcome).toMatchObject({ ok: false, failure: { code: "not_found" } });
    }
  });

  it("says how far it is, and ends with all of it", async () => {
    const [from, to] = [source(), target()];
    fill(from, 30);
    const reports: { files: number; bytes: number; totalFiles: number | null }[] = [];
    const outcome = await move(from, to, { onProgress: (report) => reports.push(report) });
    const bytes = outcome.ok ? outcome.value.bytes : -1;
    expect(reports[0]).toMatchObject({ files: 0, totalFiles: 30, totalBytes: bytes });
    expect(reports.at(-1)).toMatchObject({ files: 30, bytes, totalFiles: 30 });
  });

  it("keeps to a limit of bytes a second", async () => {
    const [from, to] = [source(), target()];
    from.put("f", large(5 * MEBIBYTE));
    const ports = fakePorts();
    await move(from, to, { ports, bandwidthBytesPerSecond: MEBIBYTE });
    // One second's worth goes at once.
    expect(ports.clock.monotonic()).toBeGreaterThanOrEqual(4000);
    expect(ports.clock.monotonic()).toBeLessThan(4100);
  });

  it("keeps no more under way than was asked for", async () => {
    const from = source();
    fill(from, 60);
    let open = 0;
    let most = 0;
    const to = target({
      before: async ({ method }) => {
        if (method !== "write") return;
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
      },
    });
    await move(from, to, { concurrency: 4 });
    expect(most).toBe(4);
  });

  it("is cancelled without a rest at the target but what arrived whole", async () => {
    const from = source();
    fill(from, 50);
    const stop = new AbortController();
    const to = target({
      before: ({ method }) => {
        if (method === "write") countdown();
      },
    });
    let left = 10;
    const countdown = (): void => {
      left -= 1;
      if (left === 0) stop.abort();
    };
    const outcome = await move(from, to, { signal: stop.signal, concurrency: 2 });
    expect(outcome).toMatchObject({ ok: false, failure: { code: "cancelled" } });
    expect(to.paths().length).toBeLessThan(50);
    const again = await move(from, to);
    expect(again.ok).toBe(true);
    expectSame(from, to);
  });
});
