import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { localSource } from "./byte-source.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-bytes-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

async function piecesOf(sizeBytes: number): Promise<{ sizes: number[]; streams: number }> {
  const file = path.join(folder, `${sizeBytes}`);
  fs.writeFileSync(file, Buffer.alloc(sizeBytes, "x"));
  const open = vi.spyOn(fs, "createReadStream");
  const source = localSource(file, "x");
  const sizes: number[] = [];
  for await (const piece of source.stream()) sizes.push(piece.length);
  expect(source.bytesRead()).toBe(sizeBytes);
  return { sizes, streams: open.mock.calls.length };
}

it("reads a small file at once, without a stream of its own", async () => {
  expect(await piecesOf(0)).toEqual({ sizes: [], streams: 0 });
  expect(await piecesOf(5)).toEqual({ sizes: [5], streams: 0 });
});

it("reads a large file in pieces", async () => {
  const { sizes, streams } = await piecesOf(1_000_000);
  expect(Math.max(...sizes)).toBeLessThan(1_000_000);
  expect(streams).toBe(1);
});
