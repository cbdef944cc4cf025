import { describe, expect, it } from "vitest";
import {
  bytesMoved,
  bytesThere,
  fileDone,
  listed,
  noProgress,
  progressLine,
  report,
} from "./transfer-progress.ts";

describe("progress of a transfer", () => {
  it("says the rate of the last ten seconds, and when the rest will have come", () => {
    let state = listed(noProgress(0), 4, 400_000_000);
    for (let at = 1000; at <= 20_000; at += 1000)
      state = bytesMoved(state, at <= 10_000 ? 1_000_000 : 10_000_000, at);
    const now = report(state, 20_000);
    expect(now.bytes).toBe(110_000_000);
    expect(now.bytesPerSecond).toBe(10_000_000);
    expect(now.secondsLeft).toBe(29);
  });

  it("counts what an earlier process moved as done, and not for the rate", () => {
    let state = listed(noProgress(0), 2, 1000);
    state = fileDone(bytesThere(state, 900), "there");
    state = bytesMoved(state, 50, 1000);
    expect(report(state, 1000)).toEqual({
      files: 1,
      bytes: 950,
      skipped: 1,
      totalFiles: 2,
      totalBytes: 1000,
      bytesPerSecond: 50,
      secondsLeft: 1,
    });
  });

  it("is a line for a terminal", () => {
    const line = progressLine({
      files: 3,
      bytes: 1_234_000_000,
      skipped: 0,
      totalFiles: 12_000,
      totalBytes: 20_000_000_000,
      bytesPerSecond: 410_000_000,
      secondsLeft: 46,
    });
    expect(line).toBe("1.2 GB of 20.0 GB, 3 of 12,000 files, 410 MB/s, 46 s left");
  });

  it("promises nothing while nothing moves or the end is not known", () => {
    const state = bytesMoved(noProgress(0), 999, 0);
    expect(progressLine(report(state, 0))).toBe("999 B, 0 files, 0 B/s");
  });

  it("says long times in hours", () => {
    const now = report(bytesMoved(listed(noProgress(0), 1, 1e12), 1e8, 1000), 1000);
    expect(progressLine(now)).toBe("100 MB of 1.0 TB, 0 of 1 file, 100 MB/s, 2 h 47 min left");
  });
});
