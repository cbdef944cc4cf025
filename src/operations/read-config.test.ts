import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRig } from "../testing/rig.ts";
import { readConfig } from "./read-config.ts";

let folder: string;
const at = (): string => path.join(folder, "stepwell.yml");

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-config-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("a stepwell.yml that cannot be read", () => {
  it.each([
    ["a folder", () => fs.mkdirSync(at()), "is a folder", "rename it"],
    ["a link to nothing", () => fs.symlinkSync("nowhere", at()), "link to nothing", "put back"],
    [
      "UTF-16",
      () => fs.writeFileSync(at(), "\uFEFFkeep: copy\n", "utf16le"),
      "it is UTF-16",
      "iconv",
    ],
    [
      "Latin-1",
      () => fs.writeFileSync(at(), "url_map: {http://e.org/: caf\u00e9}\n", "latin1"),
      "line 1, column 29",
      "UTF-8",
    ],
  ])("is refused with what it is and the way out: %s", (_, make, message, hint) => {
    make();
    expect(readConfig(folder)).toMatchObject({
      refused: true,
      exitCode: 4,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  it("is told by doctor too", () => {
    const rig = makeRig("config");
    try {
      fs.mkdirSync(rig.at("stepwell.yml"));
      const { code, stdout } = rig.cli("doctor");
      expect([code, stdout]).toEqual([4, expect.stringContaining("stepwell.yml is a folder")]);
    } finally {
      rig.remove();
    }
  });
});

it("where there is no stepwell.yml the defaults count", () => {
  expect(readConfig(folder)).toMatchObject({ keep: "auto" });
});
