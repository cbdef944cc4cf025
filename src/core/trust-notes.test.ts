import { describe, expect, it } from "vitest";
import type { StepResult } from "./output.ts";
import { trustNotes } from "./trust-notes.ts";

const RESULT: StepResult = {
  outputs: {},
  metrics: {},
  loggedParameters: {},
  artifacts: null,
  warnings: [],
};

describe("what a result says against itself", () => {
  it("is nothing for most", () => {
    expect(trustNotes("train", RESULT)).toEqual([]);
  });

  it("names the files that came out differently, at most three of an output", () => {
    const outputs = { model: ["a", "b", "c", "d"], report: ["index.html"] };
    const result = { ...RESULT, notDeterministic: { run: "taxi-3", outputs } };
    expect(trustNotes("train", result)).toEqual([
      "train is not deterministic: from the same inputs it made other bytes than in taxi-3 (model: a, b, c and 1 more; report: index.html). Make it so, or say is_deterministic: false",
    ]);
    expect(trustNotes(".", result)[0]).toMatch(/^the step is not deterministic/);
  });
});
