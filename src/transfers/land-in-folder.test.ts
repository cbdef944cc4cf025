import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStorage } from "../datastores/open-storage.ts";
import { StorageError } from "../ports/storage.ts";
import { fakePorts, fill, source } from "../testing/transfer-bench.ts";
import { landInFolder } from "./land-in-folder.ts";

let root = "";
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "landing-"));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const land = (from: Parameters<typeof landInFolder>[0]["from"]["storage"]) =>
  landInFolder({
    from: { storage: from, path: "" },
    folder: path.join(root, "out"),
    openFolder: (folder) => openStorage({ type: "file", path: folder }),
    unfinished: ".stepwell-tmp-",
    concurrency: 2,
    ports: fakePorts(),
  });

describe("a transfer into a folder of this machine", () => {
  it("shows the folder when all of it is there, and leaves nothing beside it", async () => {
    const from = source();
    fill(from, 20);
    fs.mkdirSync(path.join(root, "out"));
    expect(await land(from)).toMatchObject({ ok: true, value: { files: 20 } });
    expect(fs.readdirSync(root)).toEqual(["out"]);
    expect(fs.readFileSync(path.join(root, "out/d3/file-3.txt"), "utf8")).toBe("content of 3");
  });

  it("shows nothing when it fails, and goes on from there the next time", async () => {
    let broken = true;
    const from = source({
      before: ({ method, path: at }) => {
        if (method === "read" && broken && at === "d6/file-13.txt")
          throw new StorageError("denied", "memory://source: you may not read that");
      },
    });
    fill(from, 20);
    expect(await land(from)).toMatchObject({ ok: false, failure: { code: "denied" } });
    expect(fs.existsSync(path.join(root, "out"))).toBe(false);
    broken = false;
    const files = path.join(root, ".out.stepwell-partial/files");
    fs.writeFileSync(path.join(files, "d3/.stepwell-tmp-x"), "half");
    fs.mkdirSync(path.join(files, ".stepwell-tmp-y/sub"), { recursive: true });
    fs.writeFileSync(path.join(files, ".stepwell-tmp-y/sub/z"), "half");
    const before = from.count("read");
    expect((await land(from)).ok).toBe(true);
    expect(from.count("read") - before).toBeLessThan(20);
    expect(fs.readdirSync(root)).toEqual(["out"]);
    const landed = fs.readdirSync(path.join(root, "out"), { recursive: true, encoding: "utf8" });
    expect(landed.filter((name) => name.includes(".stepwell-tmp-"))).toEqual([]);
  });

  it("refuses a folder that holds something", async () => {
    const from = source();
    fill(from, 2);
    fs.mkdirSync(path.join(root, "out"));
    fs.writeFileSync(path.join(root, "out", "mine"), "");
    expect(await land(from)).toMatchObject({ ok: false, failure: { code: "conflict" } });
    expect(fs.readdirSync(path.join(root, "out"))).toEqual(["mine"]);
  });

  it("moves nothing when a name is too long for a folder", async () => {
    const from = source();
    fill(from, 2);
    from.put("x".repeat(300), "1");
    const outcome = await land(from);
    expect(outcome).toMatchObject({ ok: false, failure: { code: "bad_path" } });
    expect(fs.existsSync(path.join(root, "out"))).toBe(false);
    expect(from.count("read")).toBe(0);
  });
});
