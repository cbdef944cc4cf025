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
  ["a\r\r\n", "a\r", true],
  ["?", "é", false],
  ["??", "é", true],
  ["[!a]", "é", false],
  ["é*", "én", true],
  ["[z-a]", "z", true],
  ["[z-a]", "m", false],
  ["[[:space:]]", "\v", false],
  ["a**/x", "ab/c/x", true],
  ["/a**/**/", "a/", true],
])("%j on %j: %s, as git says", (line, path, expected) => {
  expect(decidingPattern(ignorePatterns(line), path) !== null).toBe(expected);
});

it("ignores what lies in an ignored folder, whatever is taken back inside", () => {
  const patterns = ignorePatterns("data/\n!data/keep.txt\n");
  expect(isIgnored(patterns, "data/keep.txt")).toBe(true);
  expect(isIgnored(patterns, "other/keep.txt")).toBe(false);
});

it("decides on patterns of many stars, of which an expression might try every way for years", () => {
  const name = "a".repeat(200);
  const stars = ignorePatterns(`${"*a".repeat(30)}*b`);
  const folders = ignorePatterns(`${"**/a/".repeat(10)}**/b`);
  expect(decidingPattern(stars, name)).toBeNull();
  expect(decidingPattern(stars, `${name}b`)).not.toBeNull();
  expect(decidingPattern(folders, `${"a/".repeat(200)}c`)).toBeNull();
  expect(decidingPattern(folders, `${"a/".repeat(200)}b`)).not.toBeNull();
});

it.each(["a", ".", "?", "[ab]", "*", "**/", "a*"])("reads a line of nothing but %s", (part) => {
  for (const length of [1_000, 16_000, 400_000]) {
    const patterns = ignorePatterns(`${part.repeat(length / part.length)}\nx\n`);
    expect(decidingPattern(patterns, "x")).not.toBeNull();
  }
});

it.each([
  ["a*b?c*", "axbxbyc", true],
  ["*aab", "aaab", true],
  ["*a*ab", "aaab", true],
  ["**/a*/**/*b/c", "x/ab/y/bb/c", true],
  ["**/a/**/a/b", "a/a/b", true],
  ["**/a/**/a/b", "a/b", false],
  ["a*/b*/**/*c*d", "a/b/x/cd", true],
  ["*.tar.*", "a.tar.tar.gz", true],
  ["*.csv", ".csv", true],
  ["**.csv", "a/b.csv", true],
  ["*.csv", "a.csv/b", false],
  ["/*.csv", "a/b.csv", false],
  ["a/*.csv", "a/b/c.csv", false],
  ["a/**/c*", "a/cd", true],
  ["data/x", "data/xy", false],
])("%s on %s: %s", (line, path, expected) => {
  expect(decidingPattern(ignorePatterns(line), path) !== null).toBe(expected);
});

it("decides on thousands of files by thousands of patterns within a moment", () => {
  const lines = Array.from({ length: 5_000 }, (_, at) => [
    `name_${at}`,
    `*.e${at}`,
    `/d/x${at}/*.csv`,
  ]);
  const patterns = ignorePatterns(lines.map((line, at) => line[at % 3]).join("\n"));
  const files = Array.from({ length: 1_500 }, (_, at) => `src/part/file_${at}.py`);
  const before = performance.now();
  expect(files.filter((file) => decidingPattern(patterns, file) !== null)).toEqual([]);
  // Expressions alone take 4 s and more.
  expect(performance.now() - before).toBeLessThan(2_500);
});
