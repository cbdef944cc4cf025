import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ContentId } from "../core/content.ts";
import { keepCopy } from "./kept-copies.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-kept-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

it("says of a file that was replaced since its id was taken that it changed after that, not while it was copied", () => {
  const from = path.join(folder, "in.txt");
  fs.writeFileSync(from, "second");
  const id = `sha256:${"0".repeat(64)}` as ContentId;
  const copy = { from, content: { id, sizeBytes: 6 }, entries: null, storeFolder: folder };
  expect(() => keepCopy(copy)).toThrow(`${from} changed after it was first read`);
  expect(fs.readdirSync(path.join(folder, ".kept", "00"))).toEqual([]);
});
