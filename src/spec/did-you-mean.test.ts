import { describe, expect, it } from "vitest";
import { didYouMean, namesInWords, suggestion } from "./did-you-mean.ts";

describe("didYouMean", () => {
  const known = ["inputs", "outputs", "command", "component", "compute"];
  it.each([
    ["input", "inputs"],
    ["Inputs", "inputs"],
    ["ouputs", "outputs"],
    ["comamnd", "command"],
    ["compoment", "component"],
    ["zebra", null],
    ["i", null],
    ["x".repeat(1_000), null],
  ])("finds what %s stands for", (name, near) => {
    expect(didYouMean(name, known)).toBe(near);
  });

  it.each([
    ["datastore", "default_datastore"],
    ["display", "display_name"],
    ["default", null],
    ["on", null],
  ])("finds the only name that has %s as a part", (name, near) => {
    const names = ["default_datastore", "default_compute", "display_name", "on_init"];
    expect(didYouMean(name, names)).toBe(near);
  });

  it.each([
    ["auc", "sub.train.auc"],
    ["train.auc", "sub.train.auc"],
    ["alpha", "inputs.alpha"],
    ["loss", null],
    ["rain.auc", null],
  ])("finds the name that ends with the part %s", (name, near) => {
    const names = ["sub.train.auc", "train.inputs.alpha", "inputs.alpha", "acc"];
    expect(didYouMean(name, [...names, "a.loss", "b.loss"])).toBe(near);
  });

  it("looks at no more than so many names, so that a hostile file costs no time", () => {
    const names = Array.from({ length: 200_000 }, (_, index) => `name_${index}`);
    expect(didYouMean("something_else", names)).toBeNull();
  });

  it("makes a hint, or says what to do otherwise", () => {
    expect(suggestion("comand", known, "no")).toBe("Did you mean `command`?");
    expect(suggestion("zebra", known, "no")).toBe("no");
    expect(namesInWords([])).toBe("none");
    expect(namesInWords(["a", "b"])).toBe("`a`, `b`");
  });
});
