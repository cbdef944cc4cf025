import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Checkpoints, CheckpointUse, ReadInPlace } from "../ports/checkpoints.ts";
import { checkpointFolders } from "./checkpoint-folders.ts";

let root: string;
let checkpoints: Checkpoints;
/** Attempts that have not ended. */
let going: Set<string>;

beforeEach(() => {
  root = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell checkpoints ü-")), "here");
  checkpoints = checkpointFolders(root);
  going = new Set();
});

afterEach(() => fs.rmSync(path.dirname(root), { recursive: true, force: true }));

const use = (attemptId: string, run = attemptId): CheckpointUse => ({
  fingerprint: "sha256:ab",
  attemptId,
  run,
  step: "train",
  goesOn: (id) => going.has(id),
});

const CONTENT = { id: "sha256:cd", kind: "file", seal: "1", sizeBytes: 1, files: 1 } as const;
const READS = { data: { path: "/home/me/data.csv", content: CONTENT } } as unknown as ReadInPlace;

const open = (attemptId: string, run?: string, empty = false) => {
  const opened = checkpoints.open(use(attemptId, run), empty, READS);
  going.add(attemptId);
  const file = path.join(opened.folder, "epoch");
  return {
    ...opened,
    file,
    save: (text: string) => fs.writeFileSync(file, text),
    found: () => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null),
  };
};

const kept = (): readonly string[] =>
  fs.readdirSync(root).filter((name) => !name.startsWith(".gone-"));

describe("checkpoint folders", () => {
  it("give an attempt what an earlier one of the fingerprint saved, and tell when", () => {
    const first = open("a1");
    expect(first.writtenAt).toBeNull();
    first.save("3");
    fs.mkdirSync(path.join(first.folder, "deep"));
    fs.writeFileSync(path.join(first.folder, "deep/weights"), "1");
    fs.utimesSync(first.file, 1000, 1000);
    fs.utimesSync(path.join(first.folder, "deep/weights"), 2000, 2000);
    going.delete("a1");
    const second = open("a2");
    expect([second.found(), second.writtenAt]).toEqual(["3", 2_000_000]);
    expect(second.folder).toBe(first.folder);
  });

  it("are never had by two attempts that go on at once, and each keeps its own", () => {
    const first = open("a1");
    first.save("3");
    const other = open("b1");
    expect(other.folder).not.toBe(first.folder);
    other.save("1");
    going.delete("b1");
    expect(open("b2", "b1").found()).toBe("1");
    going.delete("b2");
    going.delete("a1");
    // The other run goes on with its own, although the first is free again.
    expect(open("b3", "b1").found()).toBe("1");
    expect(open("a2", "a1").found()).toBe("3");
  });

  it("are emptied where that is asked for, and nothing of anybody else's is", () => {
    const first = open("a1");
    first.save("3");
    const forced = open("f1", "f", true);
    expect(forced.found()).toBeNull();
    expect(first.found()).toBe("3");
    going.clear();
    expect(open("g1", "g", true).found()).toBeNull();
    expect(first.found()).toBeNull();
  });

  it("go when the step has its result, those of ended attempts too", () => {
    open("a1").save("3");
    open("b1").save("1");
    checkpoints.close(use("b1"), false);
    expect(kept()).toHaveLength(2);
    going.delete("a1");
    open("b1").save("1");
    checkpoints.close(use("b1"), false);
    expect(kept()).toEqual([]);
    // Nothing was ever saved.
    checkpoints.close(use("c1"), false);
  });

  it("tell what their last attempt read in place, until somebody vouches for it", () => {
    expect(checkpoints.unvouched(use("a1"))).toBeNull();
    open("a1");
    open("b1");
    expect(checkpoints.unvouched(use("a1"))).toEqual({ attemptId: "a1", reads: READS });
    expect(checkpoints.unvouched(use("b2", "b1"))).toEqual({ attemptId: "b1", reads: READS });
    going.clear();
    // Another attempt has it.
    checkpoints.vouch(use("a0"));
    expect(checkpoints.unvouched(use("a2"))).toEqual({ attemptId: "a1", reads: READS });
    checkpoints.vouch(use("a1"));
    expect(checkpoints.unvouched(use("a2"))).toBeNull();
    open("a2");
    going.clear();
    expect(checkpoints.unvouched(use("a3"))).toMatchObject({ attemptId: "a2" });
    checkpoints.close(use("a2"), true);
    expect(checkpoints.unvouched(use("a3"))).toBeNull();
  });

  it("stay where they are to be kept, as the fingerprint's", () => {
    open("a1").save("3");
    open("b1").save("9");
    checkpoints.close(use("b1"), true);
    going.delete("b1");
    going.delete("a1");
    open("b2", "b1");
    checkpoints.close(use("b2", "b1"), true);
    going.clear();
    const next = open("c1");
    expect(next.found()).toBe("9");
    checkpoints.close(use("c1"), true);
    expect(next.found()).toBe("9");
  });
});
