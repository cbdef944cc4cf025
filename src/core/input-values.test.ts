import { describe, expect, it } from "vitest";
import { checkValues, literalWarnings, MAX_VALUE_BYTES } from "./input-values.ts";

describe("checkValues", () => {
  it("takes values up to the limit, counted in bytes", () => {
    expect(checkValues({ a: "x".repeat(MAX_VALUE_BYTES) })).toEqual([]);
    expect(checkValues({ a: "ä".repeat(MAX_VALUE_BYTES / 2 + 1) })).toMatchObject([
      { code: "value_too_long", name: "a" },
    ]);
  });

  it("limits all values together", () => {
    const many = Object.fromEntries([..."abcdefghij"].map((name) => [name, "x".repeat(110_000)]));
    expect(checkValues(many)).toMatchObject([{ code: "values_too_long", name: null }]);
  });

  it("refuses NUL and says to pass a file", () => {
    const [problem] = checkValues({ a: "b\0c" });
    expect(problem).toMatchObject({ code: "nul_in_value" });
    expect(problem?.hint).toContain("file");
  });
});

describe("literalWarnings", () => {
  it.each(["$HOME/x", "~/data", "a=~/b", 'say "hi"', "it's", "`date`"])(
    "warns about %s",
    (value) => {
      expect(literalWarnings(value, ["code"])).toMatchObject([{ code: "shell_text_in_value" }]);
    },
  );

  it.each([
    ['["a", "b"]', "single"],
    ["$HOME `date` ~", "single"],
    ["it's ~", "double"],
    ['say "hi"', "ansi"],
  ] as const)(
    "accepts %s between quotes of the kind %s, where no shell reads it",
    (value, quoting) => {
      expect(literalWarnings(value, [quoting])).toEqual([]);
      expect(literalWarnings(value, [quoting, "code"])).toHaveLength(1);
    },
  );

  it.each([
    ["it's", "single"],
    ["it's", "ansi"],
    ["$HOME", "double"],
    ['say "hi"', "double"],
  ] as const)("warns about %s between quotes of the kind %s", (value, quoting) => {
    expect(literalWarnings(value, [quoting])).toHaveLength(1);
  });

  it.each(["a b", "0.1", "*.csv", "a~b", "x;y&z", "https://h/p?a=1#b"])("accepts %s", (value) => {
    expect(literalWarnings(value, ["code", "double", "single"])).toEqual([]);
  });
});
