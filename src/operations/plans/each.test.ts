import { describe, expect, it } from "vitest";
import { combinations } from "./each.ts";

function texts(...options: readonly string[]): unknown {
  const all = combinations(options);
  return "refused" in all
    ? all.message
    : all.map((one) => one.map(([name, value]) => `${name}=${value}`).join(" "));
}

describe("--each", () => {
  it("makes every combination, the last name changing fastest", () => {
    expect(texts("a=0.1,1", "b=x,y")).toEqual(["a=0.1 b=x", "a=0.1 b=y", "a=1 b=x", "a=1 b=y"]);
  });

  it("counts ranges up and down, and keeps a value once", () => {
    expect(texts("a=1..3")).toEqual(["a=1", "a=2", "a=3"]);
    expect(texts("a=1..-1,0")).toEqual(["a=1", "a=0", "a=-1"]);
    expect(texts("a=7..7")).toEqual(["a=7"]);
  });

  it("takes a path as --set does, and a value with an equals sign", () => {
    expect(texts("jobs.train.inputs.a=x=1")).toEqual(["jobs.train.inputs.a=x=1"]);
  });

  it.each([["a"], ["a="], ["=1"], ["a=,"]])("refuses %s", (option) => {
    expect(texts(option)).toMatch(/names no values/);
  });

  it.each([["1..x"], ["x..3"], ["1.."], ["..3"], ["0.1..0.5"], ["5,1..1e3"]])(
    "refuses a=%s, which looks like a range and is none",
    (text) => {
      expect(texts(`a=${text}`)).toMatch(/is no range, because both its ends/);
    },
  );

  it("takes a path and a word with dots for what they are", () => {
    expect(texts("a=../x,main..next,./1..2")).toEqual(["a=../x", "a=main..next", "a=./1..2"]);
  });

  it("refuses a name twice and more runs than anybody means", () => {
    expect(texts("a=1", "a=2")).toMatch(/given twice/);
    expect(texts("a=1..100", "b=1..100")).toMatch(/more than 1000 runs/);
    expect(texts("a=1..999999999")).toMatch(/more than 1000 runs/);
  });
});
