import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ContentId } from "../core/content.ts";
import { idOf } from "../core/digest.ts";
import { fileHashes } from "./file-hashes.ts";

let folder: string;
let file: string;
let stats: fs.Stats;
const ID = idOf("5".repeat(64)) as ContentId;

beforeEach(() => {
  vi.useFakeTimers();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-hashes-"));
  file = path.join(folder, "a");
  fs.writeFileSync(file, "a");
  // Younger files are not trusted by their times.
  const before = new Date(Date.now() - 60_000);
  fs.utimesSync(file, before, before);
  vi.setSystemTime(Date.now() + 60_000);
  stats = fs.statSync(file);
});

afterEach(() => {
  vi.useRealTimers();
  fs.rmSync(folder, { recursive: true, force: true });
});

const known = (hashes = fileHashes(path.join(folder, "cache"))) => hashes.known(file, stats)?.id;

it("writes what it has learnt when nobody asks any more, and knows it all the same", () => {
  const hashes = fileHashes(path.join(folder, "cache"));
  hashes.learn(file, stats, () => ID);
  expect(known()).toBeUndefined();
  vi.advanceTimersByTime(60_000);
  expect(known()).toBe(ID);
  expect(known(hashes)).toBe(ID);
});

it("keeps a hash that took longer than that", async () => {
  const hashes = fileHashes(path.join(folder, "cache"));
  const late = hashes.learn(file, stats, async () => {
    expect(known(hashes)).toBeUndefined();
    vi.advanceTimersByTime(60_000);
    return ID;
  });
  await late;
  expect(known(hashes)).toBe(ID);
  hashes.save();
  expect(known()).toBe(ID);
});
