import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ContentId } from "../core/content.ts";
import { shareBytes } from "./shared-bytes.ts";
import { listFile } from "./walk.ts";

const BYTES = Buffer.alloc(200_000, "x");
const HEX = createHash("sha256").update(BYTES).digest("hex");
const ID = `sha256:${HEX}` as ContentId;

let store: string;
beforeEach(() => {
  store = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-shared-"));
});
afterEach(() => fs.rmSync(store, { recursive: true }));

/** A file as a step has just made it, given the bytes of the store. */
function capture(name: string): string {
  const file = path.join(store, name);
  fs.writeFileSync(file, BYTES);
  shareBytes(file, listFile(name, fs.statSync(file)), ID, store);
  return file;
}

const shared = (): string => path.join(store, ".shared", HEX.slice(0, 2), HEX);

/** Zeros instead of the bytes, and all that is known of the file fits: what a power cut may leave. */
function loseBytes(boot: string | null): void {
  fs.writeFileSync(shared(), Buffer.alloc(BYTES.length));
  const note = JSON.parse(fs.readFileSync(`${shared()}.note`, "utf8"));
  const { dev, ino, size, mtimeMs, ctimeMs } = fs.statSync(shared());
  const known = { stamp: `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`, boot: boot ?? note.boot };
  fs.writeFileSync(`${shared()}.note`, JSON.stringify(known));
}

it("gives no output the bytes that a power cut has taken from an earlier one", () => {
  capture("lost");
  loseBytes("before");
  const made = capture("made again");
  expect(fs.readFileSync(made).equals(BYTES)).toBe(true);
  expect(fs.readFileSync(capture("and again")).equals(BYTES)).toBe(true);
});

it("reads nothing again that was noted since the machine has started", () => {
  capture("one");
  loseBytes(null);
  // Nobody but the store writes there: what is noted is not asked for again.
  expect(fs.readFileSync(capture("two")).equals(BYTES)).toBe(false);
});

it("goes on sharing after the machine has started anew", () => {
  const one = capture("one");
  const note = JSON.parse(fs.readFileSync(`${shared()}.note`, "utf8"));
  fs.writeFileSync(`${shared()}.note`, JSON.stringify({ ...note, boot: "before" }));
  const two = capture("two");
  const inodes = new Set([one, two, shared()].map((file) => fs.statSync(file).ino));
  // Where blocks can be shared, each has an inode of its own.
  if (inodes.size !== 3) expect(inodes.size).toBe(1);
});
