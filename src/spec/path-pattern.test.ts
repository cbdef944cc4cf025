import { expect, it } from "vitest";
import { patternHint } from "./path-pattern.ts";

it.each([
  ["data/part.csv", null],
  ["images/**", "write `images`."],
  ["./images/*", "write `./images`."],
  ["a/b/**/*", "write `a/b`."],
  ["data/*.csv", "write `data`, and pick `*.csv` in the command."],
  ["a/*/b.csv", "write `a`, and pick `*/b.csv` in the command."],
  ["*.csv", "write `.`, and pick `*.csv` in the command."],
])("says of %s what to write", (path, says) => {
  const hint = patternHint(path);
  expect(hint).toBe(
    says === null ? null : `A path names one file, or a folder with all that is in it: ${says}`,
  );
});

it("takes no long time for many slashes and stars", () => {
  expect(patternHint("/".repeat(100_000)) === null).toBe(true);
  expect(patternHint("*/".repeat(100_000))?.endsWith("write `.`.")).toBe(true);
});
