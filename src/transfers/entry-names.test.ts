import { describe, expect, it } from "vitest";
import { ANY_NAMES, foldedName, nameProblem, shownName } from "./entry-names.ts";

describe("names that a transfer takes over", () => {
  it.each([
    ["", "is empty"],
    ["/etc/passwd", "is absolute"],
    ["a/../../b", "holds the part .."],
    ["./a", "holds the part ."],
    ["a//b", "holds an empty part"],
    ["a/", "holds an empty part"],
    ["a\0b", "holds a NUL"],
    ["a\ufffdb", "is not valid UTF-8"],
    ["a\ud800b", "is not valid UTF-8"],
  ])("refuses %j", (path, problem) => {
    expect(nameProblem(path, ANY_NAMES)).toBe(problem);
  });

  it.each(["a", "a/b c/…", "..a/b..", "-rf", "$(id)", "🦉", "a\nb", "con"])("takes %j", (path) => {
    expect(nameProblem(path, ANY_NAMES)).toBeNull();
  });

  it("counts bytes, not letters, where the target has a limit", () => {
    const names = { ignoresCase: false, maxPartBytes: 255, maxPathBytes: 400 };
    expect(nameProblem("é".repeat(127), names)).toBeNull();
    expect(nameProblem("é".repeat(128), names)).toBe(
      "has a part of 256 bytes, and the target takes 255",
    );
    expect(nameProblem(`${"a".repeat(250)}/${"b".repeat(250)}`, names)).toBe(
      "is 501 bytes long, and the target takes 400",
    );
  });

  it("folds what a target without case cannot tell apart", () => {
    expect(foldedName("Data/É.CSV")).toBe(foldedName("data/e\u0301.csv"));
  });

  it("shows a hostile name escaped and short", () => {
    expect(shownName("a\u001b[31m")).toBe('"a\\u001b[31m"');
    expect(shownName("x".repeat(4000)).length).toBeLessThan(100);
  });
});
