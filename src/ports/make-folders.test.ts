import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeable, makeFolders, takesFolders } from "./make-folders.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-folders-"));
const at = (name: string): string => path.join(folder, name);

afterAll(() => fs.rmSync(folder, { recursive: true }));

it("makes a folder with those above it, and takes what is there", () => {
  for (let times = 0; times < 2; times += 1) makeFolders(at("a/b/c"));
  expect(fs.statSync(at("a/b/c")).isDirectory()).toBe(true);
  fs.symlinkSync(at("a"), at("link"));
  makeFolders(at("link"));
});

it("says what is in the way", () => {
  fs.writeFileSync(at("file"), "");
  fs.symlinkSync(at("nowhere"), at("broken"));
  expect(() => makeFolders(at("file"))).toThrow(/EEXIST/);
  expect(() => makeFolders(at("file/below"))).toThrow(/ENOTDIR/);
  expect(() => makeFolders(at("broken"))).toThrow(/EEXIST/);
  expect(() => makeFolders(at("broken/below"))).toThrow(/EEXIST/);
});

it.runIf(process.platform === "linux")("gives up where no folder can be made", () => {
  expect(() => makeFolders("/proc/stepwell/x")).toThrow(/EPERM|EACCES/);
});

it("says beforehand whether one can be made, and makes none", () => {
  const above = at("new");
  fs.mkdirSync(above);
  expect(makeable(path.join(above, "b/c"))).toBe(path.join(above, "b/c"));
  expect([takesFolders(above), takesFolders(at("file"))]).toEqual([true, false]);
  expect(fs.readdirSync(above)).toEqual([]);
});

it.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "refuses beforehand what Node would try for ever",
  () => {
    expect(() => makeable("/proc/stepwell/x")).toThrow(
      "ENOENT: no folder can be made in /proc, mkdir '/proc/stepwell/x'",
    );
    expect(takesFolders("/proc")).toBe(false);
  },
);
