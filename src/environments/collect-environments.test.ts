import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { holdLock } from "./build-lock.ts";
import { collectEnvironments } from "./collect-environments.ts";

const DAY_MS = 24 * 3600 * 1000;

let cache: string;
let root: string;
beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-collect-"));
  root = path.join(cache, "environments");
  fs.mkdirSync(root);
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(cache, { recursive: true, force: true });
});

/** A read-only environment last used so many days ago; without a label it was never completed. */
function environment(key: string, days: number, label: string | null): void {
  const folder = path.join(root, `${key}-01`);
  const used = new Date(Date.now() - days * DAY_MS);
  fs.mkdirSync(path.join(folder, "lib"), { recursive: true });
  fs.writeFileSync(path.join(folder, "lib", "a.py"), "12345");
  for (const each of ["lib/a.py", "lib"]) fs.chmodSync(path.join(folder, each), 0o555);
  fs.utimesSync(folder, used, used);
  if (label === null) return;
  const file = path.join(root, `${key}.complete`);
  fs.writeFileSync(file, JSON.stringify({ format: 1, folder: `${key}-01`, label }));
  fs.utimesSync(file, used, used);
}

const options = { unusedForMs: 30 * DAY_MS, dryRun: false };

describe("collectEnvironments", () => {
  it("removes what was not used for long, and half-made ones, and nothing else", async () => {
    environment("aa", 40, "old");
    environment("bb", 1, "new");
    environment("cc", 31, null);
    environment("dd", 1, null);
    const collected = await collectEnvironments(cache, { ...options, now: Date.now() });
    expect(collected.map(({ label, sizeBytes }) => [label, sizeBytes])).toEqual([
      ["old", 5],
      [null, 5],
    ]);
    expect(fs.readdirSync(root).sort()).toEqual(["bb-01", "bb.complete", "dd-01"]);
  });

  it("only says what it would remove in a dry run", async () => {
    environment("aa", 40, "old");
    const dry = { ...options, now: Date.now(), dryRun: true };
    expect(await collectEnvironments(cache, dry)).toHaveLength(1);
    expect(fs.readdirSync(root)).toHaveLength(2);
  });

  it("leaves what somebody begins to use while it waits for its lock", async () => {
    environment("aa", 40, "old");
    const lock = await holdLock(path.join(root, "aa.lock"), () => undefined);
    const collecting = collectEnvironments(cache, { ...options, now: Date.now() });
    fs.utimesSync(path.join(root, "aa.complete"), new Date(), new Date());
    lock.release();
    expect(await collecting).toEqual([]);
    expect(fs.readdirSync(root).sort()).toEqual(["aa-01", "aa.complete"]);
  });

  it("counts what is left of one that somebody else removes meanwhile", async () => {
    environment("aa", 40, "old");
    const lib = path.join(root, "aa-01", "lib");
    const lstat = fs.lstatSync;
    vi.spyOn(fs, "lstatSync").mockImplementation(((...[file, ...rest]: [string]) => {
      const stats = lstat(file, ...rest);
      if (file === lib) fs.renameSync(lib, path.join(cache, "gone"));
      return stats;
    }) as typeof fs.lstatSync);
    const dry = { ...options, now: Date.now(), dryRun: true };
    expect(await collectEnvironments(cache, dry)).toMatchObject([{ sizeBytes: 0 }]);
  });

  it("finds nothing in a cache that was never used", async () => {
    expect(await collectEnvironments(path.join(cache, "none"), { ...options, now: 0 })).toEqual([]);
  });
});
