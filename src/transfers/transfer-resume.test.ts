import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Storage } from "../ports/storage.ts";
import type { MemoryCall } from "../testing/memory-storage.ts";
import {
  expectSame,
  fill,
  large,
  MEBIBYTE,
  mover,
  PARTS,
  source,
  target,
} from "../testing/transfer-bench.ts";
import { openJournal } from "./transfer-journal.ts";

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "transfer-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
const move = mover(() => folder);

/** The process is gone: whatever it was about to do next does not happen. */
class Killed extends Error {}

/** Kills at the n-th call of the method, before or after its work. */
function killer(method: keyof Storage, at: number) {
  let count = 0;
  const kill = { armed: true };
  return {
    kill,
    hook: (call: MemoryCall): void => {
      if (call.method !== method || !kill.armed) return;
      count += 1;
      if (count >= at) throw new Killed();
    },
  };
}

describe("a transfer after the process before it was killed", () => {
  it("does not move again what arrived", async () => {
    const from = source({ hasVersions: false, keepsSha256: false });
    fill(from, 40);
    const { kill, hook } = killer("write", 20);
    const to = target({ hasVersions: false, keepsSha256: false, before: hook });
    await expect(move(from, to, { concurrency: 3 })).rejects.toThrow(Killed);
    const arrived = to.paths().length;
    expect(arrived).toBeGreaterThan(15);
    kill.armed = false;
    const [reads, writes] = [from.count("read"), to.count("write")];
    const outcome = await move(from, to, { concurrency: 3 });
    expectSame(from, to);
    expect(outcome).toMatchObject({ ok: true, value: { files: 40, skipped: arrived } });
    expect(from.count("read") - reads).toBe(40 - arrived);
    expect(to.count("write") - writes).toBe(40 - arrived);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it("moves again what was changed at either end since", async () => {
    const from = source({ keepsSha256: false });
    fill(from, 20);
    const { kill, hook } = killer("write", 12);
    const to = target({ before: hook, keepsSha256: false });
    await expect(move(from, to, { concurrency: 1 })).rejects.toThrow(Killed);
    kill.armed = false;
    from.put(to.paths()[0] as string, "new at the source");
    to.put(to.paths()[1] as string, "damaged there");
    await move(from, to);
    expectSame(from, to);
  });

  it("goes on with the parts of a large file, and reads none of those that arrived", async () => {
    const from = source({ keepsSha256: false });
    from.put("big", large(60 * MEBIBYTE));
    const { kill, hook } = killer("uploadPart", 5);
    const to = target({ parts: PARTS, before: hook });
    await expect(move(from, to, { concurrency: 1 })).rejects.toThrow(Killed);
    expect(to.paths()).toEqual([]);
    kill.armed = false;
    const [reads, parts] = [from.count("read"), to.count("uploadPart")];
    const outcome = await move(from, to);
    expectSame(from, to);
    expect(from.count("read") - reads).toBe(4);
    expect(to.count("uploadPart") - parts).toBe(4);
    expect(to.count("startUpload")).toBe(1);
    expect(to.uploads.size).toBe(0);
    expect(outcome).toMatchObject({ ok: true, value: { files: 1 } });
  });

  it("begins the large file anew when it changed, and gives the old parts back", async () => {
    const from = source();
    from.put("big", large(30 * MEBIBYTE));
    const { kill, hook } = killer("uploadPart", 3);
    const to = target({ parts: PARTS, before: hook });
    await expect(move(from, to)).rejects.toThrow(Killed);
    kill.armed = false;
    from.put("big", large(30 * MEBIBYTE).reverse());
    expect((await move(from, to)).ok).toBe(true);
    expectSame(from, to);
    expect(to.uploads.size).toBe(0);
    expect(to.count("abandonUpload")).toBe(1);
  });

  it("gives back what was begun of a file that is gone", async () => {
    const from = source();
    from.put("big", large(30 * MEBIBYTE));
    from.put("small", "1");
    const { kill, hook } = killer("uploadPart", 3);
    const to = target({ parts: PARTS, before: hook });
    await expect(move(from, to)).rejects.toThrow(Killed);
    kill.armed = false;
    await from.delete("big");
    expect((await move(from, to)).ok).toBe(true);
    expect(to.uploads.size).toBe(0);
    expect(to.paths()).toEqual(["small"]);
  });

  it("finds that the large file was finished when nobody lived to note it", async () => {
    const from = source({ keepsSha256: false });
    from.put("big", large(30 * MEBIBYTE));
    const { kill, hook } = killer("finishUpload", 1);
    const to = target({ parts: PARTS, after: hook });
    await expect(move(from, to)).rejects.toThrow(Killed);
    kill.armed = false;
    expect(to.paths()).toEqual(["big"]);
    const parts = to.count("uploadPart");
    for (const mode of ["merge_with_overwrite"] as const)
      expect(await move(from, to, { mode })).toMatchObject({ ok: true, value: { files: 1 } });
    expect(to.count("uploadPart")).toBe(parts);
    expectSame(from, to);
  });

  it("takes files that it wrote itself for no conflict, and others for one", async () => {
    const from = source({ keepsSha256: false });
    fill(from, 20);
    const { kill, hook } = killer("write", 10);
    const to = target({ after: hook, keepsSha256: false });
    const mode = "fail_if_conflict";
    await expect(move(from, to, { mode })).rejects.toThrow(Killed);
    kill.armed = false;
    const missing = from.paths().find((name) => to.bytesAt(name) === null);
    expect((await move(from, to, { mode })).ok).toBe(true);
    expectSame(from, to);
    expect(missing).toBeDefined();
    expect(await move(from, to, { mode })).toMatchObject({
      ok: false,
      failure: { code: "conflict" },
    });
  });

  it("does not write over what somebody put there meanwhile", async () => {
    const from = source();
    fill(from, 20);
    const { kill, hook } = killer("write", 5);
    const to = target({ before: hook });
    const mode = "fail_if_conflict";
    await expect(move(from, to, { mode, concurrency: 1 })).rejects.toThrow(Killed);
    kill.armed = false;
    const missing = from.paths().find((name) => to.bytesAt(name) === null) as string;
    to.put(missing, "theirs");
    const outcome = await move(from, to, { mode });
    expect(outcome).toMatchObject({ ok: false, failure: { code: "conflict" } });
    expect(to.bytesAt(missing)?.toString()).toBe("theirs");
  });
});

describe("the journal of a transfer", () => {
  it("is read past a line that was torn off, and written behind it", async () => {
    const file = path.join(folder, "j");
    const one = await openJournal(file);
    await one.begins();
    await one.close();
    fs.appendFileSync(file, '{"kind":"arrived","pa');
    const two = await openJournal(file);
    expect(two.goesOn).toBe(true);
    const of = { sizeBytes: 1, modifiedAt: 5, version: null, sha256: null };
    const [from, to] = [
      { path: "a", ...of },
      { path: "b/a", ...of },
    ];
    two.arrived({ path: "a", sizeBytes: 1, sha256: null }, from, to);
    await two.close();
    const three = await openJournal(file);
    expect(three.hasArrived(from, to)).toBe(true);
    expect(three.hasArrived({ ...from, modifiedAt: 6 }, to)).toBe(false);
    expect(three.hasArrived(from, { ...to, sizeBytes: 2 })).toBe(false);
    await three.close();
  });
});
