import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cacheFolder, homeFolder, withUvCache } from "./user-cache.ts";
import { makeUserKey, userKeyFile } from "./user-key.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-user-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(folder, { recursive: true, force: true });
});

it("lets uv keep what it downloads beside our environments where its own place cannot be written", () => {
  const file = path.join(folder, "file");
  fs.writeFileSync(file, "");
  vi.stubEnv("HOME", file);
  vi.stubEnv("TMPDIR", folder);
  const shell = { HOME: file };
  const ours = path.join(folder, `stepwell-cache-${process.getuid?.()}`);
  expect(cacheFolder(shell)).toBe(ours);
  expect(withUvCache(shell)).toEqual({ ...shell, UV_CACHE_DIR: path.join(ours, "uv") });
  const chosen = { ...shell, UV_CACHE_DIR: "/elsewhere" };
  expect(withUvCache(chosen)).toEqual(chosen);
  const usable = { XDG_CACHE_HOME: folder };
  expect(withUvCache(usable)).toEqual(usable);
});

it.each(["", "here"])("does not take HOME=%s for a folder of the project", (home) => {
  vi.stubEnv("HOME", home);
  expect(homeFolder()).toBe(os.userInfo().homedir);
});

it("takes a place that is named from the current folder as a whole path: programs run in others", () => {
  expect(cacheFolder({ STEPWELL_CACHE_DIR: "cache" })).toBe(path.resolve("cache"));
  expect(cacheFolder({ XDG_CACHE_HOME: "node_modules" })).toBe(
    path.resolve("node_modules/stepwell"),
  );
});

it.skipIf(process.platform !== "linux")(
  "has another place where none can be made although root may write: Node would try for ever",
  () => {
    vi.stubEnv("TMPDIR", folder);
    const ours = path.join(folder, `stepwell-cache-${process.getuid?.()}`);
    expect(cacheFolder({ XDG_CACHE_HOME: "/proc/nowhere" })).toBe(ours);
    const missing = path.join(folder, "home", "cache");
    expect(cacheFolder({ XDG_CACHE_HOME: missing })).toBe(path.join(missing, "stepwell"));
    expect(fs.readdirSync(folder)).toEqual([path.basename(ours)]);
  },
);

it.skipIf(process.platform !== "linux" || process.getuid?.() !== 0)(
  "refuses a place of the user's own where no folder can be made, which Node would try for ever",
  () => {
    const message = "ENOENT: no folder can be made in /proc, mkdir '/proc/x/y'";
    expect(() => cacheFolder({ STEPWELL_CACHE_DIR: "/proc/x/y" })).toThrow(message);
    const key = userKeyFile({ XDG_CONFIG_HOME: "/proc/x" }, "key");
    expect(() => makeUserKey(key, () => "")).toThrow("no folder can be made in /proc");
  },
);
