import { expect, it } from "vitest";
import { decidingPattern, ignorePatterns, isIgnored } from "./ignore-patterns.ts";

it.each([
  ["Data/", "data/", false],
  ["*.CSV", "a.csv", false],
  ["[A-Z]*", "a", false],
  ["/build/", "build/", true],
  ["/build/", "a/build/", false],
  ["a/**/b", "a/b", true],
  ["a/**", "a/", false],
  ["**/b/", "x/b", false],
  ["[a\\-z]", "b", false],
  ["[[:digit:]]x", "1x", true],
  ["[!a]", "b", true],
  ["[a-", "[a-", false],
  ["foo\\", "foo\\", false],
  ["\\#a", "#a", true],
  ["a\\ ", "a ", true],
  ["a ", "a", true],
  ["\uFEFFa\r", "a", true],
])("%j on %j: %s, as git says", (line, path, expected) => {
  expect(decidingPattern(ignorePatterns(line), path) !== null).toBe(expected);
});

it("ignores what lies in an ignored folder, whatever is taken back inside", () => {
  const patterns = ignorePatterns("data/\n!data/keep.txt\n");
  expect(isIgnored(patterns, "data/keep.txt")).toBe(true);
  expect(isIgnored(patterns, "other/keep.txt")).toBe(false);
});
