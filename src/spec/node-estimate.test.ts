import { describe, expect, it } from "vitest";
import { estimateNodes } from "./node-estimate.ts";

describe("estimateNodes", () => {
  it.each([
    ["", 0],
    ["a: 1\n", 2],
    ["- a\n- b\n", 2],
    ["a: [b, c]\n", 4],
    ["a: {b: 1, c: 2}\n", 6],
    ["# a, b: c\n", 1],
    ["a: |\n  b: c, d\n  e: [f]\ng: 1\n", 4],
    ['a: "b: c, [d]\n  e: f"\nh: 1\n', 5],
  ])("counts the nodes of %j", (text, count) => {
    expect(estimateNodes(text)).toBe(count);
  });

  it("never counts below the truth for lists and mappings", () => {
    expect(estimateNodes("- a\n".repeat(1_000))).toBeGreaterThanOrEqual(1_000);
    expect(estimateNodes(`[${"a,".repeat(1_000)}]`)).toBeGreaterThanOrEqual(1_000);
    expect(estimateNodes("- - - a\n".repeat(100))).toBeGreaterThanOrEqual(300);
    expect(estimateNodes("a: b\n".repeat(1_000))).toBeGreaterThanOrEqual(2_000);
  });
});
