import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { transferProcess } from "../testing/transfer-process.ts";

const LIMIT_BYTES = 300e6;
const GIBIBYTE = 2 ** 30;

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "transfer-"));
  for (const name of ["from", "to"]) fs.mkdirSync(path.join(folder, name));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const order = () => ({
  from: path.join(folder, "from"),
  to: path.join(folder, "to"),
  journalFolder: path.join(folder, "journal"),
});

function said(what: string, peakBytes: number | null, startedAt: number): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${what}: ${seconds} s, at most ${Math.round((peakBytes ?? 0) / 1e6)} MB of memory`);
}

describe("memory while much is moved", () => {
  it("stays below 300 MB with 100,000 small files, killed once in the middle", async () => {
    const { from, to } = order();
    for (let index = 0; index < 100_000; index += 1) {
      const inside = path.join(from, `d${Math.floor(index / 500)}`);
      if (index % 500 === 0) fs.mkdirSync(inside);
      fs.writeFileSync(path.join(inside, `file-${index}.json`), `{"index": ${index}}`);
    }
    const startedAt = performance.now();
    const killed = await transferProcess({ ...order(), killedBeyond: { files: 40_000 } });
    expect(killed.outcome).toBeNull();
    const { outcome, peakBytes } = await transferProcess(order());
    said("100,000 files", peakBytes, startedAt);
    expect(outcome).toMatchObject({ ok: true, value: { files: 100_000 } });
    expect(outcome?.ok === true && outcome.value.skipped).toBeGreaterThan(39_000);
    expect(peakBytes).toBeLessThan(LIMIT_BYTES);
    execFileSync("diff", ["-r", "-x", ".stepwell*", from, to]);
  }, 1_200_000);

  it("stays below 300 MB with a file of 20 GiB, killed once in the middle", async (context) => {
    const { bavail, bsize } = fs.statfsSync(folder);
    if (bavail * bsize < 25 * GIBIBYTE) return context.skip("25 GiB of room are needed");
    const { from, to } = order();
    const file = path.join(from, "big");
    fs.closeSync(fs.openSync(file, "w"));
    fs.truncateSync(file, 20 * GIBIBYTE);
    const handle = fs.openSync(file, "r+");
    for (let at = 0; at < 20; at += 1) fs.writeSync(handle, `here ${at}`, at * GIBIBYTE + at * 777);
    fs.closeSync(handle);
    const startedAt = performance.now();
    const killed = await transferProcess({ ...order(), killedBeyond: { bytes: 3 * GIBIBYTE } });
    expect(killed.outcome).toBeNull();
    expect(fs.existsSync(path.join(to, "big"))).toBe(false);
    const { outcome, peakBytes } = await transferProcess(order());
    said("20 GiB", peakBytes, startedAt);
    expect(outcome).toMatchObject({ ok: true, value: { bytes: 20 * GIBIBYTE } });
    expect(peakBytes).toBeLessThan(LIMIT_BYTES);
    execFileSync("cmp", [file, path.join(to, "big")]);
  }, 1_800_000);
});
