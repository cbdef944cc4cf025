import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileLines } from "./file-lines.ts";

let file: string;
beforeAll(() => {
  file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-lines-")), "lines");
});
afterAll(() => fs.rmSync(path.dirname(file), { recursive: true }));

const read = (text: string): readonly string[] => {
  fs.writeFileSync(file, text);
  return [...fileLines(file, "utf8")];
};

describe("lines of a file", () => {
  it.each(["", "\n", "a", "a\n", "a\n\nb", "\na\n"])("are those of its text: %j", (text) => {
    expect(read(text)).toEqual(text.split("\n"));
  });

  it("lie across pieces as well as in one, with letters of several bytes", () => {
    const text = `${"ä€".repeat(1_000)}\n`.repeat(1_000);
    expect(text.length).toBeGreaterThan(2_000_000);
    expect(read(text)).toEqual(text.split("\n"));
  });

  it("are cut where one has no end", () => {
    const [first, second] = read(`${"x".repeat(9 << 20)}\ny`);
    expect(first?.length).toBeLessThan(6 << 20);
    expect(second).toBe("y");
  });
});
