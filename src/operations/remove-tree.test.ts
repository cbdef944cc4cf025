import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { removeTree } from "./remove-tree.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-remove-"));

afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true, force: true });
});

const failing = (code: string) => Object.assign(new Error(code), { code });

/** A folder of two files that Node does not remove at once, as one that its step has closed. */
function makeClosed(): string {
  const at = path.join(folder, "closed");
  fs.mkdirSync(at, { recursive: true });
  for (const name of ["a", "b"]) fs.writeFileSync(path.join(at, name), name);
  vi.spyOn(fs, "rmSync").mockImplementationOnce(() => {
    throw failing("EACCES");
  });
  return at;
}

it("goes on where somebody else removes the same", () => {
  const at = makeClosed();
  const { unlinkSync } = fs;
  vi.spyOn(fs, "unlinkSync").mockImplementationOnce((file) => {
    unlinkSync(file);
    throw failing("ENOENT");
  });
  removeTree(at);
  expect(fs.existsSync(at)).toBe(false);
});

it("throws what keeps a file there", () => {
  const at = makeClosed();
  vi.spyOn(fs, "unlinkSync").mockImplementationOnce(() => {
    throw failing("EPERM");
  });
  expect(() => removeTree(at)).toThrow("EPERM");
});
